"""Everything that a report is made of, read once: the period, the period before it, and what happened meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from ..live.indicators import TARGETS, Target, targets
from ..live.tables import CACHE, DATABASE, LLM, OPERATIONS, STATEMENTS, Table
from ..past import measures
from ..past.exporter import added
from ..past.failure import PastError
from ..past.measures import Measure
from ..past.series import Calls, Incident, Remark, Series
from ..past.source import Source, nothing_found
from ..past.window import Window
from ..rules.check import Severity
from ..rules.settings import Settings
from ..rules.subjects import CHECKS
from .statistics import spread

_CHECKS = {check.name: check for check in CHECKS}
TABLES = (OPERATIONS, LLM, DATABASE, CACHE)
# Drawn as one line over all rows, or as one a host.
DRAWN_AS_ONE = (
    measures.OPERATIONS_RATE,
    measures.OPERATIONS_P95,
    measures.OPERATIONS_ERRORS,
    measures.LLM_P95,
    measures.COST,
    measures.DATABASE_P95,
    measures.CACHE_HITS,
)
DRAWN_APART = (measures.CPU, measures.MEMORY, measures.DISK, measures.UPTIME)


@dataclass(frozen=True, slots=True)
class Period:
    """What was measured in one window; `seconds` is how much of it anybody remembers."""

    window: Window
    seconds: float
    figures: Mapping[str, float | None]
    rows: Mapping[Table, Sequence[Calls]]
    incidents: Sequence[Incident]

    @property
    def known(self) -> bool:
        """Whether anything was measured."""
        return any(value is not None for value in self.figures.values())


@dataclass(frozen=True, slots=True)
class Facts:
    """A report's facts; `before` is None where nothing is known of the period before, `budget` is of a day."""

    place: str
    reach: str
    limits: Settings
    now: Period
    before: Period | None
    statements: Sequence[Calls]
    remarks: Sequence[Remark]
    series: Mapping[Measure, Sequence[Series]]
    budget: float | None

    @property
    def targets(self) -> Sequence[Target]:
        """The indicators' targets."""
        return targets(self.limits)

    def limit(self, alert: str, severity: Severity) -> float:
        """Return where an alert begins, as the user has it; infinite where it has no such severity."""
        limit = self.limits.checks.get(alert, _CHECKS[alert]).limit(severity)
        return limit.value if limit else inf

    def target(self, name: str) -> Target:
        """Return the target of an indicator."""
        return next(target for target in self.targets if target.name == name)

    @property
    def incidents(self) -> Sequence[Incident]:
        """The alerts that fired in the period."""
        return self.now.incidents


def gather(source: Source, window: Window, limits: Settings | None = None) -> Facts:
    """Read the facts of a window, to be held against a user's limits; raise PastError, NothingFound for none."""
    reach = source.reach()
    oldest = reach.oldest if reach.oldest is not None else window.end
    apart = {measure: source.series(measure, window) for measure in DRAWN_APART}
    now = _period(source, window, oldest, apart)
    if not now.known:
        raise nothing_found(source, window)
    as_one = {measure: source.series(measure, window, apart=False) for measure in DRAWN_AS_ONE}
    return Facts(
        place=source.place,
        reach=reach.told if oldest > window.start + window.seconds / 100 else "",
        limits=limits or Settings(),
        now=now,
        before=_before(source, window, oldest),
        statements=source.histograms(STATEMENTS, window),
        remarks=source.remarks(window),
        series={**as_one, **apart},
        budget=next((one.values[-1] for one in source.series(measures.BUDGET, window)), None),
    )


def _before(source: Source, window: Window, oldest: float) -> Period | None:
    """Return the period before; None where less than half of it is known, or the server gave up on it."""
    before = window.before
    if oldest > before.start + before.seconds / 2:
        return None
    try:
        apart = {measure: source.series(measure, before) for measure in DRAWN_APART}
        period = _period(source, before, oldest, apart)
    except PastError:
        return None
    return period if period.known else None


def _period(source: Source, window: Window, oldest: float, apart: Mapping[Measure, Sequence[Series]]) -> Period:
    rows = {table: source.histograms(table, window) for table in TABLES}
    seconds = max(1.0, window.end - max(window.start, min(oldest, window.end)))
    return Period(window, seconds, _figures(rows, apart, seconds), rows, source.incidents(window))


def _figures(
    rows: Mapping[Table, Sequence[Calls]], host: Mapping[Measure, Sequence[Series]], seconds: float
) -> dict[str, float | None]:
    """Return the value of each indicator that has a target, by its name."""
    operations, models, queries, caches = (added(rows[table]) for table in TABLES)
    calls = operations.calls + models.calls
    found = {
        "cpu": _most(host[measures.CPU]),
        "memory": _most(host[measures.MEMORY]),
        "disk": max((one.values[-1] for one in host[measures.DISK]), default=None),
        "operation": operations.quantile(0.95),
        "llm": models.quantile(0.95),
        "query": queries.quantile(0.95),
        "errors": (operations.errors + models.errors) / calls if calls else None,
        "hits": share(caches.extras.get("hits", 0.0), caches.calls),
        "tokens": share(models.extras.get("useful_tokens", 0.0), models.extras.get("all_tokens", 0.0)),
        "uptime": min((spread(one.values).average for one in host[measures.UPTIME]), default=None),
        "throughput": operations.calls / seconds if operations.calls else None,
    }
    return {target.name: found.get(target.name) for target in TARGETS}


def share(part: float, whole: float) -> float | None:
    """Return part / whole; None where there is no whole."""
    return part / whole if whole else None


def _most(found: Sequence[Series]) -> float | None:
    """Return the average of the host that has the highest one."""
    return max((spread(one.values).average for one in found), default=None)
