"""Values that are as they are at this moment."""

from collections.abc import Iterator, Sequence
from time import time

from ..host import IMAGES
from ..slots import WINDOW_SECONDS
from ..tables import IDENTITY
from .reading import HERE, Labels, Moment, Reader, Reading

_MODEL = (*IDENTITY, "gen_ai_provider_name", "gen_ai_request_model")
_SERVER = (*IDENTITY, "db_system_name", "server_address", "server_port")
_POOL = (*IDENTITY, "db_client_connection_pool_name")
_QUOTA = (*_MODEL, "tachograph_gen_ai_quota_type")
_PEAK_SECONDS = 60.0


def _line(name: str, seconds: float) -> Reader:
    def read(known: Moment) -> Iterator[Reading]:
        yield HERE, known.timeline.average(name, seconds)

    return read


def _memory(known: Moment) -> Iterator[Reading]:
    yield HERE, known.host.lines["memory"]


def _filesystems(known: Moment) -> Iterator[Reading]:
    for one in known.host.filesystems:
        labels = {**HERE, "mountpoint": str(one["mountpoint"]), "device": str(one["device"])}
        yield labels, float(str(one["utilization_ratio"]))


def _inodes(known: Moment) -> Iterator[Reading]:
    shown = {one["mountpoint"] for one in known.host.filesystems}
    free = {labels["mountpoint"]: value for labels, value in known.sample.rows("node_filesystem_files_free")}
    for labels, files in known.sample.rows("node_filesystem_files"):
        where = labels["mountpoint"]
        if files > 0 and where in shown and labels["fstype"] not in IMAGES:
            yield {**HERE, "mountpoint": where, "device": labels["device"]}, 1 - free.get(where, files) / files


def _value(name: str, limit: str = "") -> Reader:
    """Read a family of this host, or its share of another one that limits it."""

    def read(known: Moment) -> Iterator[Reading]:
        most = {tuple(labels.items()): value for labels, value in known.sample.rows(limit)} if limit else {}
        for labels, value in known.sample.rows(name):
            if not limit:
                yield {**HERE, **labels}, value
            elif (whole := most.get(tuple(labels.items()), 0.0)) > 0:
                yield {**HERE, **labels}, value / whole

    return read


def _clock(known: Moment) -> Iterator[Reading]:
    offset = known.sample.value("node_timex_offset_seconds")
    yield HERE, None if offset is None else abs(offset)


def _failures(kind: str, by: Sequence[str]) -> Reader:
    def read(known: Moment) -> Iterator[Reading]:
        most: dict[tuple[str, ...], float] = {}
        for labels, value in known.sample.rows("tachograph_consecutive_failures"):
            if labels.get("tachograph_target_kind") == kind:
                key = _key(labels, by)
                most[key] = max(value, most.get(key, 0.0))
        yield from _labelled(by, most)

    return read


def _quota(known: Moment) -> Iterator[Reading]:
    limits = {
        tuple(labels.items()): value for labels, value in known.sample.rows("tachograph_gen_ai_client_quota_limit")
    }
    least: dict[tuple[str, ...], float] = {}
    for labels, left in known.sample.rows("tachograph_gen_ai_client_quota_remaining"):
        limit = limits.get(tuple(labels.items()), 0.0)
        if limit > 0:
            key = _key(labels, _QUOTA)
            least[key] = min(left / limit, least.get(key, 1.0))
    yield from _labelled(_QUOTA, least)


def _pools(known: Moment) -> Iterator[Reading]:
    used: dict[tuple[str, ...], float] = {}
    most: dict[tuple[str, ...], float] = {}
    for labels, value in known.sample.rows("db_client_connection_count"):
        if labels.get("db_client_connection_state") == "used":
            used[_key(labels, _POOL)] = used.get(_key(labels, _POOL), 0.0) + value
    for labels, value in known.sample.rows("db_client_connection_max"):
        most[_key(labels, _POOL)] = most.get(_key(labels, _POOL), 0.0) + value
    yield from _labelled(_POOL, {key: value / most[key] for key, value in used.items() if most.get(key)})


def _collectors(known: Moment) -> Iterator[Reading]:
    for collector, failing in known.failing.items():
        yield {**HERE, "collector": collector}, failing


def _unanswered(known: Moment) -> Iterator[Reading]:
    for labels, success in known.sample.rows("tachograph_probe_success"):
        yield {**HERE, **labels}, 1 - success


def _answers(known: Moment) -> Iterator[Reading]:
    for labels, _ in known.sample.rows("tachograph_probe_duration_seconds"):
        yield {**HERE, **labels}, known.answers.average(labels["target"], WINDOW_SECONDS)


def _expiry(known: Moment) -> Iterator[Reading]:
    for labels, ends in known.sample.rows("tachograph_probe_tls_expiry_timestamp_seconds"):
        yield {**HERE, **labels}, ends - time()


def _key(labels: Labels, by: Sequence[str]) -> tuple[str, ...]:
    return tuple([labels.get(label, "") for label in by])


def _labelled(by: Sequence[str], values: dict[tuple[str, ...], float]) -> Iterator[Reading]:
    for key, value in values.items():
        yield dict(zip(by, key, strict=True)), value


READERS: dict[str, Reader] = {
    "HostCpuHigh": _line("cpu", WINDOW_SECONDS),
    "HostCpuPeak": _line("cpu", _PEAK_SECONDS),
    "HostMemoryHigh": _memory,
    "HostFilesystemFull": _filesystems,
    "HostFilesystemInodesFull": _inodes,
    "HostConnectionTrackingFull": _value("node_nf_conntrack_entries", "node_nf_conntrack_entries_limit"),
    "HostFileDescriptorsHigh": _value("node_filefd_allocated", "node_filefd_maximum"),
    "HostClockDrifting": _clock,
    "ProcessGroupGone": _value("tachograph_process_group_processes"),
    "ProcessGroupMemoryHigh": _value("tachograph_process_group_memory_ratio"),
    "ProcessFileDescriptorsHigh": _value("process_open_fds", "process_max_fds"),
    "ContainerMemoryHigh": _value("tachograph_cgroup_memory_utilization_ratio"),
    "LlmProviderDown": _failures("llm", _MODEL),
    "LlmRateLimitNear": _quota,
    "DatabaseDown": _failures("db", _SERVER),
    "DatabasePoolExhausted": _pools,
    "ProbeFails": _unanswered,
    "ProbeSlow": _answers,
    "ProbeLosesAttempts": _value("tachograph_probe_loss_ratio"),
    "ProbeUptimeLow": _value("tachograph_probe_uptime_ratio"),
    "ProbeCertificateExpires": _expiry,
    "ExporterCollectorFails": _collectors,
    "ExporterMemoryHigh": _value("process_resident_memory_bytes"),
}
