"""A statement's text without its literals and comments, by one pass of a regular expression."""

import re
from functools import cache

from .dialect import Dialect

# Python before 3.11.5 matches possessive groups wrongly (CPython issue 106052): so groups are atomic here.
# What is to be replaced begins with one of a few characters; which kind it is, each branch tells by looking back at it.
_STRING = r"(?<=')[^']*+(?>(?:''[^']*+)*)'?"
_ESCAPED_STRING = r"(?<=')[^'\\]*+(?>(?:(?:''|\\.?)[^'\\]*+)*)'?"
_REST_OF_NUMBER = r"[\w.]*+(?:(?<=[eE])[-+]\d++)?"
# The digits of names (t1), of placeholders ($1, ?1, @1, :1) and those after a name's point are no literals. Most digits
# are those of names, so that is looked at before all else.
_NO_DIGIT_OF_A_NAME = r"(?<![\w$@?]\d)"
_NUMBER = (
    rf"(?<=[-+])\.?\d{_REST_OF_NUMBER}"
    rf"|(?<=\d)(?<![\w\"`\])]\.\d)(?<!(?<![\w\])]):\d){_REST_OF_NUMBER}"
)
_PLAIN = re.compile(rf"['\d+-]{_NO_DIGIT_OF_A_NAME}(?:{_STRING}|{_NUMBER})", re.DOTALL)
_POINT = re.compile(r"(?<![\w\"`\])$@])\.\?")
_BOOLEAN = re.compile(r"[tTfF](?<![\w.$@:\"`][tTfF])(?:(?<=[tT])[rR][uU][eE]|(?<=[fF])[aA][lL][sS][eE])(?![\w.\"`])")
_PREFIXED = re.compile(r"'(?<=[A-Za-z&]')")
_PREFIX = re.compile(r"(?<![\w$@:.])(?:[eEnNxXbB]|[uU]&)\?")
_DOLLAR_QUOTE = re.compile(r"\$(?:[^\W\d]\w*+)?\$")
_LIST = re.compile(r"([iI][nN](?<!\w[iI][nN])\s*+)\(\s*+\?(?>(?:\s*+,\s*+\?)+)\s*+\)")
_NEXT_ROW = re.compile(r"\)\s*+,\s*+\(")
_EQUAL_ROWS = re.compile(r"(\((?>(?:[^()]++|\([^()]*+\))*)\))(?>(?:\s*+,\s*+\1)+)")
_NAME_FOLLOWS = re.compile(
    r"(?:\.|\b(?:FROM|JOIN|INTO|UPDATE|TABLE|INDEX|VIEW|EXISTS|ON|BY|SET|AS|REFERENCES))\s*+\Z", re.IGNORECASE
)
_NESTING = 4


def sanitized(text: str, dialect: Dialect) -> str:
    """Return `text` with "?" for each literal and nothing for each comment; placeholders stay as they are.

    Lists of literals after IN, and equal rows of VALUES, are given once.
    """
    if _is_plain(text, dialect):
        text = _PLAIN.sub("?", text)
    else:
        text = _full(dialect).sub(_REPLACEMENTS[dialect.double_quotes], text)
        text = _PREFIX.sub("?", text)
    if "?" in text:
        if ".?" in text:
            text = _POINT.sub("?", text)
        text = _LIST.sub(r"\1(?)", text)
        if _NEXT_ROW.search(text) is not None:
            text = _EQUAL_ROWS.sub(r"\1", text)
    lower = text.lower()
    return _BOOLEAN.sub("?", text) if "true" in lower or "false" in lower else text


def _is_plain(text: str, dialect: Dialect) -> bool:
    return not (
        "--" in text
        or "/*" in text
        or '"' in text
        or "`" in text
        or ("'" in text and _PREFIXED.search(text) is not None)
        or ("$" in text and _DOLLAR_QUOTE.search(text) is not None)
        or (dialect.marks and any(mark in text for mark in dialect.marks))
    )


@cache
def _full(dialect: Dialect) -> re.Pattern[str]:
    branches = [
        r"(?<=-)-[^\r\n]*+",
        rf"(?<=/)\*(?:{_comment(_NESTING if dialect.nested_comments else 0)}|.*+)",
        r"(?<=\$)(?<![\w$]\$)(?P<tag>(?:[^\W\d]\w*+)?)\$(?:.*?\$(?P=tag)\$|.*+)",
        r"(?<=`)[^`]*+`?",
    ]
    if dialect.chosen_quotes:
        pairs = "|".join(rf"\{opening}.*?\{closing}'" for opening, closing in ("[]", "{}", "()", "<>"))
        branches.append(rf"(?:(?<=(?<!\w)[qQ]')|(?<=[nN][qQ]'))(?:{pairs}|(?P<quote>[^\s\[{{(<]).*?(?P=quote)'|.*+)")
    if dialect.backslash_escapes:
        branches.append(_ESCAPED_STRING)
    else:
        branches.append(rf"(?<=(?<!\w)[eE]'){_ESCAPED_STRING}|{_STRING}")
    if dialect.double_quotes == "identifier":
        name = r'[^"]*+(?>(?:""[^"]*+)*)"'
        branches.append(rf'(?<="){name}(?>(?:[\s,.]*+"{name})*)|(?<=").*+')
    else:
        branches.append(r'(?<=")[^"\\]*+(?>(?:(?:""|\\.?)[^"\\]*+)*)"?')
    if dialect.hash_comments:
        branches.append(r"(?<=#)[^\r\n]*+")
    if dialect.bracket_identifiers:
        branches.append(r"(?<=\[)[^\]]*+\]?")
    return re.compile(
        rf"['\d+\-/\"`${dialect.firsts}]{_NO_DIGIT_OF_A_NAME}(?:{'|'.join((*branches, _NUMBER))})", re.DOTALL
    )


def _comment(depth: int) -> str:
    """Return the expression for the rest of a block comment with comments in it; deeper ones match nothing."""
    nested = rf"|/\*(?:{_comment(depth - 1)})" if depth else ""
    slash = r"/(?!\*)" if depth else "/"
    return rf"(?>(?:[^*/]++|\*(?!/)|{slash}{nested})*)\*/"


def _replacement(match: re.Match[str]) -> str:
    token = match[0]
    first = token[0]
    if first == '"' or first == "`":
        return token if token.count(first) % 2 == 0 else "?"
    if first == "[":
        return token if token[-1] == "]" else "?"
    return "" if token.startswith(("--", "/*", "#")) else "?"


def _replacement_of_literals(match: re.Match[str]) -> str:
    return "?" if match[0][0] == '"' else _replacement(match)


def _sqlite_replacement(match: re.Match[str]) -> str:
    # SQLite takes a double-quoted word for a literal where no column has that name.
    if match[0][0] != '"':
        return _replacement(match)
    text, start = match.string, match.start()
    is_name = text[match.end() : match.end() + 1] == "." or _NAME_FOLLOWS.search(text[max(0, start - 16) : start])
    return _replacement(match) if is_name else "?"


_REPLACEMENTS = {"identifier": _replacement, "literal": _replacement_of_literals, "either": _sqlite_replacement}
