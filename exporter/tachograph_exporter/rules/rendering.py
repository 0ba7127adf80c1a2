"""Checks and settings made into rules."""

import re
from collections.abc import Iterable, Iterator
from string import Template

from .check import SEVERITIES, Check, Limit, Panel, Severity, Subject
from .rule import Alert, Record, RuleFile
from .settings import Settings


def render(subject: Subject, settings: Settings) -> RuleFile:
    """Return a subject's rules: its recorded series, then the alerts upon them."""
    records = tuple(Record(name, _fill(expression, settings)) for name, expression in subject.records)
    alerts = tuple(alert for check in subject.checks for alert in alerts_of(check, settings))
    return RuleFile(subject.name, (*records, *alerts))


def alerts_of(check: Check, settings: Settings) -> Iterator[Alert]:
    """Yield a check's alerts: with the settings' limits, then with those of each service that has its own."""
    if check.name in settings.disabled:
        return
    own = {name: checks[check.name] for name, checks in settings.services.items() if check.name in checks}
    yield from _alerts(settings.checks.get(check.name, check), settings, _others(own))
    for service, adjusted in own.items():
        yield from _alerts(adjusted, settings, f'service_name="{service}"')


def _others(services: Iterable[str]) -> str:
    names = "|".join(re.escape(name).replace("\\", "\\\\") for name in services)
    return f'service_name!~"{names}"' if names else ""


def _alerts(check: Check, settings: Settings, services: str) -> Iterator[Alert]:
    for severity in SEVERITIES:
        limit = check.limit(severity)
        if limit is not None:
            yield _alert(check, settings, severity, limit, services)


def _alert(check: Check, settings: Settings, severity: Severity, limit: Limit, services: str) -> Alert:
    value, guard = (_fill(text, settings, services) for text in (check.value, check.guard))
    texts = {"summary": check.summary, "description": check.description}
    return Alert(
        name=check.name,
        expression=f"{value} {check.comparison} {limit.value:.10g}" + (f"\n{guard}" if guard else ""),
        hold=limit.hold,
        keep_firing=check.keep_firing,
        labels={"severity": severity},
        annotations={
            **{name: annotation(text, check, limit) for name, text in texts.items()},
            "runbook_url": f"{settings.runbooks_url}/{check.name}",
            "dashboard_url": panel_url(check.panel, settings),
        },
    )


def annotation(text: str, check: Check, limit: Limit) -> str:
    """Return a text with Prometheus' templates in place of its <names>."""
    own = {"value": check.unit.template, "limit": check.unit.text(limit.value)}
    return re.sub(r"<(\w+)>", lambda found: own.get(found[1], f"{{{{ $labels.{found[1]} }}}}"), text)


def panel_url(panel: Panel, settings: Settings) -> str:
    """Return the address of a panel, its variables set from the labels that the alert has."""
    variables = "".join(
        f"{{{{ with $labels.{label} }}}}&var-{name}={{{{ . | urlquery }}}}{{{{ end }}}}"
        for name, label in panel.variables
    )
    return f"{settings.grafana_url}/d/{panel.dashboard}?viewPanel=panel-{panel.id}{variables}"


def _fill(expression: str, settings: Settings, services: str = "") -> str:
    """Return an expression with the settings' matchers in place of their names; empty ones leave nothing behind."""
    matchers = {"hosts": settings.hosts, "application": settings.application, "services": services}
    for name in (name for name, value in matchers.items() if not value):
        expression = re.sub(rf",?\${name}(?=\}})|\${name},?", "", expression)
    return Template(expression.replace("{}", "")).substitute(matchers)
