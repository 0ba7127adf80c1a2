"""A scenario in TOML: weighted requests to one host, read strictly."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .plan import METHODS, BadPlan, Request, Target, host_of

_TOP = ("url", "headers", "requests", "vary")
_KEYS = ("name", "path", "method", "headers", "body", "json", "weight")
_VARIABLE = re.compile(r"[a-z_][a-z0-9_]*")
_WEIGHT_MAX = 10_000


def read(file: Path) -> Target:
    """Return the target that a scenario describes; raise BadPlan with file, key and cure."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadPlan(f"{file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadPlan(f"{file}: is not TOML: {error}") from None
    try:
        return _target(table)
    except BadPlan as error:
        raise BadPlan(f"{file}: {error}") from None


def _target(table: Mapping[str, Any]) -> Target:
    _refuse_unknown(table, _TOP, "")
    requests = table.get("requests", [])
    if not isinstance(requests, list) or not requests or not all(isinstance(one, dict) for one in requests):
        raise BadPlan('requests: write each as [[requests]] with at least path = "/..."')
    headers = _texts(table.get("headers", {}), "headers")
    url = table.get("url", "")
    return Target(
        host=host_of(url).rstrip("/") if url else "",
        requests=tuple(_request(one, headers, f"requests[{number}]") for number, one in enumerate(requests)),
        variables=_variables(table.get("vary", {})),
    )


def _request(table: Mapping[str, Any], headers: Mapping[str, str], key: str) -> Request:
    _refuse_unknown(table, _KEYS, f"{key}.")
    path = table.get("path")
    if not isinstance(path, str) or not path.startswith("/"):
        raise BadPlan(f'{key}.path: {path!r} is not a path such as "/search?q=$word"')
    body = table.get("body", "")
    if not isinstance(body, str):
        raise BadPlan(f"{key}.body: {body!r} is not a text; for a table write json = {{...}}")
    method = table.get("method", "POST" if "json" in table or body else "GET")
    if method not in METHODS:
        raise BadPlan(f"{key}.method: {method!r} is none of {', '.join(METHODS)}")
    if "json" in table:
        if body:
            raise BadPlan(f"{key}.json: there is a body already; leave one away")
        headers, body = {"content-type": "application/json", **headers}, json.dumps(table["json"], default=str)
    own = _texts(table.get("headers", {}), f"{key}.headers")
    name = table.get("name", f"{method} {path.partition('?')[0]}")
    if not isinstance(name, str) or not name:
        raise BadPlan(f"{key}.name: {name!r} is not a text")
    return Request(name, path, method, {**headers, **own}, body, _weight(table.get("weight", 1), key))


def _weight(value: object, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _WEIGHT_MAX:
        raise BadPlan(f"{key}.weight: {value!r} is not a whole number from 1 to {_WEIGHT_MAX}")
    return value


def _variables(table: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(table, dict):
        raise BadPlan('vary: write it as [vary] with lines such as word = ["one", "two"]')
    found = {}
    for name, values in table.items():
        if not _VARIABLE.fullmatch(name):
            raise BadPlan(f"vary.{name}: a name is of a-z, 0-9 and _")
        if not isinstance(values, list) or not values or any(isinstance(one, dict | list) for one in values):
            raise BadPlan(f'vary.{name}: {values!r} is not a list of values such as ["one", "two"]')
        found[name] = tuple(str(one) for one in values)
    return found


def _texts(table: object, key: str) -> Mapping[str, str]:
    if not isinstance(table, dict):
        raise BadPlan(f'{key}: {table!r} is not a table such as {{ accept = "application/json" }}')
    for name, value in table.items():
        if not isinstance(value, str):
            raise BadPlan(f"{key}.{name}: {value!r} is not a text")
    return table


def _refuse_unknown(table: Mapping[str, Any], known: Iterable[str], key: str) -> None:
    for name in table:
        if name not in known:
            raise BadPlan(f"{key}{name}: unknown; it is one of {', '.join(sorted(known))}")
