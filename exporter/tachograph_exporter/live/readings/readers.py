"""Every alerting rule: how its value is read here, or why it cannot be."""

from . import counters, gauges, rows
from .reading import Reader

READERS: dict[str, Reader] = {**gauges.READERS, **counters.READERS, **rows.READERS}

_LONG = "it looks back for longer than the quarter of an hour that is remembered here"
_PROMETHEUS = "it is about Prometheus, Alertmanager, or what only they see"
UNREAD: dict[str, str] = {
    **dict.fromkeys(
        (
            *("HostFilesystemFillsUp", "OperationSuccessLow", "LlmBudgetSpent", "LlmCostHigh", "CacheHitRateFalls"),
            *("ExporterRestarts", "OperationErrorBudgetBurns", "OperationLatencyBudgetBurns"),
        ),
        _LONG,
    ),
    **dict.fromkeys(
        (
            *("HostClockSkewed", "ExporterScrapeSlow", "Watchdog", "TargetDown"),
            *("PrometheusConfigurationRefused", "PrometheusRulesFail", "PrometheusRulesLate"),
            *("PrometheusNotificationsFail", "PrometheusWithoutAlertmanager", "PrometheusStorageFails"),
            *("PrometheusSamplesRefused", "AlertmanagerConfigurationRefused", "AlertmanagerNotificationsFail"),
        ),
        _PROMETHEUS,
    ),
}  # fmt: skip
