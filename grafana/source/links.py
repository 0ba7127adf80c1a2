"""Links: from every board to the others, and from what a panel shows to the board that explains it."""

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.models.dashboard import DashboardLink, DashboardLinkType

Link = DashboardLink

NAVIGATION = [
    DashboardLink(
        title="Tachograph's boards",
        type_val=DashboardLinkType.DASHBOARDS,
        icon="external link",
        tooltip="The other boards, over the same time and for the same choices",
        url="",
        tags=["tachograph"],
        as_dropdown=True,
        include_vars=True,
        keep_time=True,
    )
]

OVERVIEW = "tachograph-overview"
HOST = "tachograph-host"
PROCESSES = "tachograph-processes"
OPERATIONS = "tachograph-operations"
LLM = "tachograph-llm"
DATABASE = "tachograph-database"
CACHE = "tachograph-cache"
EXPORTER = "tachograph-exporter"


def to_board(title: str, uid: str, **chosen: str) -> Link:
    """Return a link from one board on services to another, over the same time and for the same services.

    `chosen` are the values of variables: text, or `of("label")` for the value of the series that was clicked.
    """
    return _link(title, uid, ("datasource", "service", "environment"), chosen)


def to_hosts(title: str, uid: str, **chosen: str) -> Link:
    """Return a link to a board on hosts, over the same time and for the same hosts."""
    return _link(title, uid, ("datasource", "instance"), chosen)


def of(label: str) -> str:
    """Return what stands for the label of a series that is clicked."""
    return f"${{__field.labels.{label}}}"


def cell(column: str) -> str:
    """Return what stands for another column of a table's row that is clicked."""
    return f'${{__data.fields["{column}"]}}'


def _link(title: str, uid: str, shared: Sequence[str], chosen: Mapping[str, str]) -> Link:
    kept = [f"&${{{name}:queryparam}}" for name in shared if name not in chosen]
    carried = "".join([*kept, *(f"&var-{name}={value}" for name, value in chosen.items())])
    return Link(title=title, type_val=DashboardLinkType.LINK, url=f"/d/{uid}?${{__url_time_range}}{carried}")
