"""Size, free space, inodes and state of each mounted file system, from PID 1's mounts and statvfs(3)."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..exposition.metric import Labels, Metric
from ..host import Host
from .collector import Collector
from .files import text
from .options import Options, checked, pattern, positive, selector
from .survey import Answer, Place, Survey, statistics

_MOUNT_POINTS_EXCLUDED = r"^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)"
_TYPES_EXCLUDED = (
    r"^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay"
    r"|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$"
)
# What answers statfs from memory, so that it may be asked at once (kernel: fs/ext4/super.c, fs/xfs/xfs_super.c,
# fs/libfs.c and others). Only where the way to it leads through none but such: a path through dead NFS hangs too.
_PROMPT_TYPES = frozenset(
    ("cgroup", "cgroup2", "devpts", "devtmpfs", "ext2", "ext3", "ext4", "proc", "ramfs", "sysfs", "tmpfs", "xfs")
)
_LABELS = ("device", "mountpoint", "fstype", "device_error")
_TIMED_OUT = "mountpoint timeout"  # node_exporter's words: people's alerts match them
_ESCAPE = re.compile(rb"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class FilesystemOptions(Options):
    """Which mounts are reported, and how long one is waited for."""

    mount_points_include: re.Pattern[str] | None = pattern("Mount points to report; all others are left out.")
    mount_points_exclude: re.Pattern[str] | None = pattern("Mount points to leave out.", default=_MOUNT_POINTS_EXCLUDED)
    fs_types_include: re.Pattern[str] | None = pattern("File system types to report; all others are left out.")
    fs_types_exclude: re.Pattern[str] | None = pattern("File system types to leave out.", default=_TYPES_EXCLUDED)
    mount_timeout: float = checked(
        1.0, "Seconds after which a mount that does not answer is reported as such.", positive
    )


@dataclass(frozen=True, slots=True)
class Mount:
    """A mount as /proc/1/mountinfo tells of it."""

    place: Place
    identity: Labels  # device, mount point, type
    number: tuple[str, str]  # the device's major and minor
    readonly: float


class Filesystems(Collector):
    """Reads PID 1's mounts, since the exporter's own may be a sandbox's."""

    name = "filesystem"
    options_type = FilesystemOptions
    options: FilesystemOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        chosen = self.options
        self._point = selector(chosen.mount_points_include, chosen.mount_points_exclude, _MOUNT_POINTS_EXCLUDED)
        self._type = selector(chosen.fs_types_include, chosen.fs_types_exclude, _TYPES_EXCLUDED)
        self._root = b"" if str(host.root) == "/" else os.fsencode(host.root)
        self._survey = Survey()
        self._table: tuple[bytes, Sequence[Mount]] = (b"", ())
        self._slow: Sequence[Place] = ()
        self._prompt: Sequence[Place] = ()
        self._made: tuple[tuple[Sequence[Mount], Mapping[Place, Answer]], Sequence[Metric]] = ((), {}), ()

    def collect(self) -> Iterator[Metric]:
        """Yield every mount's state, and the figures of those that answered."""
        mounts = self._mounts()
        answers = self._survey.answers(self._slow, self.options.mount_timeout) if self._slow else {}
        answers |= {place: statistics(place.path) for place in self._prompt}
        if (mounts, answers) != self._made[0]:
            self._made = (mounts, answers), tuple(_metrics(mounts, answers))
        yield from self._made[1]

    def close(self) -> None:
        """Close descriptors and end the threads that ask."""
        super().close()
        self._survey.close()

    def _mounts(self) -> Sequence[Mount]:
        try:
            table = self.files.proc("1/mountinfo")
        except (FileNotFoundError, PermissionError):  # a /proc mounted with hidepid
            table = self.files.proc("self/mountinfo")
        if table != self._table[0]:
            every = [self._mount(line) for line in table.splitlines()]
            mounts = tuple(self._chosen(every))
            self._table = table, mounts
            barred = tuple(_folder(mount.place) for mount in every if mount.identity[2] not in _PROMPT_TYPES)
            self._slow = [mount.place for mount in mounts if _folder(mount.place).startswith(barred)]
            self._prompt = [mount.place for mount in mounts if mount.place not in self._slow]
        return self._table[1]

    def _chosen(self, every: Sequence[Mount]) -> Iterator[Mount]:
        seen: set[Labels] = set()
        for mount in every:
            if mount.identity in seen or not (self._point(mount.identity[1]) and self._type(mount.identity[2])):
                continue
            seen.add(mount.identity)
            yield mount

    def _mount(self, line: bytes) -> Mount:
        """Read a line of mountinfo; its optional fields end at a lone dash (proc(5))."""
        before, _, after = line.partition(b" - ")
        mount_id, _, number, _, raw_path, options, *_ = before.split(b" ")
        kind, source, super_options, *_ = [*after.split(b" "), b"", b""]
        path = _ESCAPE.sub(lambda octal: bytes((int(octal[1], 8),)), raw_path)
        device = _ESCAPE.sub(lambda octal: bytes((int(octal[1], 8),)), source)
        states = {*options.split(b","), *super_options.split(b",")}
        shown = path.removeprefix(self._root) or b"/"
        major, _, minor = number.decode().partition(":")
        return Mount(
            place=Place(mount_id, self._root + path if path == shown else path),
            identity=(text(device), text(shown), text(kind)),
            number=(major, minor),
            readonly=float(not states.isdisjoint((b"ro", b"emergency_ro"))),
        )


