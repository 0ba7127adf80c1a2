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
        fresh = max(self.input - self.cache_read - self.cache_write, 0)
        return fresh, self.cache_read, self.cache_write, max(self.output - self.reasoning, 0), self.reasoning
