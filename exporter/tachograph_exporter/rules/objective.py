"""A service-level objective: which share of an operation's calls must succeed, and be quick enough."""

from dataclasses import dataclass

# The bounds of tachograph.operation.duration: only at these does the histogram know how many calls were quicker.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)


@dataclass(frozen=True, slots=True)
class Objective:
    """A promise about one operation, about a whole service, or about all that have no promise of their own."""

    service: str = ""
    operation: str = ""
    availability: float = 0.999
    latency: float = 0.99
    latency_seconds: float = 5.0

    def __post_init__(self) -> None:
        for name in ("availability", "latency"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name):g} is not a share between 0 and 1, such as 0.999")
        if self.latency_seconds not in BOUNDS:
            bounds = ", ".join(f"{bound:g}" for bound in BOUNDS)
            raise ValueError(f"latency_seconds: {self.latency_seconds:g} is not a bound of the histogram: {bounds}")
        if self.operation and not self.service:
            raise ValueError("operation: name the service it belongs to as well")
