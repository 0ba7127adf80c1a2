"""What is drawn on every board beside its data: firing alerts."""

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


ANNOTATIONS = [
    _drawn(
        "Firing alerts",
        "red",
        "max by (alertname, severity, service_name, instance)"
        ' (ALERTS{alertstate="firing",severity=~"warning|critical"})',
        "{{severity}}: {{alertname}}",
        "{{service_name}} {{instance}}",
    ),
]
