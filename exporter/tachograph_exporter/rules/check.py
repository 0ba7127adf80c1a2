"""A check: the value an alert watches, its limits, and what it says when they are passed."""

from dataclasses import dataclass
from typing import Literal

from .unit import COUNT, Unit

Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Limit:
    """Where an alert begins, and how long the value must stay beyond it."""

    value: float
    hold: str


@dataclass(frozen=True, slots=True)
class Panel:
    """The Grafana panel that shows the value; `variables` are pairs of dashboard variable and alert label."""

    dashboard: str
    id: int
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One alert name, in one severity or more; what only informs is shown and never sent.

    In `value` and `guard`, `$hosts`, `$services` and `$application` stand for the settings' label matchers. In
    `summary` and `description`, <value> and <limit> stand for themselves with their unit, and any other <name>
    for the label of that name. `action` names what a webhook should do about it, if anything.
    """

    name: str
    value: str
    summary: str
    description: str
    panel: Panel
    info: Limit | None = None
    warning: Limit | None = None
    critical: Limit | None = None
    unit: Unit = COUNT
    comparison: Literal[">", "<"] = ">"
    guard: str = ""
    keep_firing: str = ""
    action: str = ""

    @property
    def of_services(self) -> bool:
        """Whether services may have limits of their own."""
        return "$services" in self.value

    def limit(self, severity: Severity) -> Limit | None:
        """Return the limit of a severity, if the check has that severity."""
        return {"info": self.info, "warning": self.warning, "critical": self.critical}[severity]


@dataclass(frozen=True, slots=True)
class Subject:
    """What one rule file is made of: recorded series, then the checks upon them."""

    name: str
    records: tuple[tuple[str, str], ...]
    checks: tuple[Check, ...]
