"""How the provider behaves: how slow it is and how many calls fail, changeable while it runs."""

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count

_FIRST_OVERLOAD = 5  # soon, so that the first look at the dashboards already shows a fallback
_SMALL = "gpt-4o-mini"


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be asked of the provider: seconds added to each completion, and the share of calls that fail."""

    slow_seconds: float = 0.0
    llm_errors: float = 0.0

    def changed(self, change: Mapping[str, object]) -> "Settings":
        """Return these settings with `change` applied; ValueError says which key or value is wrong."""
        values: dict[str, float] = {}
        for key, value in change.items():
            if key not in {"slow_seconds", "llm_errors"}:
                raise ValueError(f"unknown setting {key!r}: there are slow_seconds and llm_errors")
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
                raise ValueError(f"{key} must be a number from 0 up, not {value!r}")
            values[key] = float(value)
        if values.get("llm_errors", 0.0) > 1:
            raise ValueError(f"llm_errors is a ratio from 0 to 1, not {values['llm_errors']}")
        return replace(self, **values)


class Conduct:
    """The settings in force, and which call is the next to fail."""

    def __init__(self, settings: Settings, *, overload_every: int = 0) -> None:
        """Of so many calls of the small chat model one is turned away as by an overloaded provider; 0: none."""
        self._lock = threading.Lock()
        self._overload_every = overload_every
        self._small_calls = count(1)
        self._settings = settings
        self._owed = 0.0

    @property
    def settings(self) -> Settings:
        """What is in force now."""
        return self._settings

    def change(self, change: Mapping[str, object]) -> Settings:
        """Put `change` in force; ValueError where it cannot be."""
        with self._lock:
            self._settings = self._settings.changed(change)
            return self._settings

    def fails(self) -> bool:
        """Say whether this call fails: evenly spread, so that short windows show the ratio that was asked for."""
        with self._lock:
            self._owed += self._settings.llm_errors
            if self._owed < 1:
                return False
            self._owed -= 1
            return True

    def overloads(self, model: str) -> bool:
        """Say whether this call meets an overloaded provider, which only the small chat model does."""
        if model != _SMALL or not self._overload_every:
            return False
        return next(self._small_calls) % self._overload_every == _FIRST_OVERLOAD % self._overload_every
