"""Rules about Prometheus and Alertmanager themselves, and the Watchdog that shows that alerts still flow."""

from . import panels
from .check import Check, Limit, Subject
from .unit import RATIO

PROMETHEUS_CHECKS = (
    Check(
        name="Watchdog",
        value="vector(1)",
        info=Limit(0, "0s"),
        summary="Alerts flow",
        description="This alert always fires; a dead man's switch that hears it no longer says that alerting broke.",
        panel=panels.EXPORTERS,
    ),
    Check(
        name="TargetDown",
        value="1 - up",
        critical=Limit(0, "3m"),
        summary="<instance> (<job>) cannot be scraped",
        description="Prometheus has had no answer from <instance> of job <job> for 3 minutes.",
        panel=panels.TARGETS,
    ),
    Check(
        name="PrometheusConfigurationRefused",
        value="1 - prometheus_config_last_reload_successful",
        critical=Limit(0, "10m"),
        summary="Prometheus at <instance> runs an old configuration",
        description="Prometheus at <instance> could not read its configuration and goes on with the one before.",
        panel=panels.TARGETS,
    ),
    Check(
        name="PrometheusRulesFail",
        value="increase(prometheus_rule_evaluation_failures_total[5m])",
        critical=Limit(0, "5m"),
        summary="Prometheus at <instance> cannot evaluate rules",
        description="<value> evaluations of <rule_group> failed over the last 5 minutes: its alerts cannot fire.",
        panel=panels.RULES,
    ),
    Check(
        name="PrometheusRulesLate",
        value="prometheus_rule_group_last_duration_seconds\n/ prometheus_rule_group_interval_seconds",
        unit=RATIO,
        warning=Limit(0.9, "10m"),
        summary="Prometheus at <instance> evaluates rules too slowly",
        description="<rule_group> took <value> of its interval; the limit is <limit>.",
        panel=panels.RULES,
    ),
    Check(
        name="PrometheusNotificationsFail",
        value="rate(prometheus_notifications_errors_total[5m])\n/ (rate(prometheus_notifications_sent_total[5m]) > 0)",
        unit=RATIO,
        warning=Limit(0.01, "10m"),
        critical=Limit(0.5, "10m"),
        summary="Prometheus at <instance> cannot hand over alerts",
        description="<value> of the alerts for <alertmanager> were not taken over the last 5 minutes;"
        " the limit is <limit>.",
        panel=panels.NOTIFICATIONS,
    ),
    Check(
        name="PrometheusWithoutAlertmanager",
        value="prometheus_notifications_alertmanagers_discovered",
        comparison="<",
        critical=Limit(1, "10m"),
        summary="Prometheus at <instance> knows no Alertmanager",
        description="Prometheus at <instance> has no Alertmanager to send alerts to.",
        panel=panels.NOTIFICATIONS,
    ),
    Check(
        name="PrometheusStorageFails",
        value="increase(prometheus_tsdb_compactions_failed_total[3h])"
        "\n+ increase(prometheus_tsdb_reloads_failures_total[3h])"
        "\n+ increase(prometheus_tsdb_wal_corruptions_total[3h])",
        warning=Limit(0, "10m"),
        summary="Prometheus at <instance> has trouble with its storage",
        description="<value> compactions, reloads or log records failed over the last 3 hours.",
        panel=panels.TARGETS,
    ),
    Check(
        name="PrometheusSamplesRefused",
        value="increase(prometheus_target_scrapes_sample_duplicate_timestamp_total[5m])"
        "\n+ increase(prometheus_target_scrapes_sample_out_of_order_total[5m])",
        warning=Limit(0, "10m"),
        summary="Prometheus at <instance> drops samples",
        description="Prometheus at <instance> dropped <value> samples with a wrong time over the last 5 minutes.",
        panel=panels.TARGETS,
    ),
)

ALERTMANAGER_CHECKS = (
    Check(
        name="AlertmanagerConfigurationRefused",
        value="1 - alertmanager_config_last_reload_successful",
        critical=Limit(0, "10m"),
        summary="Alertmanager at <instance> runs an old configuration",
        description="Alertmanager at <instance> could not read its configuration and goes on with the one before.",
        panel=panels.TARGETS,
    ),
    Check(
        name="AlertmanagerNotificationsFail",
        value="sum by (instance, job, integration) (rate(alertmanager_notifications_failed_total[5m]))"
        "\n/ (sum by (instance, job, integration) (rate(alertmanager_notifications_total[5m])) > 0)",
        unit=RATIO,
        warning=Limit(0.01, "5m"),
        critical=Limit(0.5, "5m"),
        summary="Messages by <integration> do not arrive",
        description="<value> of the messages by <integration> failed over the last 5 minutes; the limit is <limit>.",
        panel=panels.NOTIFICATIONS,
    ),
)

PROMETHEUS = Subject("prometheus", (), PROMETHEUS_CHECKS)
ALERTMANAGER = Subject("alertmanager", (), ALERTMANAGER_CHECKS)
