"""What can run out, as a share of what there is."""

from dataclasses import dataclass

from ..past.measures import DISK, MEMORY, Measure, Unknown
from ..rules.promql import IDENTITY

_HOUR = 3600.0
_SERVICE = ("service", "environment")
_BY = ", ".join(IDENTITY)
_POOL = f"{_BY}, db_client_connection_pool_name"
_USED = f'sum by ({_POOL}) (db_client_connection_count{{$application,db_client_connection_state="used"}})'

FILES = Measure(
    "files",
    "Inodes",
    "ratio",
    "1 - node_filesystem_files_free{$hosts} / (node_filesystem_files{$hosts} > 0)",
    Unknown(),
    ("instance", "mountpoint"),
    ("instance", "mountpoint"),
)
POOL = Measure(
    "pool",
    "Connection pool",
    "ratio",
    f"{_USED} / sum by ({_POOL}) (db_client_connection_max{{$application}})",
    Unknown(),
    (*IDENTITY, "db_client_connection_pool_name"),
    (*_SERVICE, "pool"),
)
BUDGET = Measure(
    "budget",
    "Budget for models",
    "ratio",
    f"86400 * sum by ({_BY}) (rate(tachograph_gen_ai_client_cost_usd_total{{$application}}[$span]))"
    f" / (max by ({_BY}) (tachograph_gen_ai_client_budget_usd{{$application}}) > 0)",
    Unknown(),
    IDENTITY,
    _SERVICE,
)


@dataclass(frozen=True, slots=True)
class Resource:
    """A measure whose end is 1, what reaching it is called, and how long a past its trend needs.

    What follows the hours of the day (`daily`) shows no trend in less than a day. What is spent (`paced`) stands as
    it did over the whole window, not as in its last minutes.
    """

    measure: Measure
    end: str
    least_seconds: float
    daily: bool
    paced: bool = False


RESOURCES = (
    Resource(DISK, "full", _HOUR, daily=False),
    Resource(FILES, "out of inodes", _HOUR, daily=False),
    Resource(MEMORY, "out of memory", 6 * _HOUR, daily=True),
    Resource(POOL, "used up", 6 * _HOUR, daily=True),
    Resource(BUDGET, "a day costs the whole budget", 6 * _HOUR, daily=True, paced=True),
)
