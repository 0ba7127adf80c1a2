"""Limits, use, throttling, out-of-memory kills and pressure of control groups: the container's view, not the host's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..exposition.metric import Metric
from ..host import Host
from .cgroup_figures import Figures
from .cgroup_tree import Tree
from .cgroup_usage import Usage
from .collector import Collector, NoData
from .files import Files
from .options import Options, option

_ROOT_GROUP = "the exporter is in the root control group, whose figures are the host's"
_NONE_OF_THOSE = "there is none of the control groups that are named, or they are empty"
_FIGURES = Figures("tachograph_cgroup", ("cgroup",))


@dataclass(frozen=True, slots=True)
class CgroupOptions(Options):
    """Whose figures are read."""

    groups: tuple[str, ...] = option(
        (), "Group to report, such as /system.slice/nginx.service; the exporter's own where none is given."
    )


class Cgroups(Collector):
    """Reads the exporter's own group, which in a container is the container's, or those that are named."""

    name = "cgroup"
    options_type = CgroupOptions
    options: CgroupOptions

    def __init__(self, host: Host, options: Options | None = None, *, inside: Host | None = None) -> None:
        super().__init__(host, options)
        # inside a container that is shown the host's /sys, its own one shows its own group
        inside = inside or Host()
        self._trees = [Tree(one, Files(one)) for one in dict.fromkeys((host, inside))]

    def collect(self) -> Iterator[Metric]:
        """Yield each group's figures, with the group as label."""
        usages = self._usages()
        if not usages:
            raise NoData("the kernel has no control groups, or they are not mounted at /sys/fs/cgroup")
        if not any(usage.numbers for usage in usages.values()):
            raise NoData(_NONE_OF_THOSE if self.options.groups else _ROOT_GROUP)
        yield from _FIGURES.metrics(((group,), usage) for group, usage in usages.items())

    def close(self) -> None:
        """Close what was kept open."""
        super().close()
        for tree in self._trees:
            tree.close()

    def _usages(self) -> Mapping[str, Usage]:
        if self.options.groups:
            return self._trees[0].usages(self.options.groups)
        usages: Mapping[str, Usage] = {}
        for tree in self._trees:
            usages = tree.usages(()) or usages
            if any(usage.numbers for usage in usages.values()):
                break
        return usages
