"""Endpoints that the exporter probes: whether they answer, how fast, and how often they did."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures
from .columns import Column
from .panels import grid, series
from .queries import HOST, over_time, rows

NO_TARGET = "No endpoint is probed: name one under [[collector.probes.targets]]"


def panels() -> list[Panel]:
    """Return a table of the endpoints and the course of their response times."""
    return [
        grid(
            31,
            "Endpoints",
            "Each probed endpoint now: the last attempt, the share of failed ones, how much of the day it was up, and "
            "how long its certificate is still good.",
            [
                rows(f"min by (target) (tachograph_probe_success{{{HOST}}})"),
                rows(f"max by (target) (tachograph_probe_duration_seconds{{{HOST}}})"),
                rows(f"max by (target) (tachograph_probe_loss_ratio{{{HOST}}})"),
                rows(f"min by (target) (tachograph_probe_uptime_ratio{{{HOST}}})"),
                rows(f"min by (target) (tachograph_probe_tls_expiry_timestamp_seconds{{{HOST}}}) - time()"),
            ],
            columns=[
                Column("target", "Endpoint"),
                Column("Value #A", "Answers", "bool_yes_no"),
                Column("Value #B", "Response time", "s", figures.OPERATION_SECONDS),
                Column("Value #C", "Failed attempts", "percentunit", figures.PROBE_LOSS, decimals=1),
                Column("Value #D", "Up, last day", "percentunit", figures.UPTIME_RATIO, decimals=2),
                Column("Value #E", "Certificate", "s", figures.CERTIFICATE_SECONDS, decimals=0),
            ],
            width=12,
            empty=NO_TARGET,
        ),
        series(
            32,
            "Response time by endpoint",
            "How long each endpoint took to answer.",
            [over_time(f"max by (target) (tachograph_probe_duration_seconds{{{HOST}}})", "{{target}}")],
            unit="s",
            figure=figures.OPERATION_SECONDS,
            height=8,
            empty=NO_TARGET,
        ),
    ]
