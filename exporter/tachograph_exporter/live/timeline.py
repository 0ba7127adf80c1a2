"""The host's figures over the last quarter of an hour: one average a slot, and a gap where nothing was measured."""

from collections import deque
from collections.abc import Mapping

from .slots import HOST_SECONDS, HOST_SLOTS


class Timeline:
    """Keeps the averages of some figures by slots."""

    def __init__(self) -> None:
        self._slots: deque[tuple[int, dict[str, float]]] = deque(maxlen=HOST_SLOTS)
        self._sums: dict[str, tuple[float, int]] = {}
        self._slot = 0

    def take(self, now: float, figures: Mapping[str, float | None]) -> None:
        """Add figures of one moment."""
        slot = int(now // HOST_SECONDS)
        if slot > self._slot:
            self._close(slot)
        for name, value in figures.items():
            if value is not None:
                total, count = self._sums.get(name, (0.0, 0))
                self._sums[name] = total + value, count + 1

    def lines(self, names: tuple[str, ...]) -> dict[str, list[float | None]]:
        """Return each figure's averages, the oldest first; the last one is of the slot before this."""
        first = self._slot - HOST_SLOTS
        lines: dict[str, list[float | None]] = {name: [None] * HOST_SLOTS for name in names}
        for slot, averages in self._slots:
            if slot >= first:
                for name in names:
                    lines[name][slot - first] = averages.get(name)
        return lines

    def average(self, name: str, seconds: float) -> float | None:
        """Return a figure's average over the last seconds, or as many of them as are known."""
        first = self._slot - seconds / HOST_SECONDS
        known = [averages[name] for slot, averages in self._slots if slot >= first and name in averages]
        total, count = self._sums.get(name, (0.0, 0))
        if count:
            known.append(total / count)
        return sum(known) / len(known) if known else None

    def _close(self, slot: int) -> None:
        if self._sums:
            averages = {name: float(f"{total / count:.4g}") for name, (total, count) in self._sums.items()}
            self._slots.append((self._slot, averages))
        self._sums = {}
        self._slot = slot
