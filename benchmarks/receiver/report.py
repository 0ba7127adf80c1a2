"""The page of results."""

from collections.abc import Mapping, Sequence

from . import soak
from .memory import Bytes, Resident
from .pushing import Pushed
from .scraping import PUSHERS, Scraped
from .soak import Soaked
from .writing import Written

_INTRODUCTION = (
    "Points are histograms of 17 buckets and six attributes, all of which grow at each export. Clients run on the same",
    "cores; CPU is the receiver's own clock.",
)
_PUSHING = (
    "HTTP, four clients without pause, batches of 1,000 | points a second | points a CPU second | RSS MB | failed"
)
_SCRAPING = f"/metrics, gzip, {PUSHERS} clients push once a second | operation lines | p50 ms | p95 ms | CPU ms"
_WRITING = "a scrape by itself: operation lines | collecting, CPU ms | writing and gzip, CPU ms | MB | MB, gzip"


class Report:
    """Collects figures and writes them as Markdown."""

    def __init__(self, machine: str, collector: str) -> None:
        self._machine = machine
        self._collector = collector
        self._targets: list[str] = []
        self._storing: list[str] = []
        self._pushing: list[str] = []
        self._scraping: list[str] = []
        self._writing: list[str] = []
        self._memory: list[str] = []
        self._soak: list[str] = []

    def storing(self, rates: Mapping[str, float]) -> None:
        """Take the rates of decoding and storing."""
        self._storing += [f"| {what} | {rate:,.0f} |" for what, rate in rates.items()]
        self._at_least(
            "histogram points decoded and stored, a second and core", rates["histograms, cumulative"], 200_000
        )

    def pushing(self, who: str, pushed: Pushed) -> None:
        """Take what came through over HTTP."""
        cells = (f"{pushed.points_a_second:,.0f}", f"{pushed.points_a_cpu_second:,.0f}", f"{pushed.megabytes:.0f}")
        self._pushing.append(f"| {who} | {' | '.join(cells)} | {pushed.failures} |")
        if who == "tachograph":
            self._at_least("histogram points over HTTP in batches of 1,000, a second", pushed.points_a_second, 50_000)

    def scraping(self, who: str, scraped: Sequence[Scraped]) -> None:
        """Take the scrapes while clients push."""
        for one in scraped:
            times = " | ".join(
                f"{value:.1f}" for value in (one.p50_milliseconds, one.p95_milliseconds, one.cpu_milliseconds)
            )
            self._scraping.append(f"| {who} | {one.lines:,} | {times} |")
            if who == "tachograph":
                limit = 10 if one.lines < 50_000 else 60
                what = f"/metrics with {one.lines:,} operation lines while {PUSHERS} clients push, p50"
                self._at_most(what, one.p50_milliseconds, limit, "ms")

    def writing(self, written: Written) -> None:
        """Take what a scrape costs by itself."""
        cells = (f"{written.collecting:.1f}", f"{written.writing:.1f}", f"{written.megabytes:.1f}")
        self._writing.append(f"| {written.lines:,} | {' | '.join(cells)} | {written.compressed_megabytes:.2f} |")

    def memory(self, series: Bytes, resident: Sequence[Resident]) -> None:
        """Take the memory."""
        self._memory = [
            f"A histogram of 17 buckets and seven labels takes {series.published:.0f} bytes as a published series,",
            f"{series.a_process:.0f} for each process that reports it, {series.written:.0f} once it was scraped, and",
            f"{series.exemplars:.0f} with an exemplar.",
            "",
            "| exporter, scraped, four clients | RSS MB |",
            "| --- | --- |",
            *(f"| {one.what} | {one.megabytes:.1f} |" for one in resident),
        ]
        for one in resident[1:]:
            self._at_most(f"resident memory with {one.what}", one.megabytes, 60, "MB")

    def soak(self, soaked: Soaked) -> None:
        """Take the long run."""
        sent, early, late = soaked.done["observations"], *_ends(soaked.megabytes)
        self._soak = [
            f"{soak.CLIENTS} clients of {soak.SERVICES} services pushed {soak.SERIES} histograms each a second for",
            f"{soaked.minutes:g} minutes, scraped every ten seconds: {soaked.done['requests']:,} requests,",
            f"{soaked.done['failures']} failed, {soaked.done['late']} late by a second, the slowest took",
            f"{soaked.done['slowest_seconds'] * 1e3:.0f} ms. {sent:,} observations were sent and",
            f"{soaked.arrived:,.0f} are on /metrics. The exporter used {soaked.cpu_percent:.0f} %",
            f"of a core. Resident memory after a minute: {early:.1f} MB; at the end: {late:.1f} MB;",
            f"most: {max(soaked.megabytes):.1f} MB.",
        ]
        self._at_most(
            f"observations lost, {soak.CLIENTS} clients, {soaked.minutes:g} minutes", sent - soaked.arrived, 0, ""
        )
        self._at_most("growth of resident memory after the first minute", late - early, 2, "MB")

    def text(self) -> str:
        """Return the page."""
        collector = f" Peer: OpenTelemetry Collector {self._collector}." if self._collector else ""
        return "\n".join(
            (
                "# The receiver's cost",
                "",
                f"`python -m benchmarks.receiver` on {self._machine}.{collector}",
                *_INTRODUCTION,
                "",
                *_table("target | measured | limit | ", self._targets),
                *_table("decoding and storing in one process | points a CPU second", self._storing),
                *_table(_PUSHING, self._pushing),
                *_table(_SCRAPING, self._scraping),
                "CPU is all the receiver used while the scrape was under way, what was pushed meanwhile included.",
                "",
                *_table(_WRITING, self._writing),
                *self._memory,
                "",
                *self._soak,
                "",
            )
        )

    def _at_least(self, what: str, value: float, limit: float) -> None:
        met = "met" if value >= limit else "NOT met"
        self._targets.append(f"| {what} | {value:,.0f} | at least {limit:,.0f} | {met} |")

    def _at_most(self, what: str, value: float, limit: float, unit: str) -> None:
        met = "met" if value <= limit else "NOT met"
        self._targets.append(f"| {what} | {value:.1f} {unit} | at most {limit:g} {unit} | {met} |".replace("  ", " "))


def _table(head: str, rows: Sequence[str]) -> tuple[str, ...]:
    return (f"| {head} |", "|" + " --- |" * (head.count("|") + 1), *rows, "")


def _ends(megabytes: Sequence[float]) -> tuple[float, float]:
    return megabytes[min(6, len(megabytes) - 1)], megabytes[-1]
