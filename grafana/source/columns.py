"""Table columns: which fields of the queries' answers are shown, under which title, unit and figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.models.dashboard import (
    DashboardFieldConfigSourceOverrides,
    DashboardLink,
    DataTransformerConfig,
    DynamicConfigValue,
    MatcherConfig,
)

from . import links
from .figures import Figure
from .thresholds import absent, steps


@dataclass(frozen=True)
class Column:
    """One column: `field` is a label's name, or `Value #A` for what query A answers; `words` are shown for values."""

    field: str
    title: str
    unit: str | None = None
    figure: Figure | None = None
    decimals: int | None = None
    bar: bool = False
    links: Sequence[DashboardLink] = ()
    width: int | None = None
    least_width: int | None = None
    words: Mapping[str, str] | None = None

    def override(self) -> DashboardFieldConfigSourceOverrides:
        """Return the column's looks, as Grafana applies them to the field of its title."""
        plain = {
            "unit": self.unit,
            "decimals": self.decimals,
            "custom.width": self.width,
            "custom.minWidth": self.least_width,
            "links": list(self.links) or None,
        }
        # A dash that is a link would lead nowhere.
        looks: dict[str, Any] = {"noValue": "" if self.links else "-"} | {
            name: each for name, each in plain.items() if each is not None
        }
        if self.figure:
            looks |= {"thresholds": steps(self.figure), "custom.cellOptions": {"type": "color-text"}}
            looks["mappings"] = [absent("-")]
        if self.bar:
            looks |= {"custom.cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}}
            looks |= {"min": 0, "fieldMinMax": True, "color": {"mode": "fixed", "fixedColor": "semi-dark-blue"}}
        if self.words:
            texts = {value: {"text": text} for value, text in self.words.items()}
            looks["mappings"] = [{"type": "value", "options": texts}]
        properties = [DynamicConfigValue(id_val=name, value=value) for name, value in looks.items()]
        return DashboardFieldConfigSourceOverrides(
            matcher=MatcherConfig(id_val="byName", options=self.title), properties=properties
        )


def service(*, title: str = "Its operations", more: Sequence[DashboardLink] = (), width: int | None = None) -> Column:
    """Return the column of services; a name leads to the service's operations, and to `more`."""
    chosen = links.to_board(title, links.OPERATIONS, service=links.cell("Service"))
    return Column("service_name", "Service", links=[chosen, *more], width=width)


def host(*, width: int | None = None) -> Column:
    """Return the column of hosts; a name leads to the host's resources."""
    chosen = links.to_hosts("This host", links.HOST, instance=links.cell("Host"))
    return Column("instance", "Host", links=[chosen], width=width)


def shown(columns: Sequence[Column]) -> list[DataTransformerConfig]:
    """Return the steps that make one table of several answers, with these columns in this order and no other."""
    pattern = "^(" + "|".join(column.field.replace("#", r"\#") for column in columns) + ")$"
    return [
        DataTransformerConfig(id_val="merge", options={}),
        DataTransformerConfig(id_val="filterFieldsByName", options={"include": {"pattern": pattern}}),
        DataTransformerConfig(
            id_val="organize",
            options={
                "indexByName": {column.field: place for place, column in enumerate(columns)},
                "renameByName": {column.field: column.title for column in columns},
            },
        ),
    ]
