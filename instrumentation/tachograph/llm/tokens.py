"""The tokens of a call of a model."""

from typing import NamedTuple


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

    def by_type(self) -> tuple[int, int, int, int, int]:
        """Return each token once, in the order input, cache read, cache write, output, reasoning."""
        sent, output, read, written, _, thought = self
        fresh, said = sent - read - written, output - thought
        return fresh if fresh > 0 else 0, read, written, said if said > 0 else 0, thought
