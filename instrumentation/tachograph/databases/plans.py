"""Plans of slow statements, where they were asked for: which is wanted now, and what it came to.

A slow call leaves a note in its thread; the driver's module, which has the connection, picks it up as soon as the call
has ended, in the same thread and before anything else can run there.
"""

import threading
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from .. import call as calls
from .. import names
from ..model import Call, Labels
from ..settings import DatabaseSettings
from ..sql.plan import Plan
from ..sql.statement import Statement
from ..telemetry.hub import HUB
from . import metrics

if TYPE_CHECKING:
    from ..telemetry.cells import GaugeCell

# What an EXPLAIN of ours may take, in which the application waits.
STATEMENT_MILLISECONDS = 250
LOCK_MILLISECONDS = 50
_LIMITS = f"SET LOCAL statement_timeout = {STATEMENT_MILLISECONDS}; SET LOCAL lock_timeout = {LOCK_MILLISECONDS}"
EXPLAIN = "EXPLAIN (FORMAT JSON) "


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around an EXPLAIN of PostgreSQL's: it is read only, bounded, and undone to the last trace."""

    opening: str
    closing: str


ALONE = Frame(f"BEGIN READ ONLY; {_LIMITS}", "ROLLBACK")
# In a transaction of the application's.
WITHIN = Frame(
    f"SAVEPOINT tachograph_explain; SET TRANSACTION READ ONLY; {_LIMITS}",
    "ROLLBACK TO SAVEPOINT tachograph_explain; RELEASE SAVEPOINT tachograph_explain",
)
_KEPT_LIMIT = 1_000
_TEXT_LABEL_LENGTH = 250
_DEFAULTS = DatabaseSettings()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A statement whose plan is wanted; `outer` is the call that it ran within."""

    statement: Statement
    labels: Labels
    outer: Call | None


class _Here(threading.local):
    wanted: Wanted | None = None


class _Known:
    """When each plan was wanted last, and where it is shown; as long as the series that it is shown in."""

    def __init__(self) -> None:
        self.started_ns = HUB.registry.started_ns
        self.asked: dict[Labels, float] = {}
        self.shown: dict[Labels, GaugeCell] = {}


_here = _Here()
_known = [_Known()]


def wanted_at_all() -> bool:
    """Tell whether plans are asked for; what wraps drivers asks once."""
    return HUB.settings is not None and HUB.settings.database.explain


def note(statement: Statement, labels: Labels, outer: Call | None) -> None:
    """Want the plan of a statement that has just been slow, where it only reads."""
    if statement.only_reads():
        _here.wanted = Wanted(statement, labels, outer)


def wanted(statement: Statement) -> Wanted | None:
    """Take the note of this thread, where it is about this statement and its time has come again."""
    found, _here.wanted = _here.wanted, None
    if found is None or found.statement is not statement:
        return None
    asked = _now_known().asked
    now, last = monotonic(), asked.get(found.labels)
    limits = HUB.settings.database if HUB.settings is not None else _DEFAULTS
    if last is not None and now - last < limits.explain_seconds:
        return None
    if len(asked) >= _KEPT_LIMIT:
        asked.clear()
    asked[found.labels] = now
    return found


def tell(wanted: Wanted, plan: Plan | None) -> None:
    """Publish a plan, in the place of the statement's last one; None: the database told none."""
    if plan is None:
        return
    text = plan.text[:_TEXT_LABEL_LENGTH]
    cell = HUB.registry.gauge(metrics.STATEMENT_PLAN, (*wanted.labels, (names.DB_PLAN, text)))
    shown = _now_known().shown
    before = shown.get(wanted.labels)
    if before is not None and before is not cell:
        before.last = None
    shown[wanted.labels] = cell
    cell.set(plan.cost)
    if wanted.outer is not None and not wanted.outer.ended:
        told = ((names.DB_PLAN, plan.text), (names.DB_PLAN_COST, plan.cost), (names.DB_PLAN_ROWS, plan.rows))
        calls.event(wanted.outer, names.DB_STATEMENT_PLAN, dict((*wanted.labels[-2:], *told)))


def _now_known() -> _Known:
    if _known[0].started_ns != HUB.registry.started_ns:
        # All series began anew: in a forked child, or after a shutdown.
        _known[0] = _Known()
    return _known[0]
