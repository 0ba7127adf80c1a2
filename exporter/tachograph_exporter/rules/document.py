"""Rule files as YAML text."""

from ..yamltext import Value, dump
from .rule import Alert, Record, RuleFile

HEADER = "# Written by `tachograph rules export`. Change the [alerts] section of your configuration, not this file.\n"


def document(file: RuleFile) -> str:
    """Return a rule file as Prometheus reads it."""
    rules = [_record(rule) if isinstance(rule, Record) else _alert(rule) for rule in file.rules]
    interval: dict[str, Value] = {"interval": file.interval} if file.interval else {}
    return HEADER + dump({"groups": [{"name": f"tachograph-{file.subject}", **interval, "rules": rules}]})


def _record(rule: Record) -> dict[str, Value]:
    return {"record": rule.name, "expr": rule.expression}


def _alert(rule: Alert) -> dict[str, Value]:
    return {
        "alert": rule.name,
        "expr": rule.expression,
        "for": rule.hold,
        **({"keep_firing_for": rule.keep_firing} if rule.keep_firing else {}),
        "labels": dict(rule.labels),
        "annotations": dict(rule.annotations),
    }
