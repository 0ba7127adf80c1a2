"""Cursors: one call over several steps, in which the application's own time between them is not counted."""

from .. import call as calls
from .. import pauses
from ..harmless import harmless
from ..model import NO_OUTCOME, Call, Outcome
from ..telemetry.hub import HUB
from .rows import returned


class Steps:
    """The call behind a cursor: it goes on in each step, waits between them, and ends once; without a call, nothing."""

    __slots__ = ("busy_ns", "call", "rows")

    def __init__(self, call: Call | None = None) -> None:
        self.call = call
        self.rows = 0
        # What steps took that were too short to resume the call for.
        self.busy_ns = 0

    # What `harmless` does stands here in place: a cursor takes these steps with each statement.

    def resume(self) -> None:
        """Go on: a step begins."""
        if self.call is not None:
            try:
                pauses.resume(self.call)
            except Exception:  # noqa: BLE001 - nothing of ours may reach the application
                HUB.failed("a cursor's step")

    def pause(self, rows: int = 0) -> None:
        """Wait: a step has ended, and brought rows."""
        self.rows += rows
        if self.call is not None:
            try:
                pauses.pause(self.call)
            except Exception:  # noqa: BLE001
                HUB.failed("a cursor's step")

    def end(self, outcome: Outcome | None = None) -> None:
        """End: there is nothing more to come, or nobody to ask for it."""
        call, self.call = self.call, None
        if call is None:
            return
        try:
            if self.busy_ns:
                pauses.spent(call, self.busy_ns)
            calls.finish(call, returned(self.rows) if outcome is None else outcome)
        except Exception:  # noqa: BLE001
            HUB.failed("a cursor's end")

    @harmless
    def fail(self, error: BaseException, outcome: Outcome = NO_OUTCOME) -> None:
        """End with an error."""
        call, self.call = self.call, None
        if call is not None:
            calls.fail(call, error, outcome)

    def __del__(self) -> None:
        if self.call is not None:
            self.end()
