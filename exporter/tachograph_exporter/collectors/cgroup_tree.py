"""The control groups of a host, of version 2, of version 1, or of both side by side."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..host import Host
from .cgroup_usage import CONTROLLERS_V1, Hierarchies, Usage, usage_v1, usage_v2
from .files import Files

_ROOT = "fs/cgroup"
_HYBRID = "/unified"
_UNIFIED = ""  # what /proc/self/cgroup calls version 2, also where it is beside version 1


class Tree:
    """Reads groups below a host's /sys/fs/cgroup; which is the exporter's own, /proc/self/cgroup tells."""

    def __init__(self, host: Host, files: Files) -> None:
        self._files = files
        self._hierarchies = Hierarchies(files, f"{host.sys}/{_ROOT}")

    def usages(self, groups: Sequence[str]) -> dict[str, Usage]:
        """Return what the named groups, or the exporter's own, use and may use; nothing where there are no groups."""
        if not groups:
            return dict(self._read(self._own(), own=True))
        named = (dict.fromkeys((*CONTROLLERS_V1, _UNIFIED), group) for group in groups)
        return {name: usage for memberships in named for name, usage in self._read(memberships)}

    def usages_of(self, memberships: Iterable[bytes]) -> dict[str, Usage]:
        """Return the same of the groups that processes are in, as their /proc/PID/cgroup says."""
        return {name: usage for one in memberships for name, usage in self._read(_memberships(one))}

    def close(self) -> None:
        """Close what was kept open."""
        self._hierarchies.close()
        self._files.close()

    def _own(self) -> Mapping[str, str]:
        return _memberships(self._files.proc_if_any("self/cgroup"))

    def _read(self, groups: Mapping[str, str], *, own: bool = False) -> Iterator[tuple[str, Usage]]:
        names = self._files.sys_names(_ROOT)
        if "cgroup.controllers" in names:
            name = groups.get(_UNIFIED, "/")
            yield name, usage_v2(self._hierarchies, "", name, own=own)
        elif names:
            usage = usage_v1(self._hierarchies, groups, own=own)
            hybrid = usage_v2(self._hierarchies, _HYBRID, groups.get(_UNIFIED, "/"), own=own)
            name = next((groups[one] for one in CONTROLLERS_V1 if groups.get(one, "/") != "/"), "/")
            yield name, Usage(usage.numbers, usage.io, hybrid.pressure)


def _memberships(data: bytes) -> Mapping[str, str]:
    """Return a process's group in each hierarchy, from its /proc/PID/cgroup; version 2 has no controller's name."""
    lines = (line.split(":", 2) for line in data.decode(errors="replace").splitlines())
    return {controller: line[2] for line in lines if len(line) > 2 for controller in line[1].split(",")}
