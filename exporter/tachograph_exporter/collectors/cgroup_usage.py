"""A control group's limits and use, read from version 2 or version 1 of the kernel's interface."""

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from .attributes import Attributes
from .files import Files, fields, number
from .pressure import stall_seconds

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_UNLIMITED_V1 = 1 << 62  # version 1 writes "no limit" as the largest multiple of a page
_RESOURCES = ("cpu", "io", "memory")
_FILES_V2 = (
    "cpu.stat", "memory.current", "memory.stat", "memory.swap.current", "memory.events", "pids.current", "io.stat",
    *(f"{resource}.pressure" for resource in _RESOURCES),
)  # fmt: skip
CONTROLLERS_V1 = ("memory", "cpu", "cpuacct", "pids", "blkio")
_TOP_FILES = ("release_agent", "cgroup.controllers", "cgroup.events")
_BLOCKS_V1 = "blkio.throttle.io_service_bytes_recursive"
_DIRECTIONS_V1 = {b"Read": "read", b"Write": "written"}

Numbers = dict[str, float]


@dataclass(frozen=True, slots=True)
class Usage:
    """What a group used and may use: numbers by metric, and what is told apart by device or by resource."""

    numbers: Numbers = field(default_factory=dict)
    io: Mapping[str, Numbers] = field(default_factory=dict)
    pressure: Mapping[str, Numbers] = field(default_factory=dict)


class Hierarchies:
    """The files of groups, by hierarchy, read through descriptors that stay open."""

    def __init__(self, files: Files, root: str) -> None:
        self.files = files
        self._root = root
        self._kept: dict[tuple[str, ...], Attributes] = {}
        self._whole: dict[str, bool] = {}

    def place(self, hierarchy: str, group: str, *, own: bool) -> str | None:
        """Return where a group is; None where there is none, or where it is the root, whose figures are the host's.

        A container without a namespace of its own is told its `own` path on the host, and sees itself at the root.
        """
        path = group.strip("/")
        if path and os.path.exists(f"{self._root}{hierarchy}/{path}"):  # noqa: PTH110 - a Path costs more than the call
            return path
        return "" if (own or not path) and not self._is_whole(hierarchy) else None

    def read(self, hierarchy: str, group: str, *names: str) -> dict[str, bytes]:
        """Return a group's files, without those that it lacks; nothing where there is no such group."""
        key = (hierarchy, *names)
        if key not in self._kept:
            self._kept[key] = Attributes(self._root + hierarchy, names)
        return self._kept[key].read(group)

    def limits(self, hierarchy: str, group: str, *names: str) -> Sequence[dict[str, bytes]]:
        """Return the same files of a group and of all that it is part of: their limits are the group's too."""
        path = PurePosixPath(group)
        return [self.read(hierarchy, str(folder), *names) for folder in (path, *path.parents)]

    def close(self) -> None:
        """Close what was kept open."""
        for attributes in self._kept.values():
            attributes.close()

    def _is_whole(self, hierarchy: str) -> bool:
        """Say whether a hierarchy's top is the host's: it alone has this file in version 1, and lacks that in 2."""
        if hierarchy not in self._whole:
            folder = self._root + hierarchy
            names = [name for name in _TOP_FILES if os.path.exists(f"{folder}/{name}")]  # noqa: PTH110 - the same
            self._whole[hierarchy] = names in (["release_agent"], ["cgroup.controllers"])
        return self._whole[hierarchy]


def usage_v2(hierarchies: Hierarchies, hierarchy: str, group: str, *, own: bool) -> Usage:
    """Read a group of the unified hierarchy (kernel: Documentation/admin-guide/cgroup-v2.rst)."""
    place = hierarchies.place(hierarchy, group, own=own)
    if place is None:
        return Usage()
    found = hierarchies.read(hierarchy, place, *_FILES_V2)
    cpu, memory, events = (_pairs(found.get(name, b"")) for name in ("cpu.stat", "memory.stat", "memory.events"))
    current = _number(found, "memory.current")
    numbers = {
        "cpu_user": _scaled(cpu.get("user_usec"), 1e6),
        "cpu_system": _scaled(cpu.get("system_usec"), 1e6),
        "cpu_periods_total": cpu.get("nr_periods"),
        "cpu_throttled_periods_total": cpu.get("nr_throttled"),
        "cpu_throttled_seconds_total": _scaled(cpu.get("throttled_usec"), 1e6),
        "memory_bytes": current,
        "memory_working_set_bytes": _less(current, memory.get("inactive_file")),
        "memory_anonymous_bytes": memory.get("anon"),
        "memory_file_bytes": memory.get("file"),
        "memory_limit_hits_total": events.get("max"),
        "oom_kills_total": events.get("oom_kill"),
        "swap_bytes": _number(found, "memory.swap.current"),
        "pids": _number(found, "pids.current"),
        **_limits_v2(hierarchies.limits(hierarchy, place, "memory.max", "cpu.max", "memory.swap.max", "pids.max")),
    }
    pressure = {name: stall_seconds(found[f"{name}.pressure"]) for name in _RESOURCES if found.get(f"{name}.pressure")}
    return Usage(_known(numbers), _io_v2(hierarchies.files, found.get("io.stat", b"")), pressure)


