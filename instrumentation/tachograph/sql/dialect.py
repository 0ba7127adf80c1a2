"""How database systems differ in their quoting; one that is not known is read as standard SQL."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Dialect:
    """The quoting of one database system.

    `double_quotes` hold an identifier, a literal, or either, which only the tables tell; `chosen_quotes` are those of
    q'[it's]'. `firsts` are more characters
    that quotes and comments begin with, written as in a set of a regular expression; `marks` show in a text that it
    needs more than the plain expression.
    """

    double_quotes: Literal["identifier", "literal", "either"] = "identifier"
    backslash_escapes: bool = False
    hash_comments: bool = False
    bracket_identifiers: bool = False
    nested_comments: bool = True
    chosen_quotes: bool = False
    firsts: str = ""
    marks: tuple[str, ...] = ()


STANDARD = Dialect()
_MYSQL = Dialect(
    "literal", backslash_escapes=True, hash_comments=True, nested_comments=False, firsts="#", marks=("\\", "#")
)
_DIALECTS = {
    "sqlite": Dialect("either", bracket_identifiers=True, nested_comments=False, firsts=r"\[", marks=("[",)),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "microsoft.sql_server": Dialect(bracket_identifiers=True, firsts=r"\[", marks=("[",)),
    "oracle.db": Dialect(nested_comments=False, chosen_quotes=True, marks=("q'", "Q'")),
    "clickhouse": Dialect(backslash_escapes=True, hash_comments=True, firsts="#", marks=("\\", "#")),
}


def dialect_of(system: str) -> Dialect:
    """Return the dialect of a `db.system.name`."""
    return _DIALECTS.get(system, STANDARD)
