"""Panels: what a user sees of a query, with the house's legends, thresholds and links."""

from collections.abc import Sequence

from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import bargauge, common, heatmap, nodegraph, stat, table, timeseries
from grafana_foundation_sdk.models.dashboard import (
    DashboardFieldConfigSourceOverrides,
    DashboardLink,
    FieldColor,
    FieldColorModeId,
    FieldConfig,
    FieldConfigSource,
    GridPos,
    Panel,
)

from .columns import Column, shown
from .figures import Figure
from .thresholds import absent, plain, steps, told

Link = DashboardLink
Override = DashboardFieldConfigSourceOverrides


def series(
    number: int,
    title: str,
    description: str,
    queries: Sequence[Dataquery],
    *,
    unit: str,
    empty: str,
    figure: Figure | None = None,
    width: int = 12,
    height: int = 9,
    most: float | None = None,
    least_top: float | None = None,
    stacked: bool = False,
    logarithmic: bool = False,
    links: Sequence[Link] = (),
    overrides: Sequence[Override] = (),
) -> Panel:
    """Return lines over time; `figure` is drawn as dashed threshold lines, `most` is the axis' top.

    Where all is 0, the axis ends at `least_top`: of a share, by default where attention begins.
    """
    custom = _lines(stacked=stacked, logarithmic=logarithmic, dashed=figure is not None)
    defaults = _field(unit, figure, empty, links, FieldColorModeId.PALETTE_CLASSIC)
    defaults.custom, defaults.min_val, defaults.max_val = custom, None if logarithmic else 0, most
    if most is None and unit == "percentunit":
        least_top = least_top or (figure.warning if figure else 0.01)
    custom.axis_soft_max = least_top
    options = timeseries.Options(
        legend=common.VizLegendOptions(
            display_mode=common.LegendDisplayMode.TABLE,
            placement=common.LegendPlacement.BOTTOM,
            show_legend=True,
            calcs=["mean", "max", "lastNotNull"],
            sort_by="Mean",
            sort_desc=True,
        ),
        tooltip=common.VizTooltipOptions(mode=common.TooltipDisplayMode.MULTI, sort=common.SortOrder.DESCENDING),
    )
    said = _said(description, figure, unit)
    return _panel("timeseries", number, title, said, queries, defaults, options, (width, height), overrides)


def value(
    number: int,
    title: str,
    description: str,
    query: Dataquery,
    *,
    unit: str,
    empty: str,
    figure: Figure | None = None,
    width: int = 4,
    height: int = 5,
    decimals: float | None = None,
    since: str | None = None,
    links: Sequence[Link] = (),
) -> Panel:
    """Return one number, coloured by its figure, with its course behind it where the query has one."""
    defaults = _field(unit, figure, empty, links, FieldColorModeId.THRESHOLDS)
    defaults.decimals, defaults.mappings = decimals, [absent(empty)]
    options = stat.Options(
        graph_mode=common.BigValueGraphMode.NONE if _instant(query) else common.BigValueGraphMode.AREA,
        color_mode=common.BigValueColorMode.VALUE,
        justify_mode=common.BigValueJustifyMode.AUTO,
        text_mode=common.BigValueTextMode.VALUE_AND_NAME,
        wide_layout=False,
        reduce_options=common.ReduceDataOptions(values=False, calcs=["lastNotNull"], fields=""),
        orientation=common.VizOrientation.AUTO,
    )
    said = _said(description, figure, unit)
    panel = _panel("stat", number, title, said, [query], defaults, options, (width, height))
    panel.time_from, panel.hide_time_override = since, bool(since)
    return panel


def bars(
    number: int,
    title: str,
    description: str,
    query: Dataquery,
    *,
    unit: str,
    empty: str,
    figure: Figure | None = None,
    width: int = 8,
    height: int = 8,
    most: float | None = None,
    many: bool = False,
    links: Sequence[Link] = (),
) -> Panel:
    """Return one horizontal bar a series, with its value beside it, and its name too where there are `many`."""
    defaults = _field(unit, figure, empty, links, FieldColorModeId.THRESHOLDS)
    defaults.min_val, defaults.max_val = 0, most
    options = bargauge.Options(
        display_mode=common.BarGaugeDisplayMode.BASIC,
        value_mode=common.BarGaugeValueMode.COLOR,
        name_placement=common.BarGaugeNamePlacement.LEFT if many else common.BarGaugeNamePlacement.TOP,
        show_unfilled=True,
        sizing=common.BarGaugeSizing.MANUAL,
        min_viz_height=16,
        max_viz_height=56,
        # Beside its bar a name gets the room that it needs in 12 pixels, and is cut when it is set in more.
        text=common.VizTextDisplayOptions(title_size=12 if many else 14, value_size=14),
        reduce_options=common.ReduceDataOptions(values=False, calcs=["lastNotNull"], fields=""),
        orientation=common.VizOrientation.HORIZONTAL,
    )
    said = _said(description, figure, unit)
    return _panel("bargauge", number, title, said, [query], defaults, options, (width, height))


