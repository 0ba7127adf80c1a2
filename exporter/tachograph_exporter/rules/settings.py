"""The user's thresholds, selectors, objectives and links: the [alerts] section of the configuration, checked."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .check import SEVERITIES, Check, Limit, Severity
from .objective import Objective

DURATION = re.compile(r"([0-9]+(ms|[smhdwy]))+")
MATCHERS = re.compile(r'([a-zA-Z_]\w*(=~|!~|!=|=)"(\\.|[^"\\])*"(,\s*)?)*')
TEXTS = ("grafana_url", "runbooks_url", "hosts", "application")
SECTIONS = ("limits", "services", "objectives")
Table = Mapping[str, Any]


class SettingsError(ValueError):
    """A value of the [alerts] section cannot be used; the message begins with its key."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the rules are rendered with. The defaults are what the files in prometheus/rules hold."""

    grafana_url: str = "http://127.0.0.1:3000"
    runbooks_url: str = "http://127.0.0.1:9100/runbooks"
    hosts: str = 'job="node"'
    application: str = ""
    checks: Mapping[str, Check] = field(default_factory=dict)
    services: Mapping[str, Mapping[str, Check]] = field(default_factory=dict)
    disabled: frozenset[str] = frozenset()
    objectives: tuple[Objective, ...] = (Objective(),)


def parse(table: Table, checks: Iterable[Check]) -> Settings:
    """Return the settings of an [alerts] table; raise SettingsError for the first key that is wrong."""
    known = {check.name: check for check in checks}
    _refuse_unknown(table, (*TEXTS, *SECTIONS), "alerts")
    limits = _table(table, "limits", "alerts")
    adjusted = _adjusted(limits, known, "alerts.limits")
    return Settings(
        **{name: _text(table, name) for name in TEXTS if name in table},
        checks=adjusted,
        disabled=frozenset(name for name, values in limits.items() if values.get("enabled") is False),
        services=_services(_table(table, "services", "alerts"), {**known, **adjusted}),
        objectives=_objectives(table.get("objectives", ())),
    )


def _services(table: Table, known: Mapping[str, Check]) -> Mapping[str, Mapping[str, Check]]:
    services = {}
    for service in table:
        key = f"alerts.services.{service}"
        services[service] = _adjusted(_table(table, service, "alerts.services"), known, key)
        for name in services[service]:
            if not known[name].of_services:
                raise SettingsError(f"{key}.{name}: this alert is not about services; set it in [alerts.limits]")
            if "enabled" in table[service][name]:
                raise SettingsError(f"{key}.{name}.enabled: switch it off in [alerts.limits], or give it a high limit")
    return services


def _adjusted(table: Table, known: Mapping[str, Check], key: str) -> Mapping[str, Check]:
    _refuse_unknown(table, known, key)
    return {name: _adjust(known[name], _table(table, name, key), f"{key}.{name}") for name in table}


def _adjust(check: Check, table: Table, key: str) -> Check:
    """Return the check with a user's limits."""
    severities = [severity for severity in SEVERITIES if check.limit(severity)]
    own = (*severities, *(f"{severity}_for" for severity in severities), "for", "action") if severities else ()
    _refuse_unknown(table, (*own, "enabled"), key)
    if not isinstance(table.get("enabled", True), bool):
        raise SettingsError(f"{key}.enabled: {table['enabled']!r} is not true or false")
    info, warning, critical = (_limit(check, severity, table, key) for severity in SEVERITIES)
    action = table.get("action", check.action)
    _refuse_type(action, str, f"{key}.action")
    adjusted = replace(check, info=info, warning=warning, critical=critical, action=action)
    _refuse_order(adjusted, key)
    return adjusted


def _limit(check: Check, severity: Severity, table: Table, key: str) -> Limit | None:
    limit = check.limit(severity)
    if limit is None:
        return None
    hold = _duration(table, "for", limit.hold, key)
    value = _number(table, severity, limit.value, check.unit.most, key)
    return Limit(value, _duration(table, f"{severity}_for", hold, key))


def _refuse_order(check: Check, key: str) -> None:
    if check.warning is None or check.critical is None:
        return
    worse = check.critical.value - check.warning.value
    if (worse < 0) if check.comparison == ">" else (worse > 0):
        raise SettingsError(f"{key}.critical: {check.critical.value:g} is milder than the warning's")


def _objectives(tables: Any) -> tuple[Objective, ...]:
    if not isinstance(tables, list | tuple) or not all(isinstance(table, Mapping) for table in tables):
        raise SettingsError("alerts.objectives: write each as [[alerts.objectives]]")
    found: dict[tuple[str, str], Objective] = {("", ""): Objective()}
    for number, table in enumerate(tables):
        key = f"alerts.objectives[{number}]"
        _refuse_unknown(table, Objective.__dataclass_fields__, key)
        for name, value in table.items():
            _refuse_type(value, str if name in ("service", "operation") else float, f"{key}.{name}")
        try:
            objective = Objective(**table)
        except (TypeError, ValueError) as error:
            raise SettingsError(f"{key}.{error}") from None
        found[objective.service, objective.operation] = objective
    return tuple(found.values())


def _refuse_unknown(table: Table, known: Iterable[str], key: str) -> None:
    for name in table:
        if name not in known:
            raise SettingsError(f"{key}.{name}: unknown; it is one of {', '.join(sorted(known))}")


def _table(table: Table, name: str, key: str) -> Table:
    value = table.get(name, {})
    if not isinstance(value, Mapping):
        raise SettingsError(f"{key}.{name}: {value!r} is not a table")
    return value


def _text(table: Table, name: str) -> str:
    value: str = table[name]
    _refuse_type(value, str, f"alerts.{name}")
    if name.endswith("_url") and not re.fullmatch(r"https?://[^\s\"]+", value):
        raise SettingsError(f"alerts.{name}: {value!r} is not an http(s) address")
    if not name.endswith("_url") and not MATCHERS.fullmatch(value):
        raise SettingsError(
            f"""alerts.{name}: {value!r} is not label matchers such as job="node",zone="eu" """.rstrip()
        )
    return value.rstrip("/, ")


def _number(table: Table, name: str, default: float, most: float, key: str) -> float:
    value = table.get(name, default)
    _refuse_type(value, float, f"{key}.{name}")
    if not 0 <= value <= most:
        raise SettingsError(f"{key}.{name}: {value:g} is not between 0 and {most:g}")
    return float(value)


def _refuse_type(value: Any, kind: type[str] | type[float], key: str) -> None:
    if kind is str and not isinstance(value, str):
        raise SettingsError(f"{key}: {value!r} is not a text")
    if kind is float and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise SettingsError(f"{key}: {value!r} is not a number")


def _duration(table: Table, name: str, default: str, key: str) -> str:
    value = table.get(name, default)
    if not isinstance(value, str) or not DURATION.fullmatch(value):
        raise SettingsError(f"{key}.{name}: {value!r} is not a duration such as 10m")
    return value
