"""What the JSON API answers, made of the history."""

import time
from collections.abc import Callable, Sequence

from .. import __version__
from .history import History
from .host import LINES, Use
from .indicators import combined, share, shown
from .row import Plain, Row, minutes, ratio, significant
from .slots import HOST_SECONDS, MINUTE_SECONDS, ROW_SECONDS
from .tables import CACHE, DATABASE, LLM, OPERATIONS, STATEMENTS, TABLES, Table

CALLS = (OPERATIONS, LLM, DATABASE, CACHE)
_WORST = 10


class View:
    """Reads the history; each method returns one document. Who calls holds the history's lock."""

    def __init__(self, history: History, *, host_name: str, wall_clock: Callable[[], float] = time.time) -> None:
        self._history = history
        self._host_name = host_name
        self._wall_clock = wall_clock

    def summary(self) -> Plain:
        """Return the state in figures: performance, resources, errors."""
        history = self._history
        return {
            "time": round(self._wall_clock(), 3),
            "version": __version__,
            "host": self._host_name,
            "exporter_uptime_seconds": round(history.now - history.began),
            "window_seconds": round(history.window_seconds),
            "indicators": shown(self._values(), history.alarms.settings),
            "performance": {table.name: self._performance(table) for table in CALLS},
            "resources": {**history.host.resources, "filesystems": history.host.filesystems},
            "processes": [_use(one) for one in history.host.processes],
            "errors": self._errors(),
            "alerts": history.alarms.shown(history.now),
            "alert_limits": history.alarms.limits(),
        }

    def operations(self) -> Plain:
        """Return the tables of calls."""
        tables = {table.name: self._history.shown(table) for table in CALLS}
        return {"window_seconds": round(self._history.window_seconds), **tables}

    def statements(self) -> Plain:
        """Return the slow statements and those that something can be said against."""
        rows = self._history.shown(STATEMENTS)
        return {"statements": self._history.remarks.shown(rows)}

    def history(self) -> Plain:
        """Return the host's figures of the last quarter of an hour, and the rows' rates and p95."""
        sparks = {f"{table.name}/{row.number}": row.sparks() for table in CALLS for row in self._history.rows(table)}
        return {"host": self.lines(), "interval_seconds": ROW_SECONDS, "rows": sparks}

    def minutes(self) -> Plain:
        """Return what each row counted in each of the last minutes."""
        now, history = self._wall_clock(), self._history
        return {
            "time": round(now, 3),
            "began": round(now - (history.now - history.began), 3),
            "interval_seconds": MINUTE_SECONDS,
            "tables": {
                table.name: [minutes(table, row, now - history.now) for row in history.rows(table)] for table in TABLES
            },
        }

    def lines(self) -> Plain:
        """Return what is drawn of the host."""
        return {"interval_seconds": HOST_SECONDS, **self._history.timeline.lines(LINES)}

    def _values(self) -> dict[str, float | None]:
        history = self._history
        operations, models = list(history.rows(OPERATIONS)), list(history.rows(LLM))
        caches = history.rows(CACHE)
        calls = sum(row.recent().calls for row in operations)
        failed = share((*operations, *models), lambda row: row.recent().errors, _calls)
        useful, tokens = (_place(LLM, name) for name in ("useful_tokens", "all_tokens"))
        return {
            "cpu": history.host.lines["cpu"],
            "memory": history.host.lines["memory"],
            "disk": max((float(str(one["utilization_ratio"])) for one in history.host.filesystems), default=None),
            "operation": combined(operations),
            "llm": combined(models),
            "query": combined(history.rows(DATABASE)),
            "errors": failed,
            "hits": share(caches, lambda row: row.recent().extras[0], _calls),
            "tokens": share(models, lambda row: row.recent().extras[useful], lambda row: row.recent().extras[tokens]),
            "uptime": history.host.uptime,
            "throughput": calls / history.window_seconds if operations else None,
        }

    def _performance(self, table: Table) -> Plain:
        rows = list(self._history.rows(table))
        recents = [row.recent() for row in rows]
        calls, seconds = sum(one.calls for one in recents), sum(one.seconds for one in recents)
        found: Plain = {"series": len(rows), "calls": calls}
        found["calls_per_second"] = significant(calls / self._history.window_seconds)
        if table.duration:
            errors = sum(one.errors for one in recents)
            found |= {"errors": errors, "error_ratio": ratio(errors, calls), "average_seconds": ratio(seconds, calls)}
            found |= {f"p{share}_seconds": significant(combined(rows, share / 100)) for share in (50, 95)}
        for place, measure in enumerate(table.measures):
            if measure.adds:
                values = [row.recent().extras[place] if measure.counts else row.now.extras[place] for row in rows]
                found[measure.name] = significant(sum(values))
        return found

    def _errors(self) -> Plain:
        tables = (OPERATIONS, LLM, DATABASE)
        failing = [(table, row) for table in tables for row in self._history.rows(table) if row.recent().errors]
        failing.sort(key=lambda found: -found[1].recent().errors)
        rows = [row for table in tables for row in self._history.rows(table)]
        return {
            "count": sum(row.recent().errors for row in rows),
            "ratio": significant(share(rows, lambda row: row.recent().errors, _calls)),
            "worst": [_failing(table, row) for table, row in failing[:_WORST]],
        }


def _calls(row: Row) -> float:
    return row.recent().calls


def _place(table: Table, name: str) -> int:
    return [measure.name for measure in table.measures].index(name)


def _use(one: Use) -> Plain:
    return {
        "name": one.name,
        "cpu_cores": significant(one.cpu_cores),
        "memory_bytes": one.memory_bytes,
        "processes": one.processes,
    }


def _failing(table: Table, row: Row) -> Plain:
    recent = row.recent()
    what: Sequence[str] = [part for part in row.key[2:] if part]
    return {
        "table": table.name,
        "service": row.key[0],
        "name": " ".join(what),
        "errors": recent.errors,
        "error_ratio": ratio(recent.errors, recent.calls),
    }
