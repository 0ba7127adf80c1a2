"""Graphics processors: how busy, how full and how hot they are."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures
from .panels import series
from .queries import HOST, over_time


def panels() -> list[Panel]:
    """Return the use of each GPU."""
    off = "No GPU is reported: tachograph serve --collector.gpu"
    return [
        series(
            51,
            "GPU use and memory",
            "The share of time in which each GPU computed, and of its memory that is in use; the limits are "
            "those of memory.",
            [
                over_time(f"tachograph_gpu_utilization_ratio{{{HOST}}}", "{{instance}} GPU {{gpu}} computes"),
                over_time(f"tachograph_gpu_memory_utilization_ratio{{{HOST}}}", "{{instance}} GPU {{gpu}} memory"),
            ],
            unit="percentunit",
            most=1,
            figure=figures.MEMORY,
            empty=off,
        ),
        series(
            53,
            "GPU temperature",
            "How hot each GPU's chip is.",
            [over_time(f"tachograph_gpu_temperature_celsius{{{HOST}}}", "{{instance}} GPU {{gpu}}")],
            unit="celsius",
            figure=figures.GPU_CELSIUS,
            empty=off,
        ),
    ]
