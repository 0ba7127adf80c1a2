"""Mappings: what of their methods is a look-up, and which of the others look something up on their way."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import get_ident
from typing import Any

from .level import CAPACITY, Level

Function = Callable[..., Any]
Expired = Callable[[Any, Any], bool]
ABSENT: Any = object()
STORING = "_tachograph_storing"


def getitem(kind: Any, level: Level, has_expired: Expired | None = None) -> Function:
    """Return a `__getitem__` that counts; a class may tell which keys it lacks because they are too old."""
    read, hit = kind.__getitem__, level.hit
    missed, found = level.missed, level.hit_again

    def getitem(self: Any, key: Any) -> Any:
        try:
            value = read(self, key)
        except KeyError:
            missed(key, expired=has_expired is not None and has_expired(self, key))
            raise
        hit()
        if level.is_source:
            found()
        return value

    return getitem


def making_getitem(kind: Any, level: Level, has_expired: Expired | None = None) -> Function:
    """Return a `__getitem__` that counts, of a class that makes what is not there: that is a miss, and its load."""
    read, contains = kind.__getitem__, kind.__contains__

    def getitem(self: Any, key: Any) -> Any:
        if not contains(self, key):
            level.missed(key, expired=has_expired is not None and has_expired(self, key))
            return read(self, key)
        value = read(self, key)
        level.hit()
        if level.is_source:
            level.hit_again()
        return value

    return getitem


def setitem(kind: Any, level: Level) -> Function:
    """Return a `__setitem__` that ends the load of its key."""
    write, pending, stored = kind.__setitem__, level.pending, level.stored

    def setitem(self: Any, key: Any, value: Any) -> None:
        outer, self._tachograph_storing = self._tachograph_storing, True
        try:
            write(self, key, value)
        finally:
            self._tachograph_storing = outer
        if pending:
            stored(key)

    return setitem


def mapping_methods(kind: Any, level: Level) -> dict[str, Function]:
    """Return what is counted beside `d[key]`, and what is not though it looks something up on its way."""
    quiet = _Quiet()
    methods = _looking_up(kind, level, quiet)
    for name in ("pop", "clear"):
        if hasattr(kind, name) and getattr(kind, name) is not getattr(dict, name):
            methods[name] = quiet.around(getattr(kind, name))
    if hasattr(kind, "popitem"):
        methods["popitem"] = _popitem(kind, level, quiet)
    if hasattr(kind, "__delitem__"):
        methods["__delitem__"] = _delitem(kind, level, quiet)
    return methods


def _looking_up(kind: Any, level: Level, quiet: "_Quiet") -> dict[str, Function]:
    read = getattr(kind, "get", None)
    counting = (making_getitem if hasattr(kind, "__missing__") else getitem)(kind, level)
    if read is dict.get:
        # Nothing of a dict's own looks up through these; an OrderedDict's does in some versions of Python.
        own = kind.__getitem__ is dict.__getitem__ and not issubclass(kind, OrderedDict)
        return {"get": _get(kind, level), "__getitem__": counting if own else quiet.unless(kind.__getitem__, counting)}
    methods = {"__getitem__": quiet.unless(kind.__getitem__, counting)}
    # A mapping's own `get`, which reads through __getitem__, needs no other.
    if read is not None and read is not Mapping.get:
        methods["get"] = _own_get(kind, level, quiet)
    return methods


class _Quiet:
    """The threads in which a class's own methods look something up, which is no look-up of the application's."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def here(self) -> bool:
        """Tell whether this is one of them."""
        return get_ident() in self.threads

    def around(self, function: Function) -> Function:
        """Return a method within which nothing is counted."""

        def method(*args: Any, **kwargs: Any) -> Any:
            thread = get_ident()
            if thread in self.threads:
                return function(*args, **kwargs)
            self.threads.add(thread)
            try:
                return function(*args, **kwargs)
            finally:
                self.threads.discard(thread)

        return method

    def unless(self, plain: Function, counting: Function) -> Function:
        """Return a method that counts but in those threads."""
        threads = self.threads

        def method(self: Any, key: Any) -> Any:
            return plain(self, key) if threads and get_ident() in threads else counting(self, key)

        return method


def _get(kind: Any, level: Level) -> Function:
    read, hit = kind.get, level.hit
    missed, found = level.missed, level.hit_again

    def get(self: Any, key: Any, default: Any = None) -> Any:
        value = read(self, key, ABSENT)
        if value is ABSENT:
            missed(key)
            return default
        hit()
        if level.is_source:
            found()
        return value

    return get


def _own_get(kind: Any, level: Level, quiet: _Quiet) -> Function:
    """Count a `get` of the class's own, of whatever arguments: what comes back as the default was not there."""
    read = quiet.around(kind.get)

    def get(self: Any, *args: Any, **kwargs: Any) -> Any:
        value = read(self, *args, **kwargs)
        if quiet.here():
            return value
        if value is (args[1] if len(args) > 1 else kwargs.get("default")):
            level.missed(args[0] if args else next(iter(kwargs.values()), None))
            return value
        level.hit()
        if level.is_source:
            level.hit_again()
        return value

    return get


def _popitem(kind: Any, level: Level, quiet: _Quiet) -> Function:
    """Count as evicted what a mapping is asked to let go, whichever that is: it makes room."""
    pop = quiet.around(kind.popitem)

    def popitem(self: Any, *args: Any, **kwargs: Any) -> Any:
        item = pop(self, *args, **kwargs)
        if not quiet.here():
            level.evicted(1, CAPACITY)
        return item

    return popitem


def _delitem(kind: Any, level: Level, quiet: _Quiet) -> Function:
    """Count as evicted what goes while another item is stored: it had to make room for it."""
    delete = kind.__delitem__

    def delitem(self: Any, key: Any) -> None:
        delete(self, key)
        if self._tachograph_storing and not quiet.here():
            level.evicted(1, CAPACITY)

    return delitem
