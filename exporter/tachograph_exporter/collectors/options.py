"""How a collector declares what a user can set: a frozen dataclass whose fields document themselves.

A field `device_exclude` of the collector `netdev` is the flag `--collector.netdev.device-exclude` and the key
`device_exclude` of the TOML table `[collector.netdev]`. Its annotation says how a value is read: `bool`, `int`,
`float`, `str`, `re.Pattern[str] | None`, `tuple[str, ...]`, or a tuple of frozen dataclasses (an array of TOML tables,
which has no flag).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a collector that has none, and the base of all others."""


def option(default: Any, documentation: str) -> Any:
    """Return a field with its default and the sentence that the help and the docs print."""
    return field(default=default, metadata={"documentation": documentation})


def checked(default: Any, documentation: str, check: Callable[[Any], None]) -> Any:
    """Return a field whose value `check` refuses with a ValueError, which says what it must be."""
    return field(default=default, metadata={"documentation": documentation, "check": check})


def positive(value: float) -> None:
    """Refuse what is not more than 0."""
    if not value > 0:
        raise ValueError(f"must be more than 0, not {value}")


def not_negative(value: float) -> None:
    """Refuse what is less than 0."""
    if not value >= 0:
        raise ValueError(f"must be 0 or more, not {value}")


def at_least_one(value: int) -> None:
    """Refuse what is less than 1."""
    if value < 1:
        raise ValueError(f"must be 1 or more, not {value}")


def pattern(documentation: str, *, default: str = "") -> Any:
    """Return a field for a regular expression; unset (None), `default` applies where `selector` is given it."""
    return field(default=None, metadata={"documentation": documentation, "default": default})


def selector(
    include: re.Pattern[str] | None, exclude: re.Pattern[str] | None, default_exclude: str = ""
) -> Callable[[str], bool]:
    """Return whether a name is wanted: found by `include`, not found by `exclude`; an empty pattern selects everything.

    `default_exclude` applies where the user gave neither.
    """
    if include is None and exclude is None:
        exclude = re.compile(default_exclude)

    @lru_cache(maxsize=4096)
    def selected(name: str) -> bool:
        if exclude is not None and exclude.pattern and exclude.search(name):
            return False
        return include is None or include.search(name) is not None

    return selected
