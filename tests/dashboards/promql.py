"""PromQL taken apart: which metrics and labels an expression reads, and how it reads counters."""

from collections.abc import Iterator
from typing import Any

import promql_parser as promql

# What Prometheus writes about targets and alerts, and what it and Alertmanager tell of themselves.
OF_PROMETHEUS = {
    "up",
    "ALERTS",
    "scrape_duration_seconds",
    "prometheus_rule_evaluation_failures_total",
    "prometheus_rule_group_last_duration_seconds",
    "prometheus_rule_group_interval_seconds",
    "prometheus_notifications_errors_total",
    "alertmanager_notifications_failed_total",
}
RATES = {"rate", "irate", "increase", "resets", "changes"}


def nodes(expression: str) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Yield each node of an expression with the nodes that it stands in, the outermost first."""
    yield from _below(promql.parse(expression), ())


def _below(node: Any, above: tuple[Any, ...]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    yield node, above
    inner = (*above, node)
    for part in ("expr", "lhs", "rhs", "param"):
        child = getattr(node, part, None)
        if isinstance(child, promql.Expr):
            yield from _below(child, inner)
    if isinstance(node, promql.Call):
        for argument in node.args:
            yield from _below(argument, inner)
    if isinstance(node, promql.MatrixSelector):
        yield from _below(node.vector_selector, inner)


def selectors(expression: str) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Yield each vector selector with the nodes that it stands in."""
    return ((node, above) for node, above in nodes(expression) if isinstance(node, promql.VectorSelector))


def metrics(expression: str) -> set[str]:
    """Return the names of the metrics that an expression reads."""
    return {name for node, _ in selectors(expression) for name in names(node)}


def names(selector: Any) -> list[str]:
    """Return the metric names of a selector; a pattern of names gives its alternatives."""
    if selector.name:
        return [selector.name]
    return [name for each in selector.matchers.matchers if each.name == "__name__" for name in each.value.split("|")]


def labels(expression: str) -> Iterator[tuple[str, str]]:
    """Yield (metric, label) for each label that a selector names or an aggregation above it keeps."""
    for selector, above in selectors(expression):
        named = [each.name for each in selector.matchers.matchers if each.name != "__name__"]
        for node in reversed(above):
            named += _kept(node)
            if isinstance(node, promql.BinaryExpr):
                break  # what stands above it may mean the labels of the other side
        yield from ((name, label) for name in names(selector) for label in named)


def _kept(node: Any) -> list[str]:
    modifier = getattr(node, "modifier", None) if isinstance(node, promql.AggregateExpr) else None
    return list(modifier.labels) if modifier and modifier.type == promql.AggModifierType.By else []
