"""The page of results."""

from collections.abc import Mapping

from .exposition import Written
from .floor import Floor
from .measuring import Measured, ratio
from .target import Server

_OURS, _NODE = "tachograph, shared collectors", "node_exporter, shared collectors"


class Report:
    """Collects figures and writes them as Markdown."""

    def __init__(self, machine: str, versions: str) -> None:
        self._machine = machine
        self._versions = versions
        self._hosts: list[str] = []
        self._starts: list[str] = []
        self._targets: list[str] = []
        self._crowd: list[str] = []

    def host(self, server: Server, hot: Measured, paced: Measured, idle: Mapping[str, float]) -> None:
        """Take one server's figures."""
        name = server.target.name
        cells = (
            name,
            str(server.series()),
            *(f"{_middle(one):.2f}" for one in (hot[name].cpu_milliseconds, hot[name].p50_milliseconds)),
            *(f"{_middle(one):.2f}" for one in (paced[name].cpu_milliseconds, paced[name].p50_milliseconds)),
            f"{server.resident_megabytes():.1f}",
            f"{idle[name]:.2f}",
        )
        self._hosts.append(f"| {' | '.join(cells)} |")
        if name == "tachograph, defaults":
            self._check("resident memory, all default collectors, no receiver", server.resident_megabytes(), 27, "MB")
            self._check("CPU while nobody asks", idle[name], 0.05, "%")
        if name == "tachograph, defaults and receiver":
            self._check("resident memory with the receiver idle", server.resident_megabytes(), 45, "MB")

    def ratios(self, hot: Measured, paced: Measured) -> None:
        """Take the ratios to node_exporter with the same collectors."""
        for label, measured, limit in (("hot", hot, 1 / 3), ("once a second", paced, 1 / 2)):
            ours, node = measured[_OURS], measured[_NODE]
            cpu = ratio(ours.cpu_milliseconds, node.cpu_milliseconds)
            self._check(f"CPU a scrape by node_exporter's, same collectors, {label}", cpu, limit, "")
            latency = ratio(ours.p50_milliseconds, node.p50_milliseconds)
            self._check(f"p50 latency by node_exporter's, same collectors, {label}", latency, limit, "")

    def start(self, name: str, middle: float, worst: float) -> None:
        """Take the times from process start to the first answered scrape."""
        self._starts.append(f"| {name} | {middle * 1e3:.0f} | {worst * 1e3:.0f} |")
        if name == "tachograph, defaults":
            self._check("first answered scrape after process start", middle * 1e3, 300, "ms")

    def crowd(self, processes: int, measured: Measured) -> None:
        """Take the figures with many processes."""
        for name, figures in measured.items():
            cpu, p50 = _middle(figures.cpu_milliseconds), _middle(figures.p50_milliseconds)
            self._crowd.append(f"| {name} | {processes} | {cpu:.1f} | {p50:.1f} |")
            if name == "tachograph, processes":
                self._check("a scrape of 2,000 processes, CPU", cpu, 25, "ms")
                self._check("a scrape of 2,000 processes, p50", p50, 25, "ms")

    def exposition(self, written: Written) -> None:
        """Take the time of writing."""
        self._check(f"{written.lines:,} histogram lines written, CPU", written.ours_milliseconds, 5, "ms")
        same = "the same bytes" if written.same else "DIFFERENT bytes"
        self._written = f"prometheus-client takes {written.theirs_milliseconds:.0f} ms for {same}."

    def floor(self, measured: Floor) -> None:
        """Take the cost beside the floor."""
        self._check(
            "CPU of collecting six /proc files by that of reading and parsing them",
            measured.collected / measured.read_and_parsed,
            3,
            "",
        )
        self._floor = (
            f"Six files of /proc: {measured.read:.0f} us to read, {measured.read_and_parsed:.0f} us to read and parse, "
            f"{measured.collected:.0f} us for our seven collectors of them."
        )

    def text(self) -> str:
        """Return the page."""
        return "\n".join(
            (
                "# The exporter's cost",
                "",
                f"`python -m benchmarks.exporter` on {self._machine}.",
                f"Peers: {self._versions}. All servers run at the same time and are asked in turn, with",
                "Prometheus' headers (OpenMetrics or text, gzip). CPU is the process' own clock. Trust the ratios:",
                "they are medians of each round's ratio; the rest are medians over the rounds.",
                "",
                "| target | measured | limit | |",
                "| --- | --- | --- | --- |",
                *self._targets,
                "",
                "| server | series | CPU ms, hot | p50 ms, hot | CPU ms, 1/s | p50 ms, 1/s | RSS MB | idle CPU % |",
                "| --- | --- | --- | --- | --- | --- | --- | --- |",
                *self._hosts,
                "",
                "| process start to first answered scrape | median ms | worst ms |",
                "| --- | --- | --- |",
                *self._starts,
                "",
                "| process table | processes | CPU ms | p50 ms |",
                "| --- | --- | --- | --- |",
                *self._crowd,
                "",
                self._written,
                self._floor,
                "",
            )
        )

    def _check(self, what: str, value: float, limit: float, unit: str) -> None:
        met = "met" if value <= limit else "NOT met"
        self._targets.append(f"| {what} | {value:.2f} {unit} | {limit:.2f} {unit} | {met} |".replace("  ", " "))


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
