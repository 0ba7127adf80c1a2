"""How many items a request holds, told before decoding: two bytes on the wire can be a hundred in memory."""

from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.message import DecodeError

from .wire import FIELDS, Node

ITEMS_MAX = 100_000
_PARTS_MAX = 10_000
_SMALL_BYTES = 128 * 1024

# The numbers of the repeated fields that lead from a request to its points, spans or records.
PATHS: dict[str, Sequence[Sequence[int]]] = {
    "metrics": ((1,), (2,), (2,), (5, 7, 9, 10, 11), (1,)),
    "traces": ((1,), (2,), (2,)),
    "logs": ((1,), (2,), (2,)),
}


class TooMany(Exception):  # noqa: N818 - what the sender is told
    """The request holds more items than are taken at once."""


class Malformed(Exception):  # noqa: N818 - what the sender is told
    """The body is not an OTLP request."""


def check_size(signal: str, body: bytes) -> None:
    """Raise TooMany where a request has more parts than are taken at once; Malformed where it cannot be read."""
    if len(body) <= _SMALL_BYTES:
        return
    nodes = [body]
    try:
        for numbers in PATHS[signal]:
            nodes = list(_children(nodes, numbers))
        for node in nodes:
            if len(node) > _SMALL_BYTES // 2:
                _check_parts(Node.FromString(node))
    except DecodeError:
        raise Malformed(f"the body is not an OTLP request with {signal} in protobuf") from None


def _check_parts(node: Any) -> None:
    """Raise TooMany for a point or span with more attributes, exemplars or the like than anybody means to send."""
    if max(len(getattr(node, f"field_{number}")) for number in FIELDS) > _PARTS_MAX:
        raise TooMany(f"a point or span has more than {_PARTS_MAX} attributes; export fewer")


def _children(nodes: Sequence[bytes], numbers: Sequence[int]) -> Iterator[bytes]:
    found = 0
    for body in nodes:
        node = Node.FromString(body)
        for number in numbers:
            children = getattr(node, f"field_{number}")
            found += len(children)
            if found > ITEMS_MAX:
                raise TooMany(f"the request has more than {ITEMS_MAX} items; export smaller batches")
            yield from children
