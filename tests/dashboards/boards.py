"""The committed boards as the tests read them: their panels, their queries, their variables."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[2]
FOLDER = CHECKOUT / "grafana" / "dashboards"
Json = dict[str, Any]

# What Grafana puts in for its own variables on a six-hour board of 1,000 pixels with a 60 s scrape interval.
BUILT_IN = {"__rate_interval": "4m", "__interval": "1m", "__range": "6h", "__range_s": "21600"}


@dataclass(frozen=True)
class Query:
    """A panel's PromQL query, as it stands in the board."""

    board: str
    panel: str
    expression: str
    instant: bool

    def __str__(self) -> str:
        return f"{self.board}: {self.panel}: {self.expression}"


@cache
def board(path: Path) -> Json:
    """Return a committed board."""
    loaded: Json = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def boards() -> list[Json]:
    """Return every committed board."""
    return [board(path) for path in sorted(FOLDER.glob("*.json"))]


def items(of: Json) -> Iterator[Json]:
    """Yield a board's rows and panels, those inside collapsed rows too."""
    for item in of["panels"]:
        yield item
        yield from item.get("panels", [])


def text(of: Json) -> str:
    """Return a board as text, to look for what may stand anywhere in it."""
    return json.dumps(of)


def panels(of: Json) -> Iterator[Json]:
    """Yield a board's panels without the rows' headings."""
    return (item for item in items(of) if item["type"] != "row")


def is_prometheus(target: Json) -> bool:
    """Tell whether a query of a panel goes to Prometheus."""
    return bool(target["datasource"]["type"] == "prometheus")


def queries(of: Json) -> Iterator[Query]:
    """Yield the PromQL of a board: of its panels and of what is drawn on them."""
    for panel in panels(of):
        for target in filter(is_prometheus, panel.get("targets", [])):
            yield Query(of["uid"], panel["title"], target["expr"], bool(target.get("instant")))
    for annotation in of["annotations"]["list"]:
        yield Query(of["uid"], annotation["name"], annotation["expr"], instant=False)


def variables(of: Json) -> dict[str, Json]:
    """Return a board's query variables by name."""
    return {each["name"]: each for each in of["templating"]["list"] if each["type"] == "query"}


def label_of(variable: Json) -> tuple[str, str]:
    """Return the selector and the label of a label_values() variable."""
    found = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
    assert found, variable["query"]
    return found.group(1), found.group(2)


def filled(expression: str, values: Json | None = None) -> str:
    """Return an expression as Grafana sends it: the variables of `values` chosen, All for the others."""
    known = BUILT_IN | (values or {})
    return re.sub(r"\$\{?(\w+)(?::\w+)?\}?", lambda found: str(known.get(found.group(1), ".*")), expression)
