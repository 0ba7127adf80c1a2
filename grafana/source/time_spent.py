"""Where the time of requests goes, and what the interpreter takes of it."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures
from .panels import series
from .queries import SERVICE, over_time, per_second, quantile


def panels() -> list[Panel]:
    """Return the kinds of time, then the interpreter's own."""
    return [*_time(), *_runtime()]


def _time() -> list[Panel]:
    kinds = per_second("tachograph_operation_time_seconds_total", SERVICE, by="tachograph_time_kind")
    return [
        series(
            31,
            "Where the time goes",
            "Seconds that requests spent in each second, by what they waited for: models, database, cache, other "
            "operations, or their own code.",
            [over_time(kinds, "{{tachograph_time_kind}}")],
            unit="none",
            stacked=True,
            empty="No entry operation ended in this time",
        ),
        series(
            32,
            "Share of a request's time",
            "Which share of the requests' time went to models, database, cache, other operations and own code.",
            [
                over_time(
                    f"{kinds} / scalar({per_second('tachograph_operation_time_seconds_total', SERVICE)})",
                    "{{tachograph_time_kind}}",
                )
            ],
            unit="percentunit",
            most=1,
            stacked=True,
            empty="No entry operation ended in this time",
        ),
    ]


def _runtime() -> list[Panel]:
    return [
        series(
            33,
            "Event loop lag p99",
            "How late the event loop of each service came to what was due, in 99 of 100 cases at most.",
            [
                over_time(
                    quantile(0.99, "tachograph_runtime_event_loop_lag_seconds", SERVICE, by="service_name"),
                    "{{service_name}}",
                    exemplars=True,
                )
            ],
            unit="s",
            figure=figures.LAG_SECONDS,
            empty="No event loop is watched",
        ),
        series(
            34,
            "Paused by garbage collection",
            "The share of time in which each service stood still while Python collected garbage.",
            [
                over_time(
                    per_second("tachograph_runtime_gc_pause_seconds_sum", SERVICE, by="service_name"),
                    "{{service_name}}",
                )
            ],
            unit="percentunit",
            figure=figures.PAUSED,
            empty="No service reports its collections",
        ),
    ]
