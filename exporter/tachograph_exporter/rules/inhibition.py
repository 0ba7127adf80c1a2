"""What keeps quiet while something worse about the same thing is known: for Alertmanager, and for the live page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Labels = Mapping[str, str]
# What tells one alert of a name from another: a critical alert inhibits the warning about the same thing only.
IDENTITY = (
    "alertname",
    "instance",
    "job",
    "service_name",
    "deployment_environment_name",
    "tachograph_operation_name",
    "gen_ai_provider_name",
    "gen_ai_request_model",
    "tachograph_gen_ai_quota_type",
    "db_system_name",
    "db_operation_name",
    "db_collection_name",
    "db_query_summary",
    "tachograph_db_statement_fingerprint",
    "db_client_connection_pool_name",
    "server_address",
    "server_port",
    "cache_name",
    "cache_level",
    "device",
    "fstype",
    "mountpoint",
    "collector",
    "reason",
    "group",
    "cgroup",
    "target",
    "integration",
    "alertmanager",
    "rule_group",
)


@dataclass(frozen=True, slots=True)
class Matcher:
    """A label, and the values that it may have, or where `unlike` may not."""

    label: str
    values: tuple[str, ...]
    unlike: bool = False

    def __str__(self) -> str:
        """Return it as Alertmanager reads it."""
        single, several = ("!=", "!~") if self.unlike else ("=", "=~")
        return f'{self.label}{single if len(self.values) == 1 else several}"{"|".join(self.values)}"'

    def matches(self, labels: Labels) -> bool:
        """Tell whether an alert's label is as it should be."""
        return (labels.get(self.label, "") in self.values) != self.unlike


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While a `source` fires, a `target` is not told where the labels in `equal` are; one that both lack is equal."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]

    def likeness(self, labels: Labels) -> tuple[str, ...]:
        """Return what must be the same of source and target."""
        return tuple(labels.get(name, "") for name in self.equal)


def _severity(*values: str) -> Matcher:
    return Matcher("severity", values)


def _alert(*names: str) -> Matcher:
    return Matcher("alertname", names)


INHIBITIONS = (
    Inhibition((_severity("critical"),), (_severity("warning"),), IDENTITY),
    Inhibition((_alert("HostCpuHigh"),), (_alert("HostCpuPeak"),), ("instance",)),
    Inhibition(
        (_alert("LlmProviderDown"),),
        (_alert("LlmErrorsHigh", "LlmSlow", "LlmRateLimitNear"),),
        ("service_name", "deployment_environment_name", "gen_ai_provider_name"),
    ),
    Inhibition(
        (_severity("warning", "critical"),),
        # The Watchdog has no labels, as a user's own alert may have none: it must never be silent.
        (_severity("info"), Matcher("alertname", ("Watchdog",), unlike=True)),
        ("service_name", "instance"),
    ),
)


class Silence:
    """Tells which alerts are kept quiet by those that fire."""

    def __init__(self, firing: Sequence[Labels]) -> None:
        self._sources = [
            {rule.likeness(labels) for labels in firing if _match(rule.source, labels)} for rule in INHIBITIONS
        ]

    def covers(self, labels: Labels) -> bool:
        """Tell whether an alert is kept quiet."""
        return any(
            sources and _match(rule.target, labels) and rule.likeness(labels) in sources
            for rule, sources in zip(INHIBITIONS, self._sources, strict=True)
        )


def _match(matchers: tuple[Matcher, ...], labels: Labels) -> bool:
    return all(one.matches(labels) for one in matchers)
