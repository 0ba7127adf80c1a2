"""Searches for neighbours: statements that order by a distance of pgvector's, and how many they ask for."""

import re

DISTANCES = {
    "<->": "l2",
    "<#>": "inner_product",
    "<=>": "cosine",
    "<+>": "l1",
    "<~>": "hamming",
    "<%>": "jaccard",
}
SYSTEMS = frozenset(("postgresql", "cockroachdb"))
# psycopg's statements write % twice.
_OPERATOR = re.compile(r"<(?:->|#>|=>|\+>|~>|%%?>)")
_LIMIT = re.compile(
    r"\b(?:LIMIT|FETCH\s+(?:FIRST|NEXT))\s+(?:(?P<literal>\d+)\b|\$(?P<number>\d+)|%\((?P<name>[^)]+)\)[sbt]|(?P<next>%[sbt]))",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"%(?:(?P<percent>%)|[sbt])")


def distance_of(upper: str) -> str | None:
    """Return the distance that a SELECT without literals, given in capitals, orders by."""
    if "ORDER" not in upper or ">" not in upper:
        return None
    operator = _OPERATOR.search(upper)
    return None if operator is None else DISTANCES[operator[0].replace("%%", "%")]


def asked_for(text: str) -> tuple[int | None, int | str | None]:
    """Return how many rows a statement, with its literals, asks for; or the parameter, by place or name, that tells."""
    *_, last = (None, *_LIMIT.finditer(text))
    if last is None:
        return None, None
    if last["literal"]:
        return int(last["literal"]), None
    if last["number"]:
        return None, int(last["number"]) - 1
    if last["name"]:
        return None, last["name"]
    before = _PLACEHOLDER.finditer(text, 0, last.start("next"))
    return None, sum(placeholder["percent"] is None for placeholder in before)
