"""What a host has a limited number of, and how well its clock is kept."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures
from .names import NO_HOST
from .panels import series
from .queries import HOST, over_time


def panels() -> list[Panel]:
    """Return the limits in use and the clock's offset."""
    return [
        series(
            61,
            "Limits in use",
            "How many of the files and connections that the kernel allows are open.",
            [
                over_time(
                    f"node_filefd_allocated{{{HOST}}} / node_filefd_maximum{{{HOST}}}", "{{instance}} open files"
                ),
                over_time(
                    f"node_nf_conntrack_entries{{{HOST}}} / node_nf_conntrack_entries_limit{{{HOST}}}",
                    "{{instance}} tracked connections",
                ),
            ],
            unit="percentunit",
            most=1,
            figure=figures.LIMIT,
            empty=NO_HOST,
        ),
        series(
            62,
            "Clock",
            "How far the clock is from the time servers', by the kernel's estimate, and from Prometheus' own, "
            "a scrape's duration included (for that, warning from 1 s, critical from 10 s).",
            [
                over_time(f"abs(node_timex_offset_seconds{{{HOST}}})", "{{instance}} from its time servers"),
                over_time(
                    f"abs(timestamp(node_time_seconds{{{HOST}}}) - node_time_seconds{{{HOST}}})",
                    "{{instance}} from Prometheus",
                ),
            ],
            unit="s",
            figure=figures.CLOCK_SECONDS,
            empty=NO_HOST,
        ),
    ]
