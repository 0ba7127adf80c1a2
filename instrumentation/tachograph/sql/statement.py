"""Statements: what is known of one, read once and kept."""

import re
from dataclasses import dataclass
from typing import Any

from .dialect import dialect_of
from .findings import findings, has_leading_wildcard
from .fingerprint import fingerprint
from .neighbours import distance_of
from .sanitizer import sanitized
from .summary import summary

READ_LIMIT = 32_768
TEXT_LIMIT = 4_096
_KEPT_LIMIT = 2_000
_KEPT_LENGTH = 2_048
_TRANSACTION = {
    "BEGIN": "begin",
    "START": "begin",
    "COMMIT": "commit",
    "END": "commit",
    "ROLLBACK": "rollback",
    "ABORT": "rollback",
    "SAVEPOINT": "inner",
    "RELEASE": "inner",
}
_NOT_ONLY_READING = re.compile(
    r"\b(?:INSERT|UPDATE|DELETE|MERGE|REPLACE|INTO|CREATE|DROP|ALTER|TRUNCATE|COPY|CALL|EXEC(?:UTE)?|SHARE)\b|;"
)
_ASCII_CAPITALS = {ord(letter): letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"}


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement, without a literal in it; statements that read the same are the same object.

    `text` is `db.query.text`; `transaction` tells what a statement that only controls one does: "begin", "commit",
    "rollback", or "inner" for savepoints; `distance` is what a search for neighbours orders by.
    """

    text: str
    summary: str
    operation: str
    collection: str | None
    fingerprint: str
    findings: tuple[str, ...]
    transaction: str | None
    distance: str | None

    def only_reads(self) -> bool:
        """Tell whether this is a single SELECT that writes nothing and locks nothing, all of which was read."""
        if len(self.text) > TEXT_LIMIT:
            return False
        plain = self.text.upper().strip().removesuffix(";")
        return self.operation.upper() == "SELECT" and _NOT_ONLY_READING.search(plain) is None


class Statements:
    """The statements of one database system, by their text; bounded in number and in size."""

    def __init__(self, system: str) -> None:
        self._dialect = dialect_of(system)
        self._by_text: dict[object, Statement] = {}
        self._by_reading: dict[tuple[str, bool], Statement] = {}

    def of(self, text: str) -> Statement:
        """Return what is known of a statement."""
        # The text of a long one is not kept: its hash, which Python computes once a string, stands for it.
        key = text if len(text) <= _KEPT_LENGTH else (len(text), hash(text))
        statement = self._by_text.get(key)
        if statement is None:
            statement = self._read(text[:READ_LIMIT])
            if len(self._by_text) >= _KEPT_LIMIT:
                _forget_oldest(self._by_text)
            self._by_text[key] = statement
        return statement

    def _read(self, text: str) -> Statement:
        key = (sanitized(text, self._dialect), has_leading_wildcard(text))
        statement = self._by_reading.get(key)
        if statement is None:
            if len(self._by_reading) >= _KEPT_LIMIT:
                _forget_oldest(self._by_reading)
            statement = self._by_reading[key] = _statement(*key)
        return statement


def _statement(text: str, leading_wildcard: bool) -> Statement:  # noqa: FBT001 - a private function
    upper = text.upper() if text.isascii() else text.translate(_ASCII_CAPITALS)
    read = summary(text, upper)
    operation = read.operation.upper()
    return Statement(
        text=text.strip() if len(text) <= TEXT_LIMIT else text[:TEXT_LIMIT].strip() + "...",
        summary=read.text,
        operation=read.operation,
        collection=read.collection,
        fingerprint=fingerprint(upper),
        findings=findings(upper, operation, reads_table=read.names_table, leading_wildcard=leading_wildcard),
        transaction=_transaction(operation, upper),
        distance=distance_of(upper) if operation == "SELECT" else None,
    )


def _transaction(operation: str, upper: str) -> str | None:
    control = _TRANSACTION.get(operation)
    if control is None or ";" in upper.rstrip("; \t\r\n"):
        return None
    return "inner" if control == "rollback" and " TO " in upper else control


def _forget_oldest(kept: dict[Any, Statement]) -> None:
    """Make room for a quarter; dictionaries keep the order in which things came."""
    for key in list(kept)[: _KEPT_LIMIT // 4]:
        kept.pop(key, None)
