"""Which commands of Redis look something up in a cache or store it there, and how to read both ends of them."""

from collections.abc import Callable, Sequence
from typing import Any

from ..caches.level import Level
from ..harmless import harmless

Reader = Callable[[Level, Sequence[Any], Any], None]


def _one(level: Level, command: Sequence[Any], result: Any) -> None:
    """Read GET key."""
    if result is None:
        level.missed(command[1])
        return
    level.hit()
    if level.is_source:
        level.hit_again()


def _field(level: Level, command: Sequence[Any], result: Any) -> None:
    """Read HGET key field."""
    _count(level, (command[1], command[2]), hit=result is not None)


def _many(level: Level, command: Sequence[Any], result: Any) -> None:
    """Read MGET key key ..."""
    for key, value in zip(command[1:], result, strict=False):
        _count(level, key, hit=value is not None)


def _fields(level: Level, command: Sequence[Any], result: Any) -> None:
    """Read HMGET key field field ..."""
    for field, value in zip(command[2:], result, strict=False):
        _count(level, (command[1], field), hit=value is not None)


def _existing(level: Level, command: Sequence[Any], result: Any) -> None:
    """Read EXISTS key key ..., which tells how many there are and not which."""
    keys = command[1:]
    for place, key in enumerate(keys):
        if place < int(result):
            _count(level, key, hit=True)
        else:
            level.missed_only()


def _existing_field(level: Level, command: Sequence[Any], result: Any) -> None:
    """Read HEXISTS key field."""
    _count(level, (command[1], command[2]), hit=bool(result))


def _stored(level: Level, command: Sequence[Any], _result: Any) -> None:
    """Read SET key value."""
    level.stored(command[1])


def _stored_many(level: Level, command: Sequence[Any], _result: Any) -> None:
    """Read MSET key value key value ..."""
    for key in command[1::2]:
        level.stored(key)


def _stored_fields(level: Level, command: Sequence[Any], _result: Any) -> None:
    """Read HSET key field value field value ..."""
    for field in command[2::2]:
        level.stored((command[1], field))


def _count(level: Level, key: Any, *, hit: bool) -> None:
    if not hit:
        level.missed(key)
        return
    level.hit()
    if level.is_source:
        level.hit_again()


_BY_NAME: dict[str, Reader] = {
    "GET": _one,
    "GETEX": _one,
    "GETDEL": _one,
    "HGET": _field,
    "MGET": _many,
    "HMGET": _fields,
    "EXISTS": _existing,
    "HEXISTS": _existing_field,
}
_STORING: dict[str, Reader] = {
    "SET": _stored,
    "SETEX": _stored,
    "PSETEX": _stored,
    "SETNX": _stored,
    "MSET": _stored_many,
    "HSET": _stored_fields,
    "HMSET": _stored_fields,
}


def forms(*commands: str) -> tuple[Any, ...]:
    """Return the forms in which applications write commands."""
    words = (*commands, *map(str.lower, commands))
    return (*words, *map(str.encode, words))


GETS = frozenset(forms("GET"))
LOOKUPS: dict[Any, Reader] = {form: reader for name, reader in _BY_NAME.items() for form in forms(name)}
STORES: dict[Any, Reader] = {form: reader for name, reader in _STORING.items() for form in forms(name)}


@harmless
def counted(level: Level, command: Sequence[Any], result: Any) -> None:
    """Count what a command that has run tells of the cache."""
    name = command[0]
    reader = LOOKUPS.get(name)
    if reader is None and level.pending:
        reader = STORES.get(name)
    if reader is not None and not isinstance(result, Exception):
        reader(level, command, result)
