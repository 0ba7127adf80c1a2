"""Queries: what a panel asks of Prometheus or Tempo, and the expressions that many panels share."""

from grafana_foundation_sdk.models import prometheus, tempo
from grafana_foundation_sdk.models.common import DataSourceRef

METRICS = DataSourceRef(type_val="prometheus", uid="${datasource}")
TRACES = DataSourceRef(type_val="tempo", uid="${traces}")

SERVICE = 'service_name=~"$service",deployment_environment_name=~"$environment"'
HOST = 'instance=~"$instance"'
RATE = "$__rate_interval"


def over_time(expression: str, legend: str, *, exemplars: bool = False) -> prometheus.Dataquery:
    """Return a query over the board's range; `legend` is a template of the series' labels."""
    return prometheus.Dataquery(
        datasource=METRICS, expr=expression, legend_format=legend, range_val=True, exemplar=exemplars or None
    )


def now(expression: str, legend: str = "__auto") -> prometheus.Dataquery:
    """Return a query of the range's last moment."""
    return prometheus.Dataquery(
        datasource=METRICS, expr=expression, legend_format=legend, instant=True, range_val=False
    )


def rows(expression: str) -> prometheus.Dataquery:
    """Return a query of the range's last moment, one table row a series."""
    query = now(expression)
    query.format_val = prometheus.PromQueryFormat.TABLE
    return query


def buckets(histogram: str, selector: str) -> prometheus.Dataquery:
    """Return a histogram's buckets as a heatmap's rows."""
    expression = f"sum by (le) (increase({histogram}_bucket{{{selector}}}[{RATE}]))"
    query = over_time(expression, "{{le}}", exemplars=True)
    query.format_val = prometheus.PromQueryFormat.HEATMAP
    return query


def search(traceql: str, *, limit: int = 20) -> tempo.Dataquery:
    """Return a TraceQL search for the newest traces; without being told, Tempo (from 2.8) gives the first it finds."""
    return tempo.Dataquery(
        datasource=TRACES,
        query=f"{traceql} with (most_recent=true)",
        query_type="traceql",
        limit=limit,
        table_type=tempo.SearchTableType.TRACES,
        ref_id="",
    )


def service_graph(selector: str) -> tempo.Dataquery:
    """Return who calls whom, from the metrics that Tempo makes of spans."""
    return tempo.Dataquery(datasource=TRACES, query_type="serviceMap", service_map_query=selector, limit=20, ref_id="")


def per_second(counter: str, selector: str, *, by: str = "") -> str:
    """Return a counter's rate, summed over everything but the labels of `by`."""
    return f"sum{_by(by)}(rate({counter}{{{selector}}}[{RATE}]))"


def quantile(level: float, histogram: str, selector: str, *, by: str = "") -> str:
    """Return a quantile of a histogram over the rate interval; nothing, rather than NaN, where nothing was measured."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({level}, sum by ({labels}) (rate({histogram}_bucket{{{selector}}}[{RATE}]))) >= 0"


def share(counter: str, *, where: str, of: str = "", by: str = "", window: str = RATE) -> str:
    """Return which share of a counter's increments carry the labels of `where`; 0 where none does."""
    total = f"sum{_by(by)}(rate({counter}{{{of}}}[{window}]))"
    selected = ",".join(filter(None, (where, of)))
    return f"(sum{_by(by)}(rate({counter}{{{selected}}}[{window}])) or {total} * 0) / ({total} > 0)"


def top(expression: str, *, number: int = 15) -> str:
    """Return the highest series alone: more lines than these nobody can tell apart."""
    return f"topk({number}, {expression})"


def _by(labels: str) -> str:
    return f" by ({labels}) " if labels else ""
