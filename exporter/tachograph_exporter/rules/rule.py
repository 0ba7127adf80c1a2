"""What a rule file consists of."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """A recording rule: a series computed under a name of the form level:metric:operations."""

    name: str
    expression: str


@dataclass(frozen=True, slots=True)
class Alert:
    """An alerting rule; durations are Prometheus' (`10m`)."""

    name: str
    expression: str
    hold: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    keep_firing: str = ""


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One subject's rules, in one file and one group: an alert sees what was recorded a moment ago."""

    subject: str
    rules: tuple[Record | Alert, ...]
    interval: str = ""

    @property
    def name(self) -> str:
        """The file's name as prometheus.yml finds it."""
        return f"{self.subject}.rules.yml"
