"""Cache objects: their class is exchanged for one that counts, so that whoever holds the object holds the counted one.

What costs on each hit is one call and one count: the functions are closures over the class's own and the counter.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from copyreg import _reconstructor  # type: ignore[attr-defined] # pickles of protocol 1 name it
from functools import cache
from typing import Any

from .expiring import cachetools_methods, is_cachetools
from .level import Level
from .mappings import STORING, getitem, mapping_methods, setitem

Function = Callable[..., Any]
_LEVEL = "_tachograph_level"


def counted_object(cached: Any, level: Level) -> Any:
    """Return the object, counted; a dict, whose class cannot be exchanged, is copied into one that is."""
    kind: Any = type(cached)
    if getattr(kind, _LEVEL, None) is level:
        return cached
    counted: Any = _counted_type(kind, level)
    try:
        cached.__class__ = counted
    except TypeError:
        if not isinstance(cached, dict):
            raise TypeError(f"{kind.__name__} cannot be counted: its class is not written in Python") from None
        cached = _copied(cached, counted)
    level.members.add(cached)
    return cached


def _copied(cached: Any, counted: Any) -> Any:
    copied = counted(cached.default_factory) if isinstance(cached, defaultdict) else counted.__new__(counted)
    copied.update(cached)
    return copied


@cache
def _counted_type(kind: Any, level: Level) -> Any:
    methods = {"__getitem__": getitem(kind, level), "__setitem__": setitem(kind, level), "__reduce_ex__": _reduce(kind)}
    if hasattr(kind, "__copy__"):
        methods["__copy__"] = _copy(kind)
    methods |= (cachetools_methods if is_cachetools(kind) else mapping_methods)(kind, level)
    return type(kind.__name__, (kind,), {"__module__": kind.__module__, STORING: False, _LEVEL: level, **methods})


def _reduce(kind: Any) -> Function:
    """Have copies, and what is pickled, be of the application's class, and not counted."""
    base: Any = dict if issubclass(kind, dict) else object

    def reduce(self: Any, protocol: Any) -> Any:
        reduced = kind.__reduce_ex__(self, protocol)
        if not isinstance(reduced, tuple):
            return reduced
        made, args, *rest = (kind if each is type(self) else each for each in reduced)
        if rest and isinstance(rest[0], Mapping):
            rest[0] = {name: value for name, value in rest[0].items() if name != STORING} or None
        if args == (type(self),):
            # What pickle makes objects by of its own would insist on the class that this one has.
            made, args = _reconstructor, (kind, base, {} if base is dict else None)
        return (made, tuple(kind if each is type(self) else each for each in args), *rest)

    return reduce


def _copy(kind: Any) -> Function:
    """Have what a class of its own accord makes a copy by give one of the application's class, too."""

    def copy(self: Any) -> Any:
        copied = kind.__copy__(self)
        if type(copied) is type(self):
            with suppress(TypeError):  # the class of a dict cannot be exchanged
                copied.__class__ = kind
                copied.__dict__.pop(STORING, None)
        return copied

    return copy
