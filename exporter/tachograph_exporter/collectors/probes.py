"""Availability of endpoints: response time by phase, status, TLS expiry, loss and up-time."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Self

from ..exposition.metric import Kind, Labels, Metric
from ..host import Host
from .collector import Collector
from .options import Options, checked, option, positive
from .probe_target import Attempt, Target

if TYPE_CHECKING:
    from .prober import Prober

_FIRST_ANSWERS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ProbeOptions(Options):
    """What is probed, and how often."""

    targets: tuple[Target, ...] = option((), "The endpoints.")
    interval: float = checked(15.0, "Seconds between two attempts at a target.", positive)
    loss_window: float = checked(300.0, "Seconds over which the share of failed attempts is taken.", positive)
    uptime_window: float = checked(86400.0, "Seconds over which the share of good attempts is taken.", positive)

    def __post_init__(self) -> None:
        """Refuse two targets that would be one series."""
        labels = [target.label for target in self.targets]
        for label in labels:
            if labels.count(label) > 1:
                raise ValueError(f"targets: {label!r} is there twice; give each a name of its own")


class Window:
    """The share of failures among the attempts of the last so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._outcomes: deque[tuple[float, bool]] = deque()
        self._failures = 0

    def resized(self, seconds: float) -> "Window":
        """Return a window of another length with the same attempts."""
        window = Window(seconds)
        for at, failed in tuple(self._outcomes):
            window.add(at, failed=failed)
        return window

    def add(self, at: float, *, failed: bool) -> None:
        """Count an attempt, and forget those that are too old."""
        self._outcomes.append((at, failed))
        self._failures += failed
        while self._outcomes[0][0] <= at - self._seconds:
            self._failures -= self._outcomes.popleft()[1]

    @property
    def failed_ratio(self) -> float:
        """Failed attempts, 0 to 1."""
        return self._failures / max(1, len(self._outcomes))


class History:
    """What is known of a target."""

    def __init__(self, options: ProbeOptions) -> None:
        self.last: Attempt | None = None
        self.attempts = 0
        self.failures: Counter[str] = Counter()
        self.expiry: float | None = None
        self.loss = Window(options.loss_window)
        self.uptime = Window(options.uptime_window)

    def kept(self, options: ProbeOptions) -> Self:
        """Return itself with windows of these lengths."""
        self.loss = self.loss.resized(options.loss_window)
        self.uptime = self.uptime.resized(options.uptime_window)
        return self

    def add(self, done: Attempt, now: float) -> None:
        """Take over an attempt; the certificate seen last is kept over attempts that did not come that far."""
        self.loss.add(now, failed=bool(done.failure))
        self.uptime.add(now, failed=bool(done.failure))
        self.attempts += 1
        self.failures[done.failure] += 1
        self.expiry = self.expiry if done.expiry is None else done.expiry
        self.last = done


class Probes(Collector):
    """Probes its targets on their own interval, in a thread of its own; a scrape only reads what came of it."""

    name = "probes"
    options_type = ProbeOptions
    options: ProbeOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._histories = {target.label: History(self.options) for target in self.options.targets}
        self._prober: Prober | None = None
        self._closed = False
        self._starting = Lock()

    def succeed(self, before: Self) -> None:
        """Keep what is known of targets that are as they were; the windows are the new ones."""
        before.close()
        for target in (one for one in self.options.targets if one in before.options.targets):
            self._histories[target.label] = before._histories[target.label].kept(self.options)

    def collect(self) -> Iterator[Metric]:
        """Yield each target's figures; the first scrape starts the probing and waits for first answers."""
        if not self._histories or self._closed:
            return
        with self._starting:  # the live page reads from here as well
            self._start()
        known = {name: history for name, history in self._histories.items() if history.last is not None}
        yield from _totals(known)
        yield from _last({name: history.last for name, history in known.items() if history.last is not None})

    def close(self) -> None:
        """Stop probing."""
        super().close()
        with self._starting:
            self._closed = True
            if self._prober is not None:
                self._prober.stop()
                self._prober = None

    def _start(self) -> None:
        if self._prober is None and not self._closed:
            from .prober import Prober  # noqa: PLC0415 - it loads OpenSSL, 4 MB for whoever probes nothing

            self._prober = Prober(self.options.targets, self.options.interval, self._add)
            self._prober.start(wait_seconds=_FIRST_ANSWERS_SECONDS)

    def _add(self, target: Target, done: Attempt, began: float) -> None:
        self._histories[target.label].add(done, began)


def _totals(known: Mapping[str, History]) -> Iterator[Metric]:
    figures: tuple[tuple[str, Kind, str, dict[str, float | None]], ...] = (
        ("attempts_total", "counter", "Attempts.", {name: float(one.attempts) for name, one in known.items()}),
        ("loss_ratio", "gauge", "Attempts of the last minutes that failed, 0 to 1.",
         {name: one.loss.failed_ratio for name, one in known.items()}),
        ("uptime_ratio", "gauge", "Attempts of the last day that did not fail, 0 to 1.",
         {name: 1 - one.uptime.failed_ratio for name, one in known.items()}),
        ("tls_expiry_timestamp_seconds", "gauge", "When the certificate ends, as a Unix time.",
         {name: one.expiry for name, one in known.items()}),
    )  # fmt: skip
    for metric, kind, documentation, values in figures:
        rows = [((name,), value) for name, value in values.items() if value is not None]
        if rows:
            yield Metric(f"tachograph_probe_{metric}", kind, documentation, ("target",), rows)
    failures: list[tuple[Labels, float]] = [
        ((name, reason), float(count))
        for name, one in known.items()
        for reason, count in list(one.failures.items())  # the prober's thread adds reasons meanwhile
        if reason
    ]
    documentation = "Attempts that failed, by what went wrong."
    yield Metric("tachograph_probe_failures_total", "counter", documentation, ("target", "reason"), failures)


def _last(attempts: Mapping[str, Attempt]) -> Iterator[Metric]:
    success = [((name,), float(not one.failure)) for name, one in attempts.items()]
    yield Metric("tachograph_probe_success", "gauge", "1 where the last attempt was good.", ("target",), success)
    seconds = [((name,), one.seconds) for name, one in attempts.items()]
    yield Metric("tachograph_probe_duration_seconds", "gauge", "Time of the last attempt.", ("target",), seconds)
    phases = [((name, phase), spent) for name, one in attempts.items() for phase, spent in one.phases.items()]
    documentation = "Time of each phase of the last attempt."
    yield Metric("tachograph_probe_phase_seconds", "gauge", documentation, ("target", "phase"), phases)
    at = [((name,), one.at) for name, one in attempts.items()]
    yield Metric("tachograph_probe_timestamp_seconds", "gauge", "When the last attempt began.", ("target",), at)
    statuses = [((name,), float(one.status)) for name, one in attempts.items() if one.status is not None]
    if statuses:
        yield Metric("tachograph_probe_http_status", "gauge", "Status of the last answer.", ("target",), statuses)
