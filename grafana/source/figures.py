"""The figures that panels are coloured by: the targets and the alerts' thresholds, each in its base unit."""

from dataclasses import dataclass

from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsConfig, ThresholdsMode


@dataclass(frozen=True)
class Figure:
    """Where a value starts to need attention and where it is critical; `warning > critical` means more is better."""

    warning: float
    critical: float

    def thresholds(self) -> ThresholdsConfig:
        """Return the colours' steps, from the lowest value up."""
        low, high = sorted((self.warning, self.critical))
        colours = ("green", "orange", "red") if self.warning < self.critical else ("red", "orange", "green")
        steps = [Threshold(value, colour) for value, colour in zip((None, low, high), colours, strict=True)]
        return ThresholdsConfig(ThresholdsMode.ABSOLUTE, steps)


CPU = Figure(0.70, 0.90)
MEMORY = Figure(0.80, 0.90)
SWAP = Figure(0.50, 0.80)
DISK = Figure(0.80, 0.90)
NETWORK_BYTES = Figure(50e6, 200e6)
DISK_BYTES = Figure(100e6, 500e6)
OPERATION_SECONDS = Figure(5, 10)
LLM_SECONDS = Figure(5, 10)
FIRST_CHUNK_SECONDS = Figure(2, 5)
QUERY_SECONDS = Figure(0.100, 0.500)
ERROR_RATIO = Figure(0.01, 0.05)
SUCCESS_RATIO = Figure(0.99, 0.95)
CACHE_HIT_RATIO = Figure(0.80, 0.70)
TOKEN_EFFICIENCY = Figure(0.80, 0.50)
UPTIME_RATIO = Figure(0.999, 0.99)
LOAD_PER_CORE = Figure(1, 2)
OWN_CPU = Figure(0.05, 0.20)
OWN_BYTES = Figure(150e6, 250e6)
SCRAPE_SECONDS = Figure(2, 8)
LAG_SECONDS = Figure(0.100, 0.500)
PAUSED = Figure(0.05, 0.20)
LIMIT = Figure(0.80, 0.90)
BLOCKED = Figure(5, 20)
ZOMBIES = Figure(5, 50)
GPU_CELSIUS = Figure(80, 90)
STALLED = Figure(0.10, 0.30)
ERROR_BUDGET = Figure(0.25, 0.0)
BURN_RATE = Figure(1, 14.4)
BUDGET = Figure(0.80, 1.0)
NONE_WANTED = Figure(1, 5)


def plain() -> ThresholdsConfig:
    """Return one step: a value that is neither good nor bad."""
    return ThresholdsConfig(ThresholdsMode.ABSOLUTE, [Threshold(None, "text")])
