"""One process that reports, its metrics, and the streams in them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..exposition.metric import Kind, Labels
from .cells import Cell
from .family import Family

Point = Any  # a protobuf message of the wire's own descriptor; the streams say what they read of it


_KEY_BYTES = 2048


def compact(raw: bytes) -> bytes:
    """Return what stands for the bytes as a key: themselves, or where they are many, their hash."""
    return raw if len(raw) <= _KEY_BYTES else b"#%d#%d" % (len(raw), hash(raw))


class Stream(Protocol):
    """What one process reports of one series."""

    cell: Any
    start: int
    time: int

    def take(self, point: Point, *, counted: bool = True) -> None:
        """Take a report in, or raise Refused."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a kind of metric is kept."""

    kind: Kind
    delta: bool
    cell: Callable[[Point], Cell]
    stream: Callable[[Any, int], Stream]


class Block:
    """One metric of one process. Streams are found by the hash of their attributes' bytes, as they came.

    Python's hashes have 64 bits and a secret key: two of a hundred thousand meet once in four billion exporters.
    """

    __slots__ = ("_canonical", "_siblings", "_start", "family", "labels_of", "shape", "source", "streams")

    def __init__(
        self,
        source: "Source",
        family: Family,
        shape: Shape,
        labels_of: Callable[[Sequence[bytes]], tuple[Labels, Labels]],
    ) -> None:
        self.source = source
        self.family = family
        self.shape = shape
        self.labels_of = labels_of
        self.streams: dict[int, Stream] = {}
        self._canonical: dict[int, int] = {}
        self._siblings: dict[tuple[int, int], Stream] = {}
        self._start = 0

    def find(self, attributes: Sequence[bytes], start: int) -> Stream | None:
        """Return the stream of these attributes, in whatever order, that began at this time."""
        stream = self.streams.get(key := self._key(attributes))
        if stream is None or stream.start == start or self.shape.delta:
            return stream
        return self._siblings.get((key, start))

    def put(self, attributes: Sequence[bytes], stream: Stream) -> None:
        """Keep a new stream."""
        key = self._key(attributes)
        if key in self.streams:
            self._siblings[key, stream.start] = stream
            return
        self.streams[key] = stream
        self._canonical[_canonical(attributes)] = key

    def all(self) -> Iterator[Stream]:
        """Yield every stream."""
        yield from self.streams.values()
        yield from self._siblings.values()

    def remove(self, stream: Stream) -> None:
        """Forget one stream."""
        for _ in self.drop(lambda other: other is stream):
            pass

    def drop(self, gone: Callable[[Stream], bool]) -> Iterator[Stream]:
        """Forget the streams that are gone, and yield them."""
        for place in [place for place, stream in self._siblings.items() if gone(stream)]:
            yield self._siblings.pop(place)
        keys = [key for key, stream in self.streams.items() if gone(stream)]
        for key in keys:
            yield self.streams.pop(key)
        if keys:
            self._canonical = {order: key for order, key in self._canonical.items() if key in self.streams}

    def start(self, start: int) -> int:
        """Return the number, once for all streams that began together."""
        if start != self._start:
            self._start = start
        return self._start

    def _key(self, attributes: Sequence[bytes]) -> int:
        key = hash(b"".join(attributes))
        return key if key in self.streams else self._canonical.get(_canonical(attributes), key)


def _canonical(attributes: Sequence[bytes]) -> int:
    return hash(b"".join(sorted(attributes)))


class Source:
    """One process, or whatever else has a resource of its own."""

    def __init__(
        self,
        key: bytes,
        identity: Sequence[tuple[str, str]],
        *,
        overflow: tuple[Labels, Labels],
        information: tuple[Labels, Labels],
    ) -> None:
        self.key = key
        self.identity = identity
        self.overflow = overflow
        self.information = information
        self.blocks: dict[tuple[object, ...], Block] = {}
        self.since = 0.0
        self.seen = 0.0
        self.known = False
