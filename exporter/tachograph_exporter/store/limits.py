"""What the store holds at most, and for how long."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """A series here is one set of labels: a histogram counts as one.

    Past `metric_series` or `series` a new set of labels is counted in its metric's overflow series. `streams` bounds
    what is kept of the processes behind the series; past it, a new stream is refused.

    Gauges last for `expiry_seconds` after their last report, what is known of a process for `process_seconds`, and
    what it counted for `counter_expiry_seconds`.
    """

    metric_series: int = 5_000
    series: int = 20_000
    streams: int = 100_000
    families: int = 2_000
    processes: int = 5_000
    label_length: int = 256
    expiry_seconds: float = 300
    process_seconds: float = 3_600
    counter_expiry_seconds: float = 86_400
