"""Rule files as YAML text."""

import json
from collections.abc import Iterator, Mapping

from .rule import Alert, Record, RuleFile

HEADER = "# Written by `tachograph rules export`. Change the [alerts] section of your configuration, not this file.\n"


def document(file: RuleFile) -> str:
    """Return a rule file as Prometheus reads it (JSON's strings are YAML's double-quoted ones)."""
    lines = (line for rule in file.rules for line in (_record(rule) if isinstance(rule, Record) else _alert(rule)))
    return HEADER + "\n".join(["groups:", f"  - name: tachograph-{file.subject}", "    rules:", *lines]) + "\n"


def _record(rule: Record) -> Iterator[str]:
    yield f"      - record: {rule.name}"
    yield from _expression(rule.expression)


def _alert(rule: Alert) -> Iterator[str]:
    yield f"      - alert: {rule.name}"
    yield from _expression(rule.expression)
    yield f"        for: {rule.hold}"
    if rule.keep_firing:
        yield f"        keep_firing_for: {rule.keep_firing}"
    yield from _mapping("labels", rule.labels)
    yield from _mapping("annotations", rule.annotations)


def _expression(text: str) -> Iterator[str]:
    yield "        expr: |-"
    for line in text.strip().splitlines():
        yield f"          {line}"


def _mapping(name: str, values: Mapping[str, str]) -> Iterator[str]:
    yield f"        {name}:"
    for key, value in values.items():
        yield f"          {key}: {json.dumps(value, ensure_ascii=False)}"
