"""The tables: which columns each has, as on the live page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import localtime, strftime

from . import figures
from .figures import NONE, Write
from .grid import Cell, Column
from .harmless import harmless
from .sketch import bar, spark
from .state import Row, State

_SPARK = 12
_BAR = 10
_BAD_ERRORS = 0.01
_FULL, _HIGH = 0.9, 0.8
_KINDS = {"llm": "LLM", "db": "db", "cache": "cache", "operation": "other", "own": "own"}


@dataclass(frozen=True, slots=True)
class Table:
    """One table: where its rows are, its columns, and what it says while it is empty."""

    title: str
    rows: Callable[[State], Sequence[Row]]
    columns: tuple[Column, ...]
    empty: str


def name(field: str, title: str, *, rank: int = 0, join: str = "") -> Column:
    """Return a column of names."""

    def words(row: Row) -> str:
        return " ".join(str(row[one]) for one in (field, join) if one and row.get(one))

    return Column(title=title, cell=lambda row: (harmless(words(row)) or NONE, ""), key=words, rank=rank, name=True)


def figure(
    field: str, title: str, write: Write, *, rank: int = 0, style: Callable[[float], str] = lambda _: ""
) -> Column:
    """Return a column of figures."""

    def cell(row: Row) -> Cell:
        value = row.get(field)
        return write(value), style(value) if value is not None else "dim"

    return Column(title=title, cell=cell, key=lambda row: row.get(field), rank=rank)


def _drawn(kind: str, title: str, rank: int) -> Column:
    def values(row: Row) -> list[float | None]:
        found: list[float | None] = row.get(f"spark_{kind}", [])
        return found

    def last(row: Row) -> float | None:
        return next((value for value in reversed(values(row)) if value is not None), None)

    return Column(title=title, cell=lambda row: (spark(values(row), _SPARK), "cyan"), key=last, rank=rank)


def _shares(row: Row) -> Cell:
    parts = {words: row.get(f"{kind}_seconds") or 0.0 for kind, words in _KINDS.items()}
    total = sum(parts.values())
    if not total:
        return NONE, "dim"
    most = sorted(parts.items(), key=lambda part: -part[1])[:2]
    return ", ".join(f"{words} {figures.digits(100 * value / total, 2)} %" for words, value in most if value), ""


def _time_spent(row: Row) -> float:
    return float((row.get("average_seconds") or 0.0) * (row.get("calls") or 0))


def _failing(value: float) -> str:
    return "bold red" if value > _BAD_ERRORS else ""


def _filling(value: float) -> str:
    return "bold red" if value > _FULL else "yellow" if value > _HIGH else ""


def _use(value: float) -> Cell:
    return f"{bar(value, _BAR)} {figures.ratio(value)}", _filling(value)


def _found(row: Row) -> Cell:
    return ", ".join(harmless(one["finding"]).replace("_", " ") for one in row["findings"]), "yellow"


def _failed(row: Row) -> Cell:
    return ("failed", "bold red") if row["error"] else ("", "")


def _clock(value: float | None) -> str:
    return NONE if value is None else strftime("%H:%M:%S", localtime(value))


_RATE = (figure("calls_per_second", "Calls", figures.per_second), _drawn("rate", "Rate", 3))
_TIMES = (
    figure("p50_seconds", "p50", figures.seconds, rank=2),
    figure("p95_seconds", "p95", figures.seconds),
    _drawn("p95", "p95 drawn", 6),
)
_ERRORS = figure("error_ratio", "Errors", figures.ratio, style=_failing)
_SERVICE = name("service", "Service", rank=5)
_SPENT = Column(title="Time spent", cell=lambda row: (figures.seconds(_time_spent(row)), ""), key=_time_spent, rank=8)
_USE = Column(
    title="Use",
    cell=lambda row: _use(row["utilization_ratio"]),
    key=lambda row: row["utilization_ratio"],
)

OPERATIONS = Table(
    "Operations",
    lambda state: state.rows("operations"),
    (
        name("operation", "Operation"), _SERVICE, *_RATE, *_TIMES, _ERRORS,
        figure("active", "Active", figures.count, rank=5),
        figure("cost_usd", "Cost", figures.dollars, rank=1),
        Column(title="Where the time goes", cell=_shares, key=_time_spent, rank=7),
        _SPENT,
    ),
    "No operation was measured yet. Decorate one with @tachograph.operation.",
)  # fmt: skip
LLM = Table(
    "LLM",
    lambda state: state.rows("llm"),
    (
        name("model", "Model"), name("provider", "Provider", rank=4), _SERVICE, *_RATE, *_TIMES, _ERRORS,
        figure("input_tokens", "Tokens in", figures.count, rank=5),
        figure("output_tokens", "out", figures.count, rank=5), figure("cost_usd", "Cost", figures.dollars), _SPENT,
    ),
    "No call of a model yet.",
)  # fmt: skip
DATABASE = Table(
    "Database",
    lambda state: state.rows("database"),
    (
        name("operation", "Query", join="collection"), name("system", "System", rank=4), _SERVICE, *_RATE, *_TIMES,
        _ERRORS, figure("rows", "Rows", figures.count, rank=1), _SPENT,
    ),
    "No call of a database yet.",
)  # fmt: skip
CACHE = Table(
    "Cache",
    lambda state: state.rows("cache"),
    (
        name("cache", "Cache"), name("level", "Level", rank=1), _SERVICE, *_RATE,
        figure("hit_ratio", "Hits", figures.ratio), figure("p50_seconds", "p50", figures.seconds, rank=2),
        figure("p95_seconds", "p95", figures.seconds, rank=1), figure("saved_seconds", "Saved", figures.seconds),
        figure("saved_usd", "Saved $", figures.dollars, rank=2), figure("misses", "Misses", figures.count, rank=5),
        figure("entries", "Entries", figures.count, rank=4), figure("max_entries", "of", figures.count, rank=5),
        figure("evictions", "Evicted", figures.count, rank=5),
    ),
    "No request to a cache yet.",
)  # fmt: skip
STATEMENTS = Table(
    "Statements",
    State.statements,
    (
        name("text", "Statement"), name("system", "System", rank=2), _SERVICE, figure("calls", "Calls", figures.count),
        figure("average_seconds", "Average", figures.seconds), figure("p95_seconds", "p95", figures.seconds, rank=1),
        figure("rows", "Rows", figures.count, rank=4),
        Column(title="Found", cell=_found, key=lambda row: len(row["findings"])),
    ),
    "No statement was slow, and nothing is to be said against any.",
)  # fmt: skip
PROCESSES = Table(
    "Processes",
    lambda state: state.summary["processes"],
    (
        name("name", "Process"), figure("cpu_cores", "CPU", figures.ratio),
        figure("memory_bytes", "Memory", figures.size), figure("processes", "Processes", figures.count, rank=1),
    ),
    "No process was seen yet.",
)  # fmt: skip
FILESYSTEMS = Table(
    "File systems",
    lambda state: state.summary["resources"]["filesystems"],
    (
        name("mountpoint", "Mounted at"),
        _USE,
        figure("size_bytes", "Size", figures.size),
        name("device", "Device", rank=1),
    ),
    "No file system.",
)
_TRACE = (
    name("operation", "Trace"), name("service", "Service", rank=2),
    figure("duration_seconds", "Took", figures.seconds), figure("spans", "Spans", figures.count, rank=1),
    Column(title="", cell=_failed, key=lambda row: row["error"]),
    figure("start_seconds", "At", _clock, rank=1),
)  # fmt: skip
RECENT = Table("Recent traces", lambda state: state.traces("recent"), _TRACE, "No trace yet.")
SLOWEST = Table("Slowest traces", lambda state: state.traces("slowest"), _TRACE, "No trace yet.")
