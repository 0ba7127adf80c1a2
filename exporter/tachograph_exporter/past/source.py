"""Where the past is read from: one interface, whoever remembers."""

from collections.abc import Callable
from typing import Protocol

from ..live.tables import Table
from ..rules.settings import Settings
from .access import Access
from .exporter import ExporterSource
from .failure import NothingFound
from .measures import Measure
from .prometheus import PrometheusSource
from .series import Calls, Incident, Reach, Remark, Series
from .window import Window, clock

# Is told what is being read, the pieces that are done and how many there are.
Progress = Callable[[str, int, int], None]


class Source(Protocol):
    """Who remembers. Every method raises PastError; an empty answer says that nothing was measured."""

    @property
    def place(self) -> str:
        """What it is and where, for people."""

    def reach(self) -> Reach:
        """Return how far back it knows anything."""

    def series(self, measure: Measure, window: Window, *, apart: bool = True) -> list[Series]:
        """Return a measure over a window: a series a thing, or one over all rows of a table where not `apart`."""

    def histograms(self, table: Table, window: Window) -> list[Calls]:
        """Return what each row of a table counted in a window."""

    def slices(self, table: Table, window: Window, seconds: int) -> list[list[Calls]]:
        """Return the same in slices of so many seconds, at least a minute, without extras; a table of calls only."""

    def remarks(self, window: Window) -> list[Remark]:
        """Return what was found against statements in a window."""

    def incidents(self, window: Window) -> list[Incident]:
        """Return the alerts that fired in a window, the first one first."""


def no_progress(_what: str, _done: int, _all: int) -> None:
    """Tell nobody."""


def source_at(
    prometheus: str | None,
    exporter: str = "http://127.0.0.1:9100",
    *,
    access: Access | None = None,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Source:
    """Return Prometheus, or whatever speaks its API, where its address is known, else the exporter's ring.

    Raise ValueError for an address that is none, PastError for a credential that cannot be read. Nothing is asked yet.
    """
    access = access or Access()
    if prometheus:
        return PrometheusSource(prometheus, access, settings or Settings(), progress)
    return ExporterSource(exporter, access)


def nothing_found(source: Source, window: Window) -> NothingFound:
    """Return what is raised where nothing was measured in a window: when it was, and how far back anything is known."""
    asked = f"nothing was measured from {clock(window.start)} to {clock(window.end)}"
    return NothingFound(f"{asked}: {source.reach().told}")
