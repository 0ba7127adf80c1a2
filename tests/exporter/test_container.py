"""A host that is read from inside a container, its /proc mounted: the network is the host's, not the container's."""

from pathlib import Path

from tachograph_exporter.collectors.netdev import NetworkDevices
from tachograph_exporter.host import Host

HEADER = "Inter-|   Receive                            |  Transmit\n face |bytes packets\n"


def test_the_network_is_that_of_process_1(tmp_path: Path) -> None:
    for folder, device in (("net", "eth0"), ("1/net", "enp3s0")):
        (tmp_path / "proc" / folder).mkdir(parents=True)
        counters = " ".join("7" for _ in range(16))
        (tmp_path / "proc" / folder / "dev").write_text(f"{HEADER}{device}: {counters}\n")
    collector = NetworkDevices(Host(proc=tmp_path / "proc", sys=tmp_path / "sys"))
    labels = {labels for metric in collector.collect() for labels, _ in metric.rows}
    assert labels == {("enp3s0",)}
