"""What the alerts look at, every few seconds: single families, counters over minutes, services that fell silent."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..exposition.metric import Metric
from .host import Sample
from .increases import Increases
from .readings.counters import COUNTERS
from .readings.reading import Moment
from .row import Plain, Row
from .tables import Table
from .timeline import Timeline

if TYPE_CHECKING:
    from ..rules.settings import Settings
    from .alarms import Alarms
    from .host import HostFigures

# What is read of collectors that are asked seldom: their last answer holds until the next.
_SELDOM = (
    "node_filefd_allocated",
    "node_filefd_maximum",
    "node_network_speed_bytes",
    "node_nf_conntrack_entries",
    "node_nf_conntrack_entries_limit",
    "node_pressure_memory_stalled_seconds_total",
    "node_timex_offset_seconds",
    "node_vmstat_oom_kill",
    "tachograph_cgroup_cpu_periods_total",
    "tachograph_cgroup_cpu_throttled_periods_total",
    "tachograph_cgroup_memory_utilization_ratio",
    "tachograph_cgroup_oom_kills_total",
    "tachograph_process_group_memory_ratio",
    "tachograph_process_group_processes",
)
_WATCHED_SECONDS, _IDLE_SECONDS = 5.0, 15.0
_REMEMBERED_SECONDS = 3600.0


class Watch:
    """Keeps what single samples do not tell, and holds it against the limits every few seconds, less often at rest."""

    def __init__(self, limits: "Settings | None", now: float) -> None:
        self.at_rest = False
        self.settings = limits
        self._alarms: Alarms | None = None
        self._taken = now
        self._increases = Increases(COUNTERS)
        self._seldom: dict[str, list[Metric]] = {}
        self._success: dict[str, float] = {}
        self._worked: set[str] = set()
        self._services: dict[tuple[str, str], float] = {}
        self._answers = Timeline()

    def replace(self, limits: "Settings | None") -> None:
        """Hold values against other limits from now on."""
        self.settings = limits
        if self._alarms:
            self._alarms.replace(limits)

    def take(
        self,
        sample: Sample,
        now: float,
        host: "HostFigures",
        timeline: Timeline,
        rows: Callable[[Table], Iterator[Row]],
    ) -> None:
        """Take over one sample; the first seconds have no alerts, for nothing has lasted."""
        self._seldom |= sample.families(_SELDOM)
        for labels, success in sample.rows("node_scrape_collector_success"):
            self._success[labels["collector"]] = success
        if now - self._taken < (_IDLE_SECONDS if self.at_rest else _WATCHED_SECONDS):
            return
        self._taken = now
        self._worked |= {name for name, success in self._success.items() if success}
        sample.fill(self._seldom)
        self._increases.take(sample.named, now)
        self._note_services(sample, now)
        durations = {row["target"]: seconds for row, seconds in sample.rows("tachograph_probe_duration_seconds")}
        self._answers.take(now, durations)
        moment = Moment(
            now, host, timeline, sample, self._increases, self._services, self._failing(), self._answers, rows
        )
        self._known().take(moment, now)

    def shown(self, now: float) -> list[Plain]:
        """Return the alerts as JSON has them."""
        return self._alarms.shown(now) if self._alarms else []

    def limits(self) -> Plain:
        """Return whose limits they are, and how many alerts are looked at here, of how many."""
        looked_at, known = self._known().counts
        return {"own": self.settings is not None, "looked_at": looked_at, "known": known}

    def _known(self) -> "Alarms":
        if self._alarms is None:
            from .alarms import Alarms  # noqa: PLC0415 - the rules cost an exporter's start a tenth of its time

            self._alarms = Alarms(self.settings)
        return self._alarms

    def _failing(self) -> dict[str, float]:
        return {name: 1 - success for name, success in self._success.items() if name in self._worked}

    def _note_services(self, sample: Sample, now: float) -> None:
        for metric in sample.named("tachograph_operation_active"):
            self._services |= dict.fromkeys(_identities(metric), now)
        self._services = {key: seen for key, seen in self._services.items() if now - seen < _REMEMBERED_SECONDS}


def _identities(metric: Metric) -> Sequence[tuple[str, str]]:
    names = metric.label_names
    service, environment = (
        names.index(name) if name in names else -1 for name in ("service_name", "deployment_environment_name")
    )
    return [
        (values[service] if service >= 0 else "", values[environment] if environment >= 0 else "")
        for values, _ in metric.rows
    ]