def usage_v1(hierarchies: Hierarchies, groups: Mapping[str, str], *, own: bool) -> Usage:
    """Read a group of each of the separate hierarchies (kernel: Documentation/admin-guide/cgroup-v1)."""
    places = {name: hierarchies.place(f"/{name}", groups.get(name, ""), own=own) for name in CONTROLLERS_V1}

    def attributes(controller: str, *names: str) -> dict[str, bytes]:
        place = places[controller]
        return {} if place is None else hierarchies.read(f"/{controller}", place, *names)

    def limits(controller: str, *names: str) -> Sequence[dict[str, bytes]]:
        place = places[controller]
        return () if place is None else hierarchies.limits(f"/{controller}", place, *names)

    throttled = _pairs(attributes("cpu", "cpu.stat").get("cpu.stat", b""))
    time = _pairs(attributes("cpuacct", "cpuacct.stat").get("cpuacct.stat", b""))
    memory = attributes("memory", "memory.usage_in_bytes", "memory.stat", "memory.oom_control", "memory.failcnt")
    swap = attributes("memory", "memory.memsw.usage_in_bytes")
    details, oom = (_pairs(memory.get(name, b"")) for name in ("memory.stat", "memory.oom_control"))
    used = _number(memory, "memory.usage_in_bytes")
    numbers = {
        "cpu_user": _scaled(time.get("user"), _TICKS_PER_SECOND),
        "cpu_system": _scaled(time.get("system"), _TICKS_PER_SECOND),
        "cpu_limit_cores": _tightest(map(_cores_v1, limits("cpu", "cpu.cfs_quota_us", "cpu.cfs_period_us"))),
        "cpu_periods_total": throttled.get("nr_periods"),
        "cpu_throttled_periods_total": throttled.get("nr_throttled"),
        "cpu_throttled_seconds_total": _scaled(throttled.get("throttled_time"), 1e9),
        "memory_bytes": used,
        "memory_limit_bytes": _limit_v1(details.get("hierarchical_memory_limit")),
        "memory_working_set_bytes": _less(used, details.get("total_inactive_file")),
        "memory_anonymous_bytes": details.get("total_rss"),
        "memory_file_bytes": details.get("total_cache"),
        "memory_limit_hits_total": _number(memory, "memory.failcnt"),
        "oom_kills_total": oom.get("oom_kill"),
        "swap_bytes": _less(_number(swap, "memory.memsw.usage_in_bytes"), used),
        "pids": _number(attributes("pids", "pids.current"), "pids.current"),
        "pids_limit": _tightest(_number(found, "pids.max") for found in limits("pids", "pids.max")),
    }
    blocks = attributes("blkio", _BLOCKS_V1).get(_BLOCKS_V1, b"")
    return Usage(_known(numbers), _io_v1(hierarchies.files, blocks))


def _limits_v2(found: Sequence[Mapping[str, bytes]]) -> dict[str, float | None]:
    return {
        "memory_limit_bytes": _tightest(_number(one, "memory.max") for one in found),
        "cpu_limit_cores": _tightest(_quota(*one.get("cpu.max", b"").partition(b" ")[::2]) for one in found),
        "swap_limit_bytes": _tightest(_number(one, "memory.swap.max") for one in found),
        "pids_limit": _tightest(_number(one, "pids.max") for one in found),
    }


def _tightest(limits: Iterable[float | None]) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _cores_v1(found: Mapping[str, bytes]) -> float | None:
    return _quota(found.get("cpu.cfs_quota_us", b""), found.get("cpu.cfs_period_us", b""))


def _io_v1(files: Files, data: bytes) -> Mapping[str, Numbers]:
    """Read lines such as `8:0 Read 4096`; the last one is the total of all devices."""
    devices: dict[str, Numbers] = {}
    for device, *rest in fields(data):
        direction = _DIRECTIONS_V1.get(rest[0]) if len(rest) > 1 else None
        if direction:
            devices.setdefault(device.decode(), {"read": 0.0, "written": 0.0})[direction] = float(rest[1])
    return {_device(files, device): sums for device, sums in devices.items()}


def _io_v2(files: Files, data: bytes) -> Mapping[str, Numbers]:
    devices: dict[str, Numbers] = {}
    for device, *pairs in fields(data):
        values = dict(pair.split(b"=", 1) for pair in pairs if b"=" in pair)
        if b"rbytes" in values and b"wbytes" in values:
            sums = {"read": float(values[b"rbytes"]), "written": float(values[b"wbytes"])}
            devices[_device(files, device.decode())] = sums
    return devices


def _device(files: Files, major_minor: str) -> str:
    properties = files.sys_text(f"dev/block/{major_minor}/uevent").splitlines()
    names = [line.removeprefix("DEVNAME=") for line in properties if line.startswith("DEVNAME=")]
    return names[0] if names else major_minor


def _pairs(data: bytes) -> Numbers:
    return {words[0].decode(): float(words[1]) for words in fields(data) if len(words) > 1}


def _number(found: Mapping[str, bytes], name: str) -> float | None:
    raw = found.get(name, b"")
    return math.inf if raw == b"max" else number(raw)


def _quota(quota: bytes, period: bytes) -> float | None:
    allowed, whole = number(quota), number(period)
    if quota in (b"max", b"-1"):
        return math.inf
    return allowed / whole if allowed is not None and whole else None


def _limit_v1(limit: float | None) -> float | None:
    return math.inf if limit is not None and limit >= _UNLIMITED_V1 else limit


def _scaled(value: float | None, divisor: float) -> float | None:
    return None if value is None else value / divisor


def _less(value: float | None, part: float | None) -> float | None:
    return None if value is None or part is None else max(0.0, value - part)


def _known(numbers: Mapping[str, float | None]) -> Numbers:
    return {name: value for name, value in numbers.items() if value is not None}
