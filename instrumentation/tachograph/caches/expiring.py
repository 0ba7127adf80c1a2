"""cachetools' caches: what they let go, and what was in them but too old."""

from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any

from ..harmless import harmless
from .level import CAPACITY, TOO_OLD, Level
from .mappings import ABSENT, getitem, making_getitem

Function = Callable[..., Any]


def is_cachetools(kind: Any) -> bool:
    """Tell whether a class is one of cachetools', or derived from one."""
    return _base(kind) is not None


def cachetools_methods(kind: Any, level: Level) -> dict[str, Function]:
    """Return what is counted in other ways than in other mappings."""
    # What a class makes of a key that is not there is no business of `get`.
    makes = kind.__missing__ is not _base(kind).__missing__
    methods = {
        "__getitem__": (making_getitem if makes else getitem)(kind, level, _has_expired),
        "popitem": _popitem(kind, level),
    }
    if kind.get.__module__.startswith("cachetools"):
        methods["get"] = _get(kind, level, makes=makes)
    if kind.pop is MutableMapping.pop or kind.pop.__module__.startswith("cachetools"):
        methods["pop"] = _pop(kind)
    if hasattr(kind, "expire"):
        methods["expire"] = _expire(kind, level)
    return methods


def _get(kind: Any, level: Level, *, makes: bool) -> Function:
    """Stand for cachetools' own `get`, which looks twice: calling it would cost each hit a call more."""
    contains, read, hit = kind.__contains__, kind.__getitem__, level.hit
    missed, found = level.missed, level.hit_again

    def get(self: Any, key: Any, default: Any = None) -> Any:
        try:
            value = ABSENT if makes and not contains(self, key) else read(self, key)
        except KeyError:
            value = ABSENT
        if value is ABSENT:
            missed(key, expired=_has_expired(self, key))
            return default
        hit()
        if level.is_source:
            found()
        return value

    return get


def _popitem(kind: Any, level: Level) -> Function:
    pop = _pop_uncounted(kind) if kind.popitem is MutableMapping.popitem else kind.popitem

    def popitem(self: Any) -> Any:
        item = pop(self)
        # What is popped while another item is stored had to make room for it.
        if self._tachograph_storing:
            level.evicted(1, CAPACITY)
        return item

    return popitem


def _pop(kind: Any) -> Function:
    """Stand for a mapping's own `pop`, whose look at the value would count as a hit."""

    def pop(self: Any, key: Any, default: Any = ABSENT) -> Any:
        try:
            value = kind.__getitem__(self, key) if key in self else ABSENT
        except KeyError:
            value = ABSENT
        if value is not ABSENT:
            # It may expire just now.
            with suppress(KeyError):
                del self[key]
            return value
        if default is ABSENT:
            raise KeyError(key)
        return default

    return pop


def _pop_uncounted(kind: Any) -> Function:
    """Stand for a mapping's own `popitem`, whose look at the value would count as a hit."""

    def pop(self: Any) -> Any:
        for key in self:
            value = kind.__getitem__(self, key)
            del self[key]
            return key, value
        raise KeyError

    return pop


def _expire(kind: Any, level: Level) -> Function:
    expire_entries = kind.expire

    def expire(self: Any, *args: Any, **kwargs: Any) -> Any:
        expired = expire_entries(self, *args, **kwargs)
        if isinstance(expired, list):
            level.evicted(len(expired), TOO_OLD)
        return expired

    return expire


def _base(kind: Any) -> Any:
    """Return cachetools' own base class, where a class has it."""
    own = (each for each in kind.__mro__ if each.__name__ == "Cache" and each.__module__.startswith("cachetools"))
    return next(own, None)


def _has_expired(cached: Any, key: Any) -> bool:
    """Tell whether a key that was not found is there still, too old: cachetools' classes keep it for a while."""
    return _still_there(cached, key) or False


@harmless
def _still_there(cached: Any, key: Any) -> bool:
    return bool(_base(type(cached)).__contains__(cached, key))
