"""Where the time of an entry operation goes: each instant belongs to what was under way then, and is counted once."""

from typing import Final

KINDS: Final = ("llm", "db", "cache", "operation")
OWN: Final = "own"
BITS: Final = {kind: 1 << place for place, kind in enumerate(KINDS)}
_OPERATION = BITS["operation"]


class Clock:
    """Counts nanoseconds by which kinds of calls are under way, as calls below an entry begin and end."""

    __slots__ = ("_last_ns", "_running", "_state", "by_state")

    def __init__(self, started_ns: int) -> None:
        self._last_ns = started_ns
        self._running = [0] * (1 << len(KINDS))
        self._state = 0
        self.by_state = [0] * (1 << len(KINDS))

    def begin(self, bit: int, now_ns: int) -> None:
        """Note that a call of the kind with that bit began."""
        self._pass(now_ns)
        self._running[bit] += 1
        self._state |= bit

    def end(self, bit: int, now_ns: int) -> None:
        """Note that one of them ended."""
        self._pass(now_ns)
        self._running[bit] -= 1
        if not self._running[bit]:
            self._state &= ~bit

    def move(self, bit: int, nanoseconds: int) -> None:
        """Give a call of the kind with that bit time that was counted as nobody's, or as the operation's under way."""
        first = self._state & _OPERATION
        for state in (first, first ^ _OPERATION):
            taken = min(nanoseconds, self.by_state[state])
            self.by_state[state] -= taken
            self.by_state[bit] += taken
            nanoseconds -= taken

    def _pass(self, now_ns: int) -> None:
        # Threads may come here out of order by a moment: time never runs backwards.
        if now_ns > self._last_ns:
            self.by_state[self._state] += now_ns - self._last_ns
            self._last_ns = now_ns


def shares(state: int) -> tuple[str, ...]:
    """Return who shares an instant: the calls under way; operations only where they wait for none; else own code."""
    calls = tuple(kind for kind, bit in BITS.items() if state & bit and bit != _OPERATION)
    if calls:
        return calls
    return ("operation",) if state & _OPERATION else (OWN,)


SHARES: Final = tuple(shares(state) for state in range(1 << len(KINDS)))


def split(clock: Clock, ended_ns: int) -> dict[str, float]:
    """Return the seconds of each kind between the entry's start and end; they add up to its duration."""
    clock.begin(0, ended_ns)
    seconds: dict[str, float] = {}
    for kinds, nanoseconds in zip(SHARES, clock.by_state, strict=True):
        for kind in kinds if nanoseconds else ():
            seconds[kind] = seconds.get(kind, 0) + nanoseconds / len(kinds) / 1e9
    return seconds
