"""What a statement does and to what, read from its text without literals.

Semantic conventions for database spans, "Generating a summary of the query": operations and their targets, in the order
and the spelling of the statement.
"""

import re
from typing import NamedTuple

_LIMIT = 255
_NAME = r"(?:\"[^\"]*+\"|`[^`]*+`|\[[^\]]*+\]|[^\W\d][\w$]*+)"
_SPACE = r"(?:\s++|(?=[\"`\[(]))"
_KIND = (
    r"(?:TABLE|VIEW|INDEX|SEQUENCE|SCHEMA|DATABASE|FUNCTION|PROCEDURE|TRIGGER|TYPE|DOMAIN|EXTENSION|ROLE|USER|POLICY"
    r"|PUBLICATION|SUBSCRIPTION|AGGREGATE|COLLATION|TABLESPACE|RULE|SERVER|STATISTICS)\b"
)
# Words are looked for by a letter that few words have, and recognised by what stands before and after it.
_NO_WORD_OF_ITS_OWN = r"(?<![\w.$@:]{})"
_OPERATIONS = {"ECT": "SELECT", "SERT": "INSERT", "DATE": "UPDATE", "ETE": "DELETE", "E": "MERGE", "LACE": "REPLACE"}
_CLAUSES = {"ROM": "FROM", "OIN": "JOIN", "TO": "INTO", "": "USING"}


def _ends(words: dict[str, str]) -> str:
    return "|".join(
        f"(?<={word.removesuffix(end)}){end}{_NO_WORD_OF_ITS_OWN.format(word)}" for end, word in words.items()
    )


