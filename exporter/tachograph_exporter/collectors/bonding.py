"""Links of bonded interfaces that are configured and that are up, from /sys/class/net."""

from collections.abc import Iterator

from ..exposition.metric import Labels, Metric
from .collector import Collector, NoData


class Bonding(Collector):
    """Reads each bond's links (kernel: Documentation/networking/bonding.rst)."""

    name = "bonding"

    def collect(self) -> Iterator[Metric]:
        """Yield node_bonding_slaves and node_bonding_active."""
        if not self.files.sys_has("class/net/bonding_masters"):
            raise NoData("the kernel's bonding module is not loaded")
        masters = self.files.sys_text("class/net/bonding_masters")
        configured: list[tuple[Labels, float]] = []
        active: list[tuple[Labels, float]] = []
        for master in masters.split():
            links = self.files.sys_text(f"class/net/{master}/bonding/slaves").split()
            configured.append(((master,), float(len(links))))
            active.append(((master,), float(sum(self._up(master, link) for link in links))))
        yield Metric("node_bonding_active", "gauge", "Links of the bond that are up.", ("master",), active)
        yield Metric("node_bonding_slaves", "gauge", "Links of the bond.", ("master",), configured)

    def _up(self, master: str, link: str) -> bool:
        # kernels before 3.17 say slave_ instead of lower_
        folders = (f"class/net/{master}/{prefix}_{link}/bonding_slave" for prefix in ("lower", "slave"))
        return any(self.files.sys_text(f"{folder}/mii_status") == "up" for folder in folders)
