"""What can be said against a statement from its text alone."""

import re

SELECT_STAR = "select_star"
ORDER_WITHOUT_LIMIT = "order_by_without_limit"
SELECT_WITHOUT_WHERE = "select_without_where"
LEADING_WILDCARD = "leading_wildcard"

# Each begins with what it looks for, which is found fast; that it is a word of its own is looked at afterwards.
_STAR = re.compile(
    r"SELECT(?<!\wSELECT)(?<!EXISTS\(SELECT)(?<!EXISTS \(SELECT)\s++(?>(?:(?:ALL|DISTINCT)\s++)?)(?>(?:[\w\"`]++\.)*)\*"
)
_WILDCARD = re.compile(r"\b(?:I?LIKE|SIMILAR\s++TO|GLOB)\s*+(?>(?:N|E|U&)?)['\"][%*]", re.IGNORECASE)
_WILDCARDS = ("'%", "'*", '"%', '"*')
_INNER = re.compile(r"\([^()]*+\)")
_BOUND = re.compile(r"(?:LIMIT(?<!\wLIMIT)|FETCH(?<!\wFETCH)\s++(?:FIRST|NEXT)|TOP(?<!\wTOP)|ROWNUM(?<!\wROWNUM))\b")
_ORDER = re.compile(r"ORDER(?<!\wORDER)\s++BY\b")
_WHERE = re.compile(r"(?:WHERE(?<!\wWHERE)|HAVING(?<!\wHAVING))\b")


def has_leading_wildcard(text: str) -> bool:
    """Tell whether a statement, with its literals, looks for text that begins with anything."""
    if "%" not in text and "*" not in text:
        return False
    return any(wildcard in text for wildcard in _WILDCARDS) and _WILDCARD.search(text) is not None


def findings(upper: str, operation: str, *, reads_table: bool, leading_wildcard: bool) -> tuple[str, ...]:
    """Return what is to be said against a statement without literals, given in capitals."""
    found = []
    if "*" in upper and _STAR.search(upper):
        found.append(SELECT_STAR)
    if operation == "SELECT" and reads_table:
        found += _unbounded(upper)
    if leading_wildcard:
        found.append(LEADING_WILDCARD)
    return tuple(found)


def _unbounded(upper: str) -> list[str]:
    ordered, filtered = "ORDER" in upper, "WHERE" in upper
    if filtered and not ordered:
        return []
    outer = _outermost(upper)
    if _BOUND.search(outer):
        return []
    found = [ORDER_WITHOUT_LIMIT] if ordered and _ORDER.search(outer) else []
    return found if _WHERE.search(outer) else [*found, SELECT_WITHOUT_WHERE]


def _outermost(upper: str) -> str:
    """Return what stands in no parentheses; past 32 levels the rest stays."""
    for _ in range(32):
        upper, removed = _INNER.subn(" ", upper)
        if not removed:
            break
    return upper
