"""The figures that panels are coloured by: the targets and the alerts' thresholds, each in its base unit."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """Where a value starts to need attention and where it is critical; `warning > critical` means more is better."""

    warning: float
    critical: float


CPU = Figure(0.70, 0.90)
MEMORY = Figure(0.80, 0.90)
DISK = Figure(0.80, 0.90)
NETWORK_BYTES = Figure(50e6, 200e6)
DISK_BYTES = Figure(100e6, 500e6)
OPERATION_SECONDS = Figure(5, 10)
LLM_SECONDS = Figure(5, 10)
FIRST_CHUNK_SECONDS = Figure(2, 5)
QUERY_SECONDS = Figure(0.100, 0.500)
ERROR_RATIO = Figure(0.01, 0.05)
SUCCESS_RATIO = Figure(0.99, 0.95)
POOL = Figure(0.80, 0.95)
CACHE_HIT_RATIO = Figure(0.80, 0.70)
TOKEN_EFFICIENCY = Figure(0.80, 0.50)
UPTIME_RATIO = Figure(0.999, 0.99)
LOAD_PER_CORE = Figure(1, 2)
OWN_CPU = Figure(0.20, 0.50)
OPEN_FILES = Figure(0.80, 0.95)
GROUP_MEMORY = Figure(0.50, 0.80)
OWN_BYTES = Figure(256e6, 512e6)
SCRAPE_SECONDS = Figure(2, 8)
LAG_SECONDS = Figure(0.100, 1)
PAUSED = Figure(0.05, 0.20)
LIMIT = Figure(0.75, 0.90)
CLOCK_SECONDS = Figure(0.05, 0.5)
CERTIFICATE_SECONDS = Figure(14 * 86_400, 3 * 86_400)
PROBE_LOSS = Figure(0.05, 0.20)

BLOCKED = Figure(5, 20)
ZOMBIES = Figure(5, 50)
GPU_CELSIUS = Figure(80, 90)
STALLED = Figure(0.10, 0.30)
ERROR_BUDGET = Figure(0.25, 0.0)
BURN_RATE = Figure(1, 14.4)
BUDGET = Figure(0.80, 1.0)
NONE_WANTED = Figure(1, 5)
