"""A histogram's bucket counts as one integer, 64 bits a bucket: adding two histograms is adding two integers.

That is faster than adding lists and takes a third of their memory. It holds as long as no bucket reaches 2**63.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from struct import Struct
from typing import Any

LANE_BYTES = 8
COUNT_MAX = 1 << 62


def pack(raw: bytes) -> int:
    """Return the lanes of an array of little-endian unsigned 64 bit counts, as protobuf packs fixed64."""
    return int.from_bytes(raw, "little")


def pack_counts(counts: Sequence[int]) -> int:
    """Return the lanes of the counts."""
    return int.from_bytes(_struct(len(counts)).pack(*counts), "little")


def unpack(lanes: int, size: int) -> tuple[int, ...]:
    """Return the counts of the first `size` lanes."""
    return _struct(size).unpack(lanes.to_bytes(LANE_BYTES * size, "little"))


class Counts(Sequence[int]):
    """The counts of a moment, unpacked by who reads them: of ten thousand histograms, few are held at once."""

    __slots__ = ("_lanes", "_size")

    def __init__(self, lanes: int, size: int) -> None:
        self._lanes = lanes
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[int]:
        return iter(unpack(self._lanes, self._size))

    def __getitem__(self, place: Any) -> Any:
        return unpack(self._lanes, self._size)[place]


def counts_of(size: int) -> Callable[[bytes], tuple[int, ...]]:
    """Return what unpacks an array of so many counts."""
    return _struct(size).unpack


def covers(larger: int, smaller: int, tops: int) -> bool:
    """Tell whether no lane of `larger` is less than that of `smaller`: a borrow would clear the lane's top bit."""
    return ((larger | tops) - smaller) & tops == tops


@cache
def tops_of(size: int) -> int:
    """Return the top bit of each of so many lanes."""
    return sum(1 << (64 * lane + 63) for lane in range(size))


@cache
def _struct(size: int) -> Struct:
    return Struct(f"<{size}Q")
