"""Vector searches: how long they take, and whether they find as many neighbours as were asked for."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures
from .database_calls import BY_TABLE, CHOSEN, TABLE_LEGEND
from .names import DATABASE
from .panels import series
from .queries import over_time, per_second, quantile

SEARCHES = f'tachograph_db_vector_operation="search",{CHOSEN}'
BY_DISTANCE = f"{BY_TABLE}, tachograph_db_vector_distance"
LEGEND = f"{TABLE_LEGEND} {{{{tachograph_db_vector_distance}}}}"
NO_SEARCH = "No vectors were searched in this time"


def panels() -> list[Panel]:
    """Return the duration of searches, and what they find."""
    returned, asked = (
        per_second(f"tachograph_db_vector_{what}_sum", CHOSEN, by=BY_DISTANCE) for what in ("returned", "k")
    )
    return [
        series(
            61,
            "Vector searches p95",
            "How long 95 of 100 searches of each table or index took at most. The target is 25 ms.",
            [over_time(quantile(0.95, DATABASE, SEARCHES, by=BY_TABLE), TABLE_LEGEND, exemplars=True)],
            unit="s",
            figure=figures.QUERY_SECONDS,
            empty=NO_SEARCH,
        ),
        series(
            62,
            "Neighbours found of those asked for",
            "How many of the neighbours that searches asked for they got: filters that leave too few lower it.",
            [over_time(f"{returned} / ({asked} > 0)", LEGEND)],
            unit="percentunit",
            most=1,
            empty=NO_SEARCH,
        ),
    ]
