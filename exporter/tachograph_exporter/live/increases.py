"""What counters grew by over the last minutes: their states at the ends of slots, summed by a few labels."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..exposition.metric import Metric
from .slots import ROW_SECONDS, ROWS_MAX, SPARK_SLOTS
from .tables import number

Key = tuple[str, ...]
Labels = Mapping[str, str]
Families = Callable[[str], Sequence[Metric]]


@dataclass(frozen=True)
class Counter:
    """A counter, or a histogram's count, summed `by` labels over the series that have the labels of `only`."""

    metric: str
    by: tuple[str, ...] = ()
    only: Mapping[str, str] = field(default_factory=dict)

    def state(self, families: Families) -> dict[Key, float]:
        """Return the sums as they are now."""
        sums: dict[Key, float] = {}
        for metric in families(self.metric):
            names = metric.label_names
            places = [names.index(label) if label in names else -1 for label in self.by]
            wanted = [(names.index(label) if label in names else -1, value) for label, value in self.only.items()]
            for values, value in metric.rows:
                if all((values[place] if place >= 0 else "") == one for place, one in wanted):
                    key = tuple([values[place] if place >= 0 else "" for place in places])
                    sums[key] = sums.get(key, 0.0) + number(value)
        return sums


class Increases:
    """Bounded: so many counters, a quarter of an hour of slots, ROWS_MAX sums of each."""

    def __init__(self, counters: Sequence[Counter]) -> None:
        self._slots: dict[int, deque[tuple[float, dict[Key, float]]]] = {
            id(counter): deque(maxlen=SPARK_SLOTS + 2) for counter in counters
        }
        self._counters = tuple(counters)
        self._now: dict[int, dict[Key, float]] = {}
        self._taken = 0.0
        self._slot = -1

    def take(self, families: Families, now: float) -> None:
        """Take over the states of one moment."""
        slot = int(now // ROW_SECONDS)
        for counter in self._counters:
            state = counter.state(families)
            if len(state) > ROWS_MAX:
                state = dict(list(state.items())[:ROWS_MAX])
            self._now[id(counter)] = state
            if slot != self._slot and (state or self._slots[id(counter)]):
                self._slots[id(counter)].append((now, state))
        self._taken, self._slot = now, slot

    def over(self, counter: Counter, seconds: float) -> tuple[dict[Key, float], float]:
        """Return what each sum grew by, and over how long: so many seconds, or since the counter was first seen."""
        began, before = self._taken, self._now.get(id(counter), {})
        for at, state in self._slots[id(counter)]:
            if at < self._taken - seconds - ROW_SECONDS:
                continue
            began, before = at, state
            break
        grown = {key: _grown(value, before.get(key, 0.0)) for key, value in self._now.get(id(counter), {}).items()}
        return grown, self._taken - began


def _grown(now: float, before: float) -> float:
    """Return the difference; a counter that fell began anew."""
    return now - before if now >= before else now