def heat(
    number: int,
    title: str,
    description: str,
    query: Dataquery,
    *,
    unit: str,
    empty: str,
    width: int = 12,
    height: int = 9,
    links: Sequence[Link] = (),
) -> Panel:
    """Return a histogram's buckets over time; the exemplars in it open their traces."""
    defaults = _field(unit, None, empty, links, FieldColorModeId.THRESHOLDS)
    defaults.custom = heatmap.FieldConfig()
    options = heatmap.Options(
        calculate=False,
        color=heatmap.HeatmapColorOptions(
            mode=heatmap.HeatmapColorMode.SCHEME,
            scheme="Oranges",
            fill="dark-orange",
            exponent=0.5,
            steps=64,
            reverse=False,
        ),
        cell_gap=1,
        cell_values=heatmap.CellValues(unit="short"),
        y_axis=heatmap.YAxisConfig(unit=unit, axis_placement=common.AxisPlacement.LEFT),
        legend=heatmap.HeatmapLegend(show=True),
        tooltip=heatmap.HeatmapTooltip(mode=common.TooltipDisplayMode.SINGLE, y_histogram=True),
        exemplars=heatmap.ExemplarConfig(color="rgba(87,148,242,0.8)"),
        filter_values=heatmap.FilterValueRange(le=1e-3),
    )
    return _panel("heatmap", number, title, description, [query], defaults, options, (width, height))


def grid(
    number: int,
    title: str,
    description: str,
    queries: Sequence[Dataquery],
    *,
    empty: str,
    columns: Sequence[Column] = (),
    sort_by: str | None = None,
    descending: bool = True,
    overrides: Sequence[Override] = (),
    width: int = 24,
    height: int = 8,
) -> Panel:
    """Return a table of what the queries answer now: one row for each set of labels."""
    defaults = _field("short", None, empty, (), FieldColorModeId.THRESHOLDS)
    defaults.custom = table.FieldConfig(
        align=common.FieldTextAlignment.AUTO,
        cell_options=common.TableAutoCellOptions(),
        inspect=False,
        filterable=False,
        min_width=90,
    )
    options = table.Options(
        show_header=True,
        cell_height=common.TableCellHeight.SM,
        sort_by=[common.TableSortByFieldState(display_name=sort_by, desc=descending)] if sort_by else [],
    )
    looks = [*(column.override() for column in columns), *overrides]
    said = f"{description} Without rows: {empty[0].lower()}{empty[1:]}."
    panel = _panel("table", number, title, said, queries, defaults, options, (width, height), looks)
    panel.transformations = shown(columns) if columns else None
    return panel


def traces(number: int, title: str, description: str, query: Dataquery, *, width: int = 24, height: int = 9) -> Panel:
    """Return the traces that a search of Tempo finds, each a link to the trace."""
    widths = {"Trace ID": 130, "Start time": 190, "Service": 110, "Duration": 90, "Name": None}
    overrides = [Column(name, name, width=pixels).override() for name, pixels in widths.items()]
    empty = "Tempo has no such trace"
    panel = grid(number, title, description, [query], empty=empty, overrides=overrides, width=width, height=height)
    panel.datasource = query.datasource  # type: ignore[attr-defined] # every query of ours names its source
    return panel


def graph(number: int, title: str, description: str, query: Dataquery, *, width: int = 24, height: int = 16) -> Panel:
    """Return services as nodes and what they ask of each other as arrows."""
    defaults = _field("none", None, "Tempo has no service graph yet", (), FieldColorModeId.THRESHOLDS)
    options = nodegraph.Options(zoom_mode=nodegraph.ZoomMode.COOPERATIVE)
    return _panel("nodeGraph", number, title, description, [query], defaults, options, (width, height))


def _field(
    unit: str, figure: Figure | None, empty: str, links: Sequence[Link], colour: FieldColorModeId
) -> FieldConfig:
    return FieldConfig(
        unit=unit,
        thresholds=steps(figure) if figure else plain(),
        color=FieldColor(colour),
        no_value=empty,
        links=list(links),
    )


def _said(description: str, figure: Figure | None, unit: str) -> str:
    return f"{description} {told(figure, unit)}" if figure else description


def _lines(*, stacked: bool, logarithmic: bool, dashed: bool) -> timeseries.FieldConfig:
    scale = common.ScaleDistributionConfig(type_val=common.ScaleDistribution.LINEAR)
    if logarithmic:
        scale = common.ScaleDistributionConfig(type_val=common.ScaleDistribution.LOG, log=10)
    mode = common.GraphThresholdsStyleMode.DASHED if dashed else common.GraphThresholdsStyleMode.OFF
    return timeseries.FieldConfig(
        draw_style=common.GraphDrawStyle.LINE,
        line_width=1,
        fill_opacity=40 if stacked else 0,
        show_points=common.VisibilityMode.NEVER,
        stacking=common.StackingConfig(
            mode=common.StackingMode.NORMAL if stacked else common.StackingMode.NONE, group="A"
        ),
        thresholds_style=common.GraphThresholdsStyleConfig(mode),
        scale_distribution=scale,
    )


def _panel(
    kind: str,
    number: int,
    title: str,
    description: str,
    queries: Sequence[Dataquery],
    defaults: FieldConfig,
    options: object,
    size: tuple[int, int],
    overrides: Sequence[Override] = (),
) -> Panel:
    for letter, query in zip("ABCDEFGHIJ", queries, strict=False):
        query.ref_id = letter  # type: ignore[attr-defined] # the SDK's common base has no attributes
    return Panel(
        type_val=kind,
        id_val=number,
        title=title,
        description=description,
        targets=list(queries),
        datasource=queries[0].datasource,  # type: ignore[attr-defined] # see above
        grid_pos=GridPos(w=size[0], h=size[1]),
        options=options,
        field_config=FieldConfigSource(defaults=defaults, overrides=list(overrides)),
    )


def _instant(query: Dataquery) -> bool:
    return bool(getattr(query, "instant", False))
