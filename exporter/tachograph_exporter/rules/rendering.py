"""Checks and settings made into rules."""

import re
from collections.abc import Iterable, Iterator

from .check import SEVERITIES, Check, Limit, Panel, Severity, Subject
from .promql import text
from .rule import Alert, Record, RuleFile
from .settings import Settings


def render(subject: Subject, settings: Settings) -> RuleFile:
    """Return a subject's rules: its recorded series, then the alerts upon them."""
    records = tuple(Record(name, fill(expression, settings)) for name, expression in subject.records)
    alerts = tuple(alert for check in subject.checks for alert in alerts_of(check, settings))
    return RuleFile(subject.name, (*records, *alerts))


def alerts_of(check: Check, settings: Settings) -> Iterator[Alert]:
    """Yield a check's alerts: with the settings' limits, then with those of each service that has its own."""
    if check.name in settings.disabled:
        return
    own = {name: checks[check.name] for name, checks in settings.services.items() if check.name in checks}
    yield from _alerts(settings.checks.get(check.name, check), settings, others(own))
    for service, adjusted in own.items():
        yield from _alerts(adjusted, settings, f"service_name={text(service)}")


def others(services: Iterable[str]) -> str:
    """Return the matcher of all services but some."""
    names = "|".join(re.escape(name).replace("\\ ", " ") for name in services)
    return f"service_name!~{text(names)}" if names else ""


def _alerts(check: Check, settings: Settings, services: str) -> Iterator[Alert]:
    for severity in SEVERITIES:
        limit = check.limit(severity)
        if limit is not None:
            yield _alert(check, settings, severity, limit, services)


def _alert(check: Check, settings: Settings, severity: Severity, limit: Limit, services: str) -> Alert:
    value, guard = (fill(text, settings, services) for text in (check.value, check.guard))
    return Alert(
        name=check.name,
        expression=f"{value} {check.comparison} {limit.value:.10g}" + (f"\n{guard}" if guard else ""),
        hold=limit.hold,
        keep_firing=check.keep_firing,
        labels={"severity": severity},
        annotations=annotations(check, settings, check.unit.text(limit.value)),
    )


def annotations(check: Check, settings: Settings, limit: str) -> dict[str, str]:
    """Return what an alert says and links to; its texts' <names> become Prometheus' templates."""
    own = {"value": check.unit.template, "limit": limit, "seconds": "<seconds>"}
    texts = {"summary": check.summary, "description": check.description}
    return {
        **{
            name: re.sub(r"<(\w+)>", lambda found: own.get(found[1], f"{{{{ $labels.{found[1]} }}}}"), text)
            for name, text in texts.items()
        },
        "runbook_url": f"{settings.runbooks_url}/{check.name}",
        "dashboard_url": panel_url(check.panel, settings),
        **({"action": check.action} if check.action else {}),
    }


def panel_url(panel: Panel, settings: Settings) -> str:
    """Return the address of a panel, its variables set from the labels that the alert has."""
    variables = "".join(
        f"{{{{ with $labels.{label} }}}}&var-{name}={{{{ . | urlquery }}}}{{{{ end }}}}"
        for name, label in panel.variables
    )
    return f"{settings.grafana_url}/d/{panel.dashboard}?viewPanel=panel-{panel.id}{variables}"


def fill(expression: str, settings: Settings, services: str = "") -> str:
    """Return an expression with the settings' matchers in place of their names; empty ones leave nothing behind."""
    matchers = {"hosts": settings.hosts, "application": settings.application, "services": services}
    for name, value in matchers.items():
        if not value:
            expression = re.sub(rf",?\${name}(?=\}})|\${name},?", "", expression)
    expression = expression.replace("{}", "")
    for name, value in matchers.items():
        expression = expression.replace(f"${name}", value)
    return expression
