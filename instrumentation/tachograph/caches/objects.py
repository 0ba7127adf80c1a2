"""Cache objects: their class is exchanged for one that counts, so that whoever holds the object holds the counted one.

What costs on each hit is one call and one count: the functions are closures over the class's own and the counter.
"""

from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any
from weakref import ref

from ..harmless import harmless
from ..telemetry.hub import HUB
from . import metrics
from .level import CAPACITY, TOO_OLD, Level

Function = Callable[..., Any]
_ABSENT = object()


def counted_object(cached: Any, level: Level) -> Any:
    """Return the object, counted; a dict, whose class cannot be exchanged, is copied into one that is."""
    kind = type(cached)
    counted = _counted_type(kind, level)
    try:
        cached.__class__ = counted
    except TypeError:
        if not isinstance(cached, dict):
            raise TypeError(f"{kind.__name__} cannot be counted: its class is not written in Python") from None
        copied = counted.__new__(counted)
        copied.update(cached)
        cached = copied
    _observe(cached, level)
    return cached


def _counted_type(kind: Any, level: Level) -> Any:
    methods = {"__getitem__": _getitem(kind, level), "__setitem__": _setitem(kind, level)}
    # A mapping's own `get`, which reads through __getitem__, needs no other.
    if kind.get is dict.get:
        methods["get"] = _get(kind, level)
    elif kind.get.__module__.startswith("cachetools"):
        methods["get"] = _get_of_cachetools(kind, level)
    if hasattr(kind, "popitem"):
        methods["popitem"] = _popitem(kind, level)
    if kind.pop is MutableMapping.pop or getattr(kind.pop, "__module__", "").startswith("cachetools"):
        methods["pop"] = _pop(kind)
    if hasattr(kind, "expire"):
        methods["expire"] = _expire(kind, level)
    return type(kind.__name__, (kind,), {"__module__": kind.__module__, "_storing": False, **methods})


def _getitem(kind: Any, level: Level) -> Function:
    read, hit = kind.__getitem__, level.hit
    missed, found = level.missed, level.hit_again

    def getitem(self: Any, key: Any) -> Any:
        try:
            value = read(self, key)
        except KeyError:
            missed(key, expired=_has_expired(self, key))
            raise
        hit()
        if level.is_source:
            found()
        return value

    return getitem


def _get(kind: Any, level: Level) -> Function:
    read, hit = kind.get, level.hit
    missed, found = level.missed, level.hit_again

    def get(self: Any, key: Any, default: Any = None) -> Any:
        value = read(self, key, _ABSENT)
        if value is _ABSENT:
            missed(key)
            return default
        hit()
        if level.is_source:
            found()
        return value

    return get


def _get_of_cachetools(kind: Any, level: Level) -> Function:
    """Stand for cachetools' own `get`, which looks twice: calling it would cost each hit a call more."""
    base = _cachetools(kind)
    contains, read, hit = kind.__contains__, kind.__getitem__, level.hit
    missed, found = level.missed, level.hit_again
    # What a class makes of a key that is not there is no business of `get`.
    makes = base is None or kind.__missing__ is not base.__missing__

    def get(self: Any, key: Any, default: Any = None) -> Any:
        try:
            value = _ABSENT if makes and not contains(self, key) else read(self, key)
        except KeyError:
            value = _ABSENT
        if value is _ABSENT:
            missed(key, expired=_has_expired(self, key))
            return default
        hit()
        if level.is_source:
            found()
        return value

    return get


def _setitem(kind: Any, level: Level) -> Function:
    write, pending, stored = kind.__setitem__, level.pending, level.stored

    def setitem(self: Any, key: Any, value: Any) -> None:
        outer, self._storing = self._storing, True
        try:
            write(self, key, value)
        finally:
            self._storing = outer
        if pending:
            stored(key)

    return setitem


def _popitem(kind: Any, level: Level) -> Function:
    pop = _pop_uncounted(kind) if kind.popitem is MutableMapping.popitem else kind.popitem

    def popitem(self: Any) -> Any:
        item = pop(self)
        # What is popped while another item is stored had to make room for it.
        if self._storing:
            level.evicted(1, CAPACITY)
        return item

    return popitem


def _pop(kind: Any) -> Function:
    """Stand for a mapping's own `pop`, whose look at the value would count as a hit."""

    def pop(self: Any, key: Any, default: Any = _ABSENT) -> Any:
        try:
            value = kind.__getitem__(self, key) if key in self else _ABSENT
        except KeyError:
            value = _ABSENT
        if value is not _ABSENT:
            # It may expire just now.
            with suppress(KeyError):
                del self[key]
            return value
        if default is _ABSENT:
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


def _cachetools(kind: Any) -> Any:
    """Return cachetools' own base class, where a class has it."""
    own = (each for each in kind.__mro__ if each.__name__ == "Cache" and each.__module__.startswith("cachetools"))
    return next(own, None)


def _has_expired(cached: Any, key: Any) -> bool:
    """Tell whether a key that was not found is there still, too old: cachetools' classes keep it for a while."""
    return _still_there(cached, key) or False


@harmless
def _still_there(cached: Any, key: Any) -> bool:
    base = _cachetools(type(cached))
    return base is not None and bool(base.__contains__(cached, key))


def _observe(cached: Any, level: Level) -> None:
    reference, labels = ref(cached), level.labels

    def entries() -> Any:
        found = reference()
        return () if found is None else ((labels, len(found)),)

    def room() -> Any:
        most = getattr(reference(), "maxsize", None)
        return ((labels, most),) if isinstance(most, int | float) else ()

    HUB.registry.observe(metrics.ENTRIES, entries)
    HUB.registry.observe(metrics.MAX_ENTRIES, room)
