"""The tokens of a call of a model."""

from typing import NamedTuple

_TOO_MANY = 2**53  # sums are floats


class Usage(NamedTuple):
    """The tokens of one call.

    `input` includes those read from and written to a cache, `cache_write` those written for an hour, `output` those of
    reasoning.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_hour: int = 0
    reasoning: int = 0

    def is_sound(self) -> bool:
        """Say whether these are counts: a server may tell anything, and what is none would spoil a sum for good."""
        try:
            return min(self) >= 0 and sum(self) < _TOO_MANY
        except TypeError:
            return False

    def by_type(self) -> tuple[int, int, int, int, int]:
        """Return each token once, in the order input, cache read, cache write, output, reasoning."""
        sent, output, read, written, _, thought = self
        fresh, said = sent - read - written, output - thought
        return fresh if fresh > 0 else 0, read, written, said if said > 0 else 0, thought
