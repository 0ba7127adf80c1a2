"""What the exporter remembers: the tables' rows and the host's figures of the last quarter of an hour."""

from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from ..exposition.metric import Metric
from .gathering import Key, gather
from .host import HostFigures, Sample
from .row import Plain, Row, plain
from .slots import ROW_SECONDS, ROWS_MAX, WINDOW_SECONDS
from .statements import Remarks
from .tables import LAGS, TABLES, Table
from .timeline import Timeline
from .watch import Watch

if TYPE_CHECKING:
    from ..rules.settings import Settings

_ALL = (*TABLES, LAGS)


class History:
    """Bounded: at most ROWS_MAX rows a table, each with a fixed number of slots. Who reads holds `lock`."""

    def __init__(self, *, limits: "Settings | None" = None, clock: Callable[[], float] = monotonic) -> None:
        self.lock = Lock()
        self.host = HostFigures()
        self.timeline = Timeline()
        self.remarks = Remarks()
        self.now = self.began = clock()
        self.alarms = Watch(limits, self.now)
        self._clock = clock
        self._rows: dict[Table, dict[Key, Row]] = {table: {} for table in _ALL}
        self._number = 0

    def take(self, metrics: Sequence[Metric]) -> None:
        """Take over one sample."""
        sample = Sample(metrics)
        with self.lock:
            self.now = self._clock()
            self.host.take(sample, self.now)
            self.timeline.take(self.now, self.host.lines)
            for table in _ALL:
                self._update(table, sample.metrics(table.metrics))
            self.remarks.take(sample)
            self.alarms.take(sample, self.now, self.host, self.timeline, self.rows)

    @property
    def window_seconds(self) -> float:
        """How long the window is that rows tell of: five minutes, or since the exporter began."""
        slot = self.now // ROW_SECONDS
        oldest = slot * ROW_SECONDS - WINDOW_SECONDS + ROW_SECONDS
        return max(self.now - max(oldest, self.began), 1.0)

    def rows(self, table: Table) -> Iterator[Row]:
        """Yield a table's rows."""
        yield from self._rows[table].values()

    def shown(self, table: Table) -> list[Plain]:
        """Return a table's rows as JSON has them, those with most time spent first."""
        seconds = self.window_seconds
        rows = sorted(self.rows(table), key=lambda row: (-row.recent().seconds, -row.recent().calls, row.key))
        return [plain(table, row, seconds) for row in rows]

    def _update(self, table: Table, metrics: Sequence[Metric]) -> None:
        slot = int(self.now // ROW_SECONDS)
        rows, sums = self._rows[table], gather(table, metrics)
        for gone in [key for key in rows if key not in sums]:
            del rows[gone]
        for key, found in sums.items():
            row = rows.get(key)
            if row is None:
                if len(rows) >= ROWS_MAX:
                    continue
                self._number += 1
                row = rows[key] = Row(self._number, key, slot)
            row.take(slot, found.totals(table), found.bounds)
