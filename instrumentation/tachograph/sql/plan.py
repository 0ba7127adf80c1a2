"""Plans as databases explain them, cut down to operations, names and estimates: conditions hold literals."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

_LENGTH = 1_000
_DEPTH = 64
# Conditions, and what a virtual table was asked; (subquery-1) is a name.
_CONDITION = re.compile(r"\s*\((?!(?:subquery|join)-\d+\)).*| INDEX -?\d+:.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan: operations from the outermost in, each with its table or index; cost and rows as estimated."""

    text: str
    cost: float = 0.0
    rows: int = 0


def postgresql_plan(explained: Any) -> Plan | None:
    """Read what EXPLAIN (FORMAT JSON) returns, parsed or not."""
    if isinstance(explained, str | bytes):
        explained = json.loads(explained)
    node = explained[0]["Plan"] if isinstance(explained, list) and explained else None
    if not isinstance(node, dict):
        return None
    return Plan(_node(node, 0)[:_LENGTH], float(node.get("Total Cost", 0)), int(node.get("Plan Rows", 0)))


def sqlite_plan(rows: Iterable[Any]) -> Plan | None:
    """Read the rows of EXPLAIN QUERY PLAN: (id, parent, _, detail)."""
    details = (detail if isinstance(detail, str) else bytes(detail).decode() for _, _, _, detail in islice(rows, 100))
    text = ", ".join(_CONDITION.sub("", detail) for detail in details)
    return Plan(text[:_LENGTH]) if text else None


def _node(node: dict[str, Any], depth: int) -> str:
    names = (node.get("Index Name"), node.get("Relation Name"))
    kind = node.get("Node Type", "")
    on = " ".join(f"{word} {name}" for word, name in zip(("using", "on"), names, strict=True) if name)
    own = f"{kind} {on}" if on else kind
    below = [_node(each, depth + 1) for each in node.get("Plans", ())] if depth < _DEPTH else []
    if not below:
        return own
    return f"{own} > {below[0]}" if len(below) == 1 else f"{own} ({', '.join(below)})"
