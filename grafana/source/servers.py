"""Prometheus and Alertmanager themselves: without them nobody hears of anything."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures
from .panels import series
from .queries import RATE, over_time

NOT_SCRAPED = "Prometheus does not scrape itself: see prometheus.yml"


def panels() -> list[Panel]:
    """Return targets, rules and notifications."""
    return [
        series(
            31,
            "Targets that do not answer",
            "How many targets of each job did not answer their last scrape.",
            [over_time("count by (job) (up == 0) or count by (job) (up) * 0", "{{job}}")],
            unit="none",
            figure=figures.NONE_WANTED,
            least_top=1,
            empty=NOT_SCRAPED,
            width=8,
        ),
        series(
            32,
            "Rules: failures and lateness",
            "Evaluations that failed in each second, and how much of its interval the slowest group of rules takes.",
            [
                over_time(f"sum(rate(prometheus_rule_evaluation_failures_total[{RATE}]))", "failures per second"),
                over_time(
                    "max(prometheus_rule_group_last_duration_seconds / prometheus_rule_group_interval_seconds)",
                    "slowest group, of its interval",
                ),
            ],
            unit="none",
            empty=NOT_SCRAPED,
            width=8,
        ),
        series(
            33,
            "Notifications that failed",
            "Alerts that Prometheus could not hand over, and messages that Alertmanager could not deliver.",
            [
                over_time(f"sum(rate(prometheus_notifications_errors_total[{RATE}]))", "to Alertmanager"),
                over_time(
                    f"sum by (integration) (rate(alertmanager_notifications_failed_total[{RATE}]))",
                    "by {{integration}}",
                ),
            ],
            unit="ops",
            least_top=1,
            empty="Prometheus scrapes no Alertmanager and sends nothing to one",
            width=8,
        ),
    ]
