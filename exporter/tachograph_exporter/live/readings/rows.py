"""Values of calls: latencies, failures and hits of the last five minutes, from the tables' rows."""

import re
from collections.abc import Callable, Iterator

from ...rules.operations import MEMORY
from ..row import Row
from ..tables import CACHE, DATABASE, LAGS, LLM, OPERATIONS, Table
from .reading import Moment, Reader, Reading

_CALLS_MIN = 5
_REQUESTS_MIN = 50
_MEMORY = re.compile(MEMORY)
_WAITING = re.compile(r"B.+(POP|MOVE)\w*|XREAD|XREADGROUP|WAIT|WAITAOF")
_ACTIVE = [measure.name for measure in OPERATIONS.measures].index("active")


def _rows(
    table: Table,
    value: Callable[[Row], float | None],
    chosen: Callable[[Row], bool] = lambda _: True,
    *,
    calls_min: int = _CALLS_MIN,
) -> Reader:
    def read(known: Moment) -> Iterator[Reading]:
        for row in known.rows(table):
            if row.recent().calls >= calls_min and chosen(row):
                yield dict(zip(table.labels, row.key, strict=True)), value(row)

    return read


def _p95(row: Row) -> float | None:
    return row.quantiles(row.recent())[1]


def _p99(row: Row) -> float | None:
    return row.quantiles(row.recent())[2]


def _average(row: Row) -> float:
    return row.recent().seconds / row.recent().calls


def _errors(row: Row) -> float:
    return row.recent().errors / row.recent().calls


def _hits(row: Row) -> float:
    return row.recent().extras[0] / row.recent().calls


def _stuck(known: Moment) -> Iterator[Reading]:
    """Yield what is under way of operations of which none has finished."""
    for row in known.rows(OPERATIONS):
        if not row.recent().calls:
            yield dict(zip(OPERATIONS.labels, row.key, strict=True)), row.now.extras[_ACTIVE]


def _silent(known: Moment) -> Iterator[Reading]:
    """Yield the services that told of operations within the last hour and no longer do."""
    for key, seen in known.services.items():
        if seen < known.now:
            yield dict(zip(OPERATIONS.labels, key, strict=False)), 1.0


READERS: dict[str, Reader] = {
    "OperationSlow": _rows(OPERATIONS, _p95),
    "OperationMemorySlow": _rows(OPERATIONS, _average, lambda row: _MEMORY.fullmatch(row.key[2]) is not None),
    "OperationErrorsHigh": _rows(OPERATIONS, _errors),
    "OperationStuck": _stuck,
    "ServiceEventLoopBlocked": _rows(LAGS, _p99, calls_min=1),
    "ServiceSilent": _silent,
    "LlmSlow": _rows(LLM, _p95),
    "LlmErrorsHigh": _rows(LLM, _errors),
    "DatabaseQueriesSlow": _rows(DATABASE, _p95, lambda row: _WAITING.fullmatch(row.key[3]) is None),
    "DatabaseErrorsHigh": _rows(DATABASE, _errors),
    "CacheHitRateLow": _rows(CACHE, _hits, calls_min=_REQUESTS_MIN),
}