def _folder(place: Place) -> bytes:
    return place.path.rstrip(b"/") + b"/"


def _metrics(mounts: Sequence[Mount], answers: Mapping[Place, Answer]) -> Iterator[Metric]:
    errors: list[tuple[Labels, float]] = []
    readonly: list[tuple[Labels, float]] = []
    answered: list[tuple[Mount, Labels, os.statvfs_result]] = []
    for mount in mounts:
        answer = answers.get(mount.place)
        if isinstance(answer, os.statvfs_result):
            labels = (*mount.identity, "")
            answered.append((mount, labels, answer))
        else:
            labels = (*mount.identity, _fault(answer))
        errors.append((labels, 0.0 if labels[-1] == "" else 1.0))
        readonly.append((labels, mount.readonly))
    yield Metric("node_filesystem_device_error", "gauge", "Whether statvfs failed or timed out.", _LABELS, errors)
    yield Metric("node_filesystem_readonly", "gauge", "Whether nothing can be written.", _LABELS, readonly)
    yield from _figures(answered)


def _fault(answer: Answer | None) -> str:
    return (answer.strerror or str(answer)).lower() if isinstance(answer, OSError) else _TIMED_OUT


def _figures(answered: Sequence[tuple[Mount, Labels, os.statvfs_result]]) -> Iterator[Metric]:
    for name, documentation, rows in (
        (
            "avail_bytes",
            "Bytes that unprivileged users can still fill.",
            [a.f_bavail * a.f_frsize for *_, a in answered],
        ),
        ("files", "Inodes.", [a.f_files for *_, a in answered]),
        ("files_free", "Free inodes.", [a.f_ffree for *_, a in answered]),
        ("free_bytes", "Free bytes, those kept for root too.", [a.f_bfree * a.f_frsize for *_, a in answered]),
        ("size_bytes", "Size in bytes.", [a.f_blocks * a.f_frsize for *_, a in answered]),
    ):
        values = [(labels, float(value)) for (_, labels, _), value in zip(answered, rows, strict=True)]
        yield Metric(f"node_filesystem_{name}", "gauge", f"Filesystem: {documentation}", _LABELS, values)
    info = [((m.identity[0], *m.number, m.identity[1]), 1.0) for m, _, _ in answered]
    labels = ("device", "major", "minor", "mountpoint")
    yield Metric("node_filesystem_mount_info", "gauge", "The mount's device number.", labels, info)
    shares = [(labels[:3], 1 - a.f_bavail / a.f_blocks) for _, labels, a in answered if a.f_blocks]
    documentation = "Share of the file system that unprivileged users cannot fill any more, 0 to 1."
    yield Metric("tachograph_filesystem_utilization_ratio", "gauge", documentation, _LABELS[:3], shares)
