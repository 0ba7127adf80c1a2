"""The variables at the top of the boards; `All` of each also finds series that lack the label."""

from grafana_foundation_sdk.models.dashboard import (
    VariableHide,
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
    VariableType,
)

from .names import CACHE, DATABASE, LLM, OPERATION
from .queries import METRICS

# Whatever a service does, it counts one of these.
CALLS = "|".join((*(f"{histogram}_count" for histogram in (OPERATION, DATABASE, LLM)), CACHE))


def source(name: str, label: str, kind: str, uid: str) -> VariableModel:
    """Return the choice of a data source; the provisioned one is chosen at first."""
    return VariableModel(
        type_val=VariableType.DATASOURCE,
        name=name,
        label=label,
        query=kind,
        current=VariableOption(text=label, value=uid, selected=True),
        hide=VariableHide.DONT_HIDE,
        refresh=VariableRefresh.ON_DASHBOARD_LOAD,
        allow_custom_value=False,
    )


def label_values(name: str, label: str, metric: str, of: str) -> VariableModel:
    """Return a choice of a label's values, as they stand in the board's range."""
    query = f"label_values({metric}, {of})"
    return VariableModel(
        type_val=VariableType.QUERY,
        name=name,
        label=label,
        datasource=METRICS,
        query={"qryType": 1, "query": query, "refId": f"variable-{name}"},
        definition=query,
        multi=True,
        include_all=True,
        all_value=".*",
        current=VariableOption(text=["All"], value=["$__all"], selected=True),
        refresh=VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=VariableSort.ALPHABETICAL_ASC,
        hide=VariableHide.DONT_HIDE,
    )


def datasource() -> VariableModel:
    """Return the choice of the Prometheus server."""
    return source("datasource", "Prometheus", "prometheus", "prometheus")


def traces() -> VariableModel:
    """Return the choice of the Tempo server."""
    return source("traces", "Tempo", "tempo", "tempo")


def instance() -> VariableModel:
    """Return the choice of hosts."""
    return label_values("instance", "Host", "node_exporter_build_info", "instance")


def service() -> VariableModel:
    """Return the choice of services."""
    return label_values("service", "Service", f'{{__name__=~"{CALLS}"}}', "service_name")


def environment() -> VariableModel:
    """Return the choice of deployment environments."""
    return label_values("environment", "Environment", f'{{__name__=~"{CALLS}"}}', "deployment_environment_name")
