"""The control group that the exporter lives in: in a container, the container's limits."""

from grafana_foundation_sdk.models.dashboard import Panel

from .panels import series
from .queries import HOST, RATE, over_time


def panels() -> list[Panel]:
    """Return what the group uses, what holds it back and what waits in it."""
    none = "The exporter's control group cannot be read"
    return [
        series(
            41,
            "Container CPU, and time held back",
            "Cores that the control group used, and the share of periods in which its CPU limit held it back.",
            [
                over_time(
                    f"sum by (instance, cgroup) (rate(tachograph_cgroup_cpu_seconds_total{{{HOST}}}[{RATE}]))",
                    "{{instance}} cores",
                ),
                over_time(
                    f"rate(tachograph_cgroup_cpu_throttled_periods_total{{{HOST}}}[{RATE}])"
                    f" / (rate(tachograph_cgroup_cpu_periods_total{{{HOST}}}[{RATE}]) > 0)",
                    "{{instance}} held back",
                ),
            ],
            unit="none",
            empty=none,
            width=8,
        ),
        series(
            42,
            "Container memory",
            "The control group's working set: what it uses and cannot simply drop; and its limit, where it has one.",
            [
                over_time(f"tachograph_cgroup_memory_working_set_bytes{{{HOST}}}", "{{instance}} working set"),
                over_time(f"tachograph_cgroup_memory_limit_bytes{{{HOST}}} < Inf", "{{instance}} limit"),
            ],
            unit="bytes",
            empty=none,
            width=8,
        ),
        series(
            43,
            "Container pressure and kills",
            "The share of time in which tasks of the group waited for a resource, and processes killed for memory.",
            [
                over_time(
                    f"rate(tachograph_cgroup_pressure_waiting_seconds_total{{{HOST}}}[{RATE}])",
                    "{{instance}} waits for {{resource}}",
                ),
                over_time(f"increase(tachograph_cgroup_oom_kills_total{{{HOST}}}[{RATE}])", "{{instance}} killed"),
            ],
            unit="none",
            empty=none,
            width=8,
        ),
    ]
