"""Connection pools: how much of each is taken, and who waits for how long."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures
from .panels import series
from .queries import RATE, SERVICE, over_time, quantile

BY_POOL = "service_name, db_client_connection_pool_name"
LEGEND = "{{service_name}} {{db_client_connection_pool_name}}"
NO_POOL = "No connection pool is used"


def panels() -> list[Panel]:
    """Return what is taken, then what is waited for."""
    return [*_taken(), *_waited()]


def _taken() -> list[Panel]:
    used = f'db_client_connection_count{{db_client_connection_state="used",{SERVICE}}}'
    return [
        series(
            51,
            "Pools in use",
            "How much of each pool's connections are lent.",
            [
                over_time(
                    f"sum by ({BY_POOL}) ({used}) / sum by ({BY_POOL}) (db_client_connection_max{{{SERVICE}}})", LEGEND
                )
            ],
            unit="percentunit",
            most=1,
            figure=figures.POOL,
            empty="No bounded connection pool is used",
            width=8,
        ),
        series(
            52,
            "Connections by state",
            "How many connections are lent (used) and how many lie ready (idle).",
            [
                over_time(
                    f"sum by ({BY_POOL}, db_client_connection_state) (db_client_connection_count{{{SERVICE}}})",
                    f"{LEGEND} {{{{db_client_connection_state}}}}",
                )
            ],
            unit="none",
            stacked=True,
            empty=NO_POOL,
            width=8,
        ),
        series(
            55,
            "Connections held p95",
            "How long 95 of 100 connections were kept at most before they were given back.",
            [
                over_time(
                    quantile(0.95, "db_client_connection_use_time_seconds", SERVICE, by=BY_POOL), LEGEND, exemplars=True
                )
            ],
            unit="s",
            empty=NO_POOL,
            width=8,
        ),
    ]


def _waited() -> list[Panel]:
    return [
        series(
            53,
            "Wait for a connection p95",
            "How long 95 of 100 requests for a connection waited at most.",
            [
                over_time(
                    quantile(0.95, "db_client_connection_wait_time_seconds", SERVICE, by=BY_POOL),
                    LEGEND,
                    exemplars=True,
                )
            ],
            unit="s",
            figure=figures.QUERY_SECONDS,
            empty=NO_POOL,
        ),
        series(
            54,
            "Waiting, and given up",
            "How many requests wait for a connection now, and how many got none in time in each interval.",
            [
                over_time(
                    f"sum by ({BY_POOL}) (db_client_connection_pending_requests{{{SERVICE}}})", f"{LEGEND} waiting"
                ),
                over_time(
                    f"sum by ({BY_POOL}) (increase(db_client_connection_timeouts_total{{{SERVICE}}}[{RATE}]))",
                    f"{LEGEND} given up",
                ),
            ],
            unit="none",
            least_top=1,
            empty=NO_POOL,
        ),
    ]
