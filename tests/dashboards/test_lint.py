"""What every board owes its reader: the rules of Grafana's dashboard linter, and the house's own."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from urllib.parse import parse_qsl, urlsplit

import promql_parser as promql
import pytest
from grafana_foundation_sdk.models import units

from . import boards
from .boards import Json
from .promql import RATES, selectors

UNITS = {value for value in vars(units).values() if isinstance(value, str)}
KINDS = {"timeseries", "stat", "bargauge", "heatmap", "table", "nodeGraph"}
LINED = {"timeseries"}
# Columns of what has a board, or a place on one.
LEADING = {"service_name", "instance", "tachograph_operation_name", "gen_ai_request_model", "cache_name"}
SCALES = {"%": 0.01, "ms": 1e-3, "MB": 1e6, "MB/s": 1e6}
MOST_PANELS = 25
# OpenTelemetry calls a gauge so.
GAUGES = {"db_client_connection_count"}
BOARDS = pytest.mark.parametrize("board", boards.boards(), ids=lambda board: board["uid"])


@BOARDS
def test_a_board_is_found_by_its_uid_is_read_only_and_leads_to_the_others(board: Json) -> None:
    found = (board["editable"], board["tags"], [link["tags"] for link in board["links"]], board["uid"].split("-")[0])
    assert found == (False, ["tachograph"], [["tachograph"]], "tachograph")


@BOARDS
def test_numbers_are_the_addresses_of_panels_so_each_is_given_once(board: Json) -> None:
    assert {
        number: times for number, times in Counter(each["id"] for each in boards.items(board)).items() if times > 1
    } == {}


@BOARDS
def test_a_board_has_no_more_panels_than_a_reader_takes_in_and_opens_on_the_important_ones(board: Json) -> None:
    shown = [row for row in board["panels"] if row["type"] == "row"]
    folds = [row["collapsed"] for row in shown]
    assert (len(list(boards.panels(board))) <= MOST_PANELS, folds, folds[0]) == (True, sorted(folds), False)


@BOARDS
def test_no_panel_covers_another_or_leaves_the_grid(board: Json) -> None:
    for placed in _grids(board):
        spots = [(each["title"], each["gridPos"]) for each in placed]
        wrong = [title for title, spot in spots if spot["x"] + spot["w"] > 24]
        wrong += [one for (one, a), (_, b) in combinations(spots, 2) if _overlap(a, b)]
        assert wrong == []


@BOARDS
def test_a_panel_says_what_it_shows_in_which_unit_and_why_it_may_be_empty(board: Json) -> None:
    def lacks(panel: Json) -> list[str]:
        defaults = panel["fieldConfig"]["defaults"]
        owed = {
            "kind": panel["type"] in KINDS,
            "title": bool(panel["title"]),
            "description": panel.get("description", "").endswith("."),
            "unit": defaults.get("unit") in UNITS,
            "empty": bool(defaults.get("noValue")),
            "queries": bool(panel["targets"]),
            "thresholds": bool(defaults["thresholds"]["steps"]),
        }
        return [what for what, there in owed.items() if not there]

    assert {panel["title"]: lacks(panel) for panel in boards.panels(board) if lacks(panel)} == {}


@BOARDS
def test_lines_have_a_legend_with_what_they_came_to(board: Json) -> None:
    legends = [panel["options"]["legend"] for panel in boards.panels(board) if panel["type"] in LINED]
    assert [(each["showLegend"], each["calcs"]) for each in legends] == [(True, ["mean", "max", "lastNotNull"])] * len(
        legends
    )


@BOARDS
def test_nobody_has_to_know_a_limit_by_its_colour(board: Json) -> None:
    untold = []
    for panel in boards.panels(board):
        defaults = panel["fieldConfig"]["defaults"]
        limits = [step["value"] for step in defaults["thresholds"]["steps"] if step["value"] is not None]
        told = re.search(r"Warning (from|below) ([\d.]+) ?(\S*), critical \1 ([\d.]+) ?(\S*)\.$", panel["description"])
        if limits and not (told and sorted(_told(told)) == pytest.approx(limits)):
            untold.append((panel["title"], limits, told and told.group()))
    assert untold == []


@BOARDS
def test_the_data_source_is_a_variable(board: Json) -> None:
    asked = {each["datasource"]["uid"] for panel in boards.panels(board) for each in (panel, *panel["targets"])}
    asked |= {each["datasource"]["uid"] for each in (*boards.variables(board).values(), *board["annotations"]["list"])}
    offered = {f"${{{each['name']}}}" for each in board["templating"]["list"] if each["type"] == "datasource"}
    assert (asked - offered, "${datasource}" in offered) == (set(), True)


@BOARDS
def test_a_variable_follows_the_time_and_its_all_finds_series_without_the_label(board: Json) -> None:
    wrong = {
        name: each
        for name, each in boards.variables(board).items()
        if (each["refresh"], each["includeAll"], each["multi"], each["allValue"]) != (2, True, True, ".*")
    }
    assert wrong == {}


@BOARDS
def test_a_variable_is_used_and_what_is_used_is_a_variable(board: Json) -> None:
    used = {name for query in boards.queries(board) for name in re.findall(r"\$\{?(\w+)", query.expression)}
    used |= set(re.findall(r"\$(\w+)", str([panel["targets"] for panel in boards.panels(board)])))
    own = {name for name in used if not name.startswith("__")} - {"datasource", "traces"}
    assert own == set(boards.variables(board))


@BOARDS
def test_ranges_are_grafanas_and_counters_are_read_as_rates(board: Json) -> None:
    assert [line for query in boards.queries(board) for line in _range_faults(query.expression)] == []


@BOARDS
def test_queries_parse(board: Json) -> None:
    for query in boards.queries(board):
        promql.parse(boards.filled(query.expression))


@BOARDS
def test_queries_of_a_board_respect_its_variables(board: Json) -> None:
    chosen = {"service_name": "$service", "deployment_environment_name": "$environment", "instance": "$instance"}
    offered = {boards.label_of(each)[1] for each in boards.variables(board).values()}
    of_all = {"Firing alerts", "Alerts firing", "Deployments"}
    of_servers = re.compile(r"\b(prometheus|alertmanager)_|\(up\b")
    asked = [
        each for each in boards.queries(board) if each.panel not in of_all and not of_servers.search(each.expression)
    ]
    free = [str(query) for query in asked if not _chosen(query, chosen, offered)]
    assert free == []


@BOARDS
def test_latency_lines_and_heatmaps_carry_exemplars(board: Json) -> None:
    without = [
        panel["title"]
        for panel in boards.panels(board)
        if panel["type"] in {"timeseries", "heatmap"}
        and panel["fieldConfig"]["defaults"]["unit"] == "s"
        and any("_bucket" in target["expr"] for target in panel["targets"])
        and not any(target.get("exemplar") for target in panel["targets"])
    ]
    assert without == []


@BOARDS
def test_links_lead_to_boards_that_are_there_and_carry_variables_that_they_have(board: Json) -> None:
    known = {each["uid"]: set(boards.variables(each)) for each in boards.boards()}
    wrong = []
    for url in re.findall(r'"url": "((?:[^"\\]|\\.)+)"', boards.text(board)):
        parts = urlsplit(url)
        uid = parts.path.removeprefix("/d/")
        carried = {name.removeprefix("var-") for name, _ in parse_qsl(parts.query) if name.startswith("var-")}
        shared = set(re.findall(r"\$\{(\w+):queryparam\}", parts.query))
        kept = "${__url_time_range}" in parts.query and "datasource" in shared
        if uid not in known or not kept or not carried <= known[uid] or not shared - {"datasource"} <= known[uid]:
            wrong.append(url)
    assert wrong == []


@BOARDS
def test_a_row_leads_to_the_board_that_explains_it(board: Json) -> None:
    unled = [
        (panel["title"], field)
        for panel in boards.panels(board)
        for step in panel.get("transformations") or ()
        for field, title in step["options"].get("renameByName", {}).items()
        if field in LEADING and not any(link["url"] for link in _links(panel, title))
    ]
    assert unled == []


@BOARDS
def test_firing_alerts_and_deployments_are_drawn_on_it(board: Json) -> None:
    drawn = {each["name"] for each in board["annotations"]["list"] if each["enable"]}
    assert drawn >= {"Firing alerts", "Deployments"}


def _links(panel: Json, column: str) -> list[Json]:
    looks = [each for each in panel["fieldConfig"]["overrides"] if each["matcher"]["options"] == column]
    return [link for look in looks for each in look["properties"] if each["id"] == "links" for link in each["value"]]


def _told(limits: re.Match[str]) -> list[float]:
    pairs = zip(limits.groups()[1::2], limits.groups()[2::2], strict=True)
    return [float(number) * SCALES.get(unit, 1) for number, unit in pairs]


def _grids(board: Json) -> Iterator[list[Json]]:
    yield board["panels"]
    yield from (row["panels"] for row in board["panels"] if row.get("panels"))


def _overlap(one: Json, other: Json) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (beside or below)


def _range_faults(expression: str) -> Iterator[str]:
    # How far back something was last seen is no rate's window.
    rates = re.sub(r"last_over_time\([^()]*\)", "", expression)
    ranges = re.findall(r"\[(\$\w+|\d+\w)[\]:]", rates)
    yield from (f"[{each}] in {expression}" for each in ranges if each not in {"$__rate_interval", "$__range"})
    for selector, above in selectors(boards.filled(expression)):
        # What a counter was born with is what it has now and had not then.
        born = any(str(node.op) == "unless" for node in above if isinstance(node, promql.BinaryExpr))
        counter = (
            not born
            and str(selector.name).endswith(("_total", "_bucket", "_count", "_sum"))
            and selector.name not in GAUGES
        )
        calls = {node.func.name for node in above if isinstance(node, promql.Call)}
        counted = any(str(node.op) == "count" for node in above if isinstance(node, promql.AggregateExpr))
        if counter and not counted and not calls & RATES:
            yield f"{selector.name} is a counter in {expression}"


def _chosen(query: boards.Query, chosen: dict[str, str], offered: set[str]) -> bool:
    wanted = {variable for label, variable in chosen.items() if label in offered}
    matched = {each.value for node, _ in selectors(_kept_dollars(query.expression)) for each in node.matchers.matchers}
    return not wanted or bool(wanted & matched)


def _kept_dollars(expression: str) -> str:
    return re.sub(r"\$__\w+", "2m", expression)
