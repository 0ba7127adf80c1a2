"""Cursors of DB-API drivers that ask for the plans of slow SELECTs, where those were asked for."""

from typing import Any

from ..harmless import harmless
from ..sql.plan import Plan
from . import plans
from .database import StatementShape
from .dbapi import MeasuredCursor, statement_of
from .statements import settings
from .steps import Steps


class ExplainingCursor(MeasuredCursor):
    """A measured cursor that explains a statement as soon as it is known to be slow."""

    _later: tuple[str, Any] | None = None

    def _plan(self, text: str, parameters: Any) -> Plan | None:
        """Explain a statement that has just run on this cursor; whatever happens, nothing of it stays behind."""
        raise NotImplementedError

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Run a statement."""
        result = super().execute(*args, **kwargs)
        self._look(args, kwargs)
        return result

    def __del__(self) -> None:
        # A finaliser may run anywhere: it is no place to ask a database for anything.
        self._later = None
        super().__del__()

    @harmless
    def _look(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        text = self._text(statement_of(args, kwargs))
        if text is None:
            return
        parameters = args[1] if len(args) > 1 else kwargs.get("vars")
        steps = self._steps
        if steps is None or steps.call is None or _noted(steps):
            self._explain(text, parameters)
        else:
            self._later = (text, parameters)

    @harmless
    def _explain(self, text: str, parameters: Any) -> None:
        wanted = plans.wanted(self._database().statement(text))
        if wanted is not None:
            plans.tell(wanted, self._plan(text, parameters))

    def _end(self) -> None:
        super()._end()
        later, self._later = self._later, None
        if later is not None:
            self._explain(*later)

    def _fail(self, steps: Steps, error: BaseException) -> None:
        self._later = None
        super()._fail(steps, error)


def _noted(steps: Steps) -> bool:
    """Tell whether a call whose rows are still to be fetched has been slow already, and have it noted."""
    call = steps.call
    if call is None or call.paused_ns - call.started_ns - call.idle_ns < settings().slow_seconds * 1e9:
        return False
    if isinstance(call.shape, StatementShape):
        call.shape.account.explain(call)
    return True