_TOKEN = re.compile(
    rf"[();\"`FGJLNP](?:(?P<mark>(?<=[();]))|(?P<operation>{_ends(_OPERATIONS)})\b(?!\s*+[(.=])"
    rf"|(?P<clause>{_ends(_CLAUSES)}){_SPACE}"
    r"|(?<=\")[^\"]*+\"(?>(?:[\s,.]*+\"[^\"]*+\")*)|(?<=`)[^`]*+`)"
)
# Operations and clauses that are none where they stand: ON DELETE CASCADE, FOR UPDATE, IS DISTINCT FROM ...
_NOT_MEANT = {
    **dict.fromkeys(
        ("UPDATE", "DELETE", "INSERT", "REPLACE"),
        re.compile(r"(?<![\w.$@:])(?:ON|FOR|KEY|DO|THEN|BEFORE|AFTER|OR|OF)\s++\Z"),
    ),
    "FROM": re.compile(r"(?<![\w.$@:])DISTINCT\s++\Z"),
}
_BEFORE = 40
_FIRST = re.compile(r"[\s(;]*+([^\W\d]\w*+)")
_DEFINED = re.compile(
    rf"(?>(?:\s++(?!{_KIND})[A-Z]++){{0,4}})\s++({_KIND})(?>(?:\s++CONCURRENTLY\b)?)(?>(?:\s++IF(?>(?:\s++NOT)?)\s++EXISTS\b)?)"
)
_FILLER = re.compile(r"\s*+(?>(?:(?:ONLY|LATERAL|IGNORE|LOW_PRIORITY|OR\s++[A-Z]++)\s++)*)")
_OPTIONAL_TABLE = re.compile(r"\s++TABLE\b")
_TARGET = re.compile(rf"({_NAME}(?>(?:\s*+\.\s*+{_NAME})*))\s*+(\(?)")
_NEXT_IN_LIST = re.compile(rf"\s*+(?:(?:AS\s++)?{_NAME}\s*+)?,")
_COMMON_TABLE = re.compile(
    rf"(?:WITH(?<!\wWITH)(?>(?:\s++RECURSIVE\b)?)\s++|\)\s*+,\s*+)({_NAME})\s*+(?:\([^()]*+\)\s*+)?AS\s*+(?:(?:NOT\s++)?MATERIALIZED\s*+)?\("
)
_DEFINITIONS = frozenset(("CREATE", "ALTER", "DROP"))
_BY_TOKENS = frozenset(("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "WITH"))
_BEFORE_TOKENS = frozenset(("EXPLAIN", "DECLARE", "PREPARE"))
_WITH_TARGET = frozenset(("CALL", "EXEC", "EXECUTE", "COPY", "TRUNCATE", "LOCK"))
_WRITING = ("INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "CREATE", "ALTER", "COPY", "TRUNCATE")


class Summary(NamedTuple):
    """`db.query.summary`, the statement's own operation, the one table that it is about, whether it names any."""

    text: str
    operation: str
    collection: str | None
    names_table: bool


def summary(text: str, upper: str) -> Summary:
    """Summarise a statement, given as it is and in capitals, position by position the same; empty where it is empty."""
    reading = _Reading(text, upper)
    reading.statements()
    return reading.summary()


class _Reading:
    """One pass over a text, which may hold several statements."""

    __slots__ = ("_first_operation", "_levels", "_operation", "_parts", "_tables", "_text", "_upper", "_written")

    def __init__(self, text: str, upper: str) -> None:
        self._text = text
        self._upper = upper
        self._parts: list[str] = []
        self._tables: list[str] = []
        self._operation = ""
        self._first_operation = ""
        self._written = ""
        # Of each parenthesis that is open: whether a query's own words have begun in it.
        self._levels = [False]

    def statements(self) -> None:
        """Read all statements."""
        position = 0
        while (first := _FIRST.match(self._upper, position)) is not None:
            self._levels = [False]
            position = self._statement(first)

    def summary(self) -> Summary:
        """Tell what was read."""
        text = " ".join(self._parts)
        operation = self._operation or self._first_operation
        return Summary(
            text if len(text) <= _LIMIT else self._shortened(),
            operation,
            self._collection(operation.upper()),
            bool(self._tables),
        )

    def _shortened(self) -> str:
        parts, length = [], -1
        for part in self._parts:
            length += 1 + len(part)
            if length > _LIMIT:
                break
            parts.append(part)
        return " ".join(parts)

    def _collection(self, operation: str) -> str | None:
        if self._written and operation.startswith(_WRITING):
            return _unquoted(self._written)
        tables = dict.fromkeys(self._tables)
        if "WITH" in self._upper:
            common = set(_COMMON_TABLE.findall(self._upper))
            tables = {table: None for table in tables if table.upper() not in common}
        return _unquoted(next(iter(tables))) if len(tables) == 1 else None

    def _statement(self, first: re.Match[str]) -> int:
        """Read the statement that begins with this word; return where the next one begins."""
        word, position = first[1], first.end()
        if word in _DEFINITIONS and (defined := _DEFINED.match(self._upper, position)) is not None:
            self._begin_operation(f"{self._of(first)} {self._of(defined)}")
            position = self._target(defined.end(), is_table=defined[1] in ("TABLE", "VIEW"))
        elif word in _BY_TOKENS:
            position = first.start(1)
        else:
            self._begin_operation(self._of(first))
            if word not in _WITH_TARGET:
                return self._tokens(position) if word in _BEFORE_TOKENS else self._end(position)
            table = _OPTIONAL_TABLE.match(self._upper, position)
            is_table = word not in ("CALL", "EXEC", "EXECUTE")
            position = self._target(table.end() if table else position, is_table=is_table)
        return self._tokens(position)

    def _end(self, position: int) -> int:
        end = self._upper.find(";", position)
        return len(self._upper) if end < 0 else end

    def _tokens(self, position: int) -> int:
        search, upper, levels = _TOKEN.search, self._upper, self._levels
        while (token := search(upper, position)) is not None:
            kind, since, position = token.lastgroup, position, token.end()
            if kind == "mark":
                mark = upper[position - 1]
                if mark == "(":
                    levels.append(False)
                elif mark == ")":
                    levels[1:] = levels[1:-1]  # one that closes nothing changes nothing
                elif len(levels) == 1:
                    return position
            elif kind == "operation":
                position = self._operation_at(position, _OPERATIONS[token[kind]], since)
            elif kind == "clause":
                position = self._clause_at(token.end(kind), _CLAUSES[token[kind]], since, position)
        return len(upper)

    def _operation_at(self, end: int, word: str, since: int) -> int:
        """Read the operation whose word ends there; what stands before `since` was read already."""
        if not self._is_meant(end - len(word), word, since):
            return end
        self._begin_operation(self._text[end - len(word) : end])
        self._levels[-1] = True
        return self._target(end) if word == "UPDATE" else end

    def _is_meant(self, start: int, word: str, since: int) -> bool:
        before = _NOT_MEANT.get(word)
        return before is None or before.search(self._upper, max(since, start - _BEFORE), start) is None

    def _clause_at(self, end: int, clause: str, since: int, position: int) -> int:
        """Read what follows, from a position, the clause whose word ends there."""
        if not self._levels[-1] and clause != "INTO":
            return position
        if not self._is_meant(end - len(clause), clause, since):
            return position
        position = self._target(position, may_call=clause != "INTO")
        while clause == "FROM" and (following := _NEXT_IN_LIST.match(self._upper, position)) is not None:
            position = self._target(following.end(), may_call=True)
        return position

    def _target(self, position: int, *, is_table: bool = True, may_call: bool = False) -> int:
        """Read the name at a position, if there is one; a name before a parenthesis may be a function's."""
        first, start = self._upper[position : position + 1], position
        if (first in "OLI" or not first.isalpha()) and (filler := _FILLER.match(self._upper, position)) is not None:
            start = filler.end()
        target = _TARGET.match(self._upper, start)
        if target is None:
            return start
        name = self._of(target)
        self._parts.append(name)
        if is_table and not (may_call and target[2]):
            self._tables.append(name)
            if len(self._levels) == 1 and not self._written:
                self._written = name
        return target.end(1)

    def _begin_operation(self, operation: str) -> None:
        self._parts.append(operation)
        self._first_operation = self._first_operation or operation
        if len(self._levels) == 1:
            self._operation = self._operation or operation

    def _of(self, match: re.Match[str], group: str | int = 1) -> str:
        """Return the statement's own spelling."""
        start, end = match.span(group)
        return self._text[start:end]


def _unquoted(name: str) -> str:
    return name.translate(_NO_QUOTES) if name[-1] in '"`]' or name[0] in '"`[' else name


_NO_QUOTES = str.maketrans("", "", '"`[]')
