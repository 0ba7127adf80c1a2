"""Links: from every board to the others, and from what a panel shows to the board that explains it."""

from grafana_foundation_sdk.models.dashboard import DashboardLink, DashboardLinkType

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


def to_board(title: str, uid: str, **variables: str) -> DashboardLink:
    """Return a link to a board over the same time; `variables` are values, or `${__field.labels.x}` of the row."""
    carried = "".join(f"&var-{name}={value}" for name, value in variables.items())
    return DashboardLink(
        title=title,
        type_val=DashboardLinkType.LINK,
        url=f"/d/{uid}?${{__url_time_range}}&${{datasource:queryparam}}{carried}",
    )
