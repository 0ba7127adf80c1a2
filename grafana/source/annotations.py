"""What is drawn on every board beside its data: firing alerts, and the first minutes of a new version."""

from grafana_foundation_sdk.models import prometheus
from grafana_foundation_sdk.models.dashboard import AnnotationQuery

from .queries import METRICS


def _drawn(name: str, colour: str, expression: str, title: str, text: str) -> AnnotationQuery:
    return AnnotationQuery(
        name=name,
        datasource=METRICS,
        enable=True,
        hide=False,
        icon_color=colour,
        expr=expression,
        title_format=title,
        text_format=text,
        step="60s",
        target=prometheus.Dataquery(datasource=METRICS, expr=expression, ref_id="Anno", range_val=True),
    )


VERSION = 'target_info{service_version!=""}'
# Seen at any time in those minutes, not at one moment: where a scrape was missed nothing was deployed.
SEEN_BEFORE = f"last_over_time({VERSION}[5m] offset 5m)"
BY_VERSION = "count by (service_name, service_version)"

ANNOTATIONS = [
    _drawn(
        "Firing alerts",
        "red",
        # An alert is drawn when it begins: bands over hours of trouble would cover the lines that explain it.
        'max by (alertname, severity) (ALERTS{alertstate="firing",severity=~"warning|critical"})'
        ' unless max by (alertname, severity) (ALERTS{alertstate="firing"} offset 1m)',
        "{{severity}}: {{alertname}}",
        "It began to fire",
    ),
    _drawn(
        "Deployments",
        "blue",
        f"{BY_VERSION} ({VERSION}) unless {BY_VERSION} ({SEEN_BEFORE})",
        "{{service_name}} {{service_version}}",
        "A version that was not there five to ten minutes before",
    ),
]
