"""Pauses of a call: what the application does between its steps is the application's own time."""

from time import perf_counter_ns

from .clock import BITS, Clock
from .model import Call


def pause(call: Call, since_ns: int = 0) -> None:
    """Stop a call's time, or say since when, until `resume`: what the application does between steps is its own."""
    if not call.paused_ns and not call.ended:
        call.paused_ns = since_ns or perf_counter_ns()
        if (entry := call.entry) is not None and not entry.ended:
            entry.clock.end(BITS[call.shape.subject.kind], call.paused_ns)


def resume(call: Call) -> None:
    """Let a paused call's time go on."""
    if call.paused_ns and not call.ended:
        now_ns = perf_counter_ns()
        call.idle_ns += now_ns - call.paused_ns
        call.paused_ns = 0
        if (entry := call.entry) is not None and not entry.ended:
            entry.clock.begin(BITS[call.shape.subject.kind], now_ns)


def spent(call: Call, nanoseconds: int) -> None:
    """Count time that a paused call took in steps too short to resume it for."""
    call.idle_ns -= nanoseconds
    if (entry := call.entry) is not None and not entry.ended:
        if entry.clock is None:
            entry.clock = Clock(entry.started_ns)
        entry.clock.begin(0, perf_counter_ns())
        entry.clock.move(BITS[call.shape.subject.kind], nanoseconds)
