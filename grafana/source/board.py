"""A board: its rows of panels laid out on Grafana's grid, what all boards share, and its JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    AnnotationContainer,
    Dashboard,
    DashboardCursorSync,
    DashboardDashboardTemplating,
    DashboardDashboardTime,
    GridPos,
    Panel,
    RowPanel,
    TimePickerConfig,
    VariableModel,
)

from .annotations import ANNOTATIONS
from .links import NAVIGATION

GRID_WIDTH = 24


@dataclass(frozen=True)
class Row:
    """Panels under a heading; a collapsed row asks nothing of Prometheus until it is opened."""

    number: int
    title: str
    panels: Sequence[Panel]
    collapsed: bool = False


@dataclass(frozen=True)
class Board:
    """One dashboard. Its uid and the numbers of its rows and panels are addresses: alerts and links use them."""

    uid: str
    title: str
    description: str
    variables: Sequence[VariableModel]
    rows: Sequence[Row]
    since: str = "now-1h"


def encode(board: Board) -> str:
    """Return a board as the JSON that Grafana provisions."""
    return json.dumps(_dashboard(board), cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"


def _dashboard(board: Board) -> Dashboard:
    return Dashboard(
        uid=board.uid,
        title=board.title,
        description=board.description,
        tags=["tachograph"],
        timezone="browser",
        editable=False,
        graph_tooltip=DashboardCursorSync.CROSSHAIR,
        time=DashboardDashboardTime(from_val=board.since, to="now"),
        timepicker=TimePickerConfig(refresh_intervals=["5s", "10s", "30s", "1m", "5m", "15m", "1h"]),
        refresh="30s",
        version=1,
        panels=list(_placed(board.rows)),
        templating=DashboardDashboardTemplating(list_val=list(board.variables)),
        annotations=AnnotationContainer(list_val=ANNOTATIONS),
        links=NAVIGATION,
    )


def _placed(rows: Sequence[Row]) -> Iterator[Panel | RowPanel]:
    """Yield the rows' headings and panels from top to bottom; a collapsed row carries its panels itself."""
    top = 0
    for row in rows:
        heading = GridPos(x=0, y=top, w=GRID_WIDTH, h=1)
        bottom = _place(row.panels, top + 1)
        inside = list(row.panels) if row.collapsed else []
        yield RowPanel(collapsed=row.collapsed, title=row.title, id_val=row.number, grid_pos=heading, panels=inside)
        if not row.collapsed:
            yield from row.panels
        top = top + 1 if row.collapsed else bottom


def _place(panels: Sequence[Panel], top: int) -> int:
    """Set the panels' positions from left to right, line by line; return the grid row below them."""
    left = tallest = 0
    for panel in panels:
        size = panel.grid_pos or GridPos()
        if left + size.w > GRID_WIDTH:
            left, top, tallest = 0, top + tallest, 0
        panel.grid_pos = GridPos(x=left, y=top, w=size.w, h=size.h)
        left, tallest = left + size.w, max(tallest, size.h)
    return top + tallest
