"""A host whose /proc is mounted elsewhere, as in a container, or mounted so that it hides processes."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tachograph_exporter.collectors.netdev import NetworkDevices
from tachograph_exporter.host import Host
from tests.fixtures.mounts import mounted

HEADER = "Inter-|   Receive                            |  Transmit\n face |bytes packets\n"


def test_the_network_is_that_of_process_1(tmp_path: Path) -> None:
    for folder, device in (("net", "eth0"), ("1/net", "enp3s0")):
        (tmp_path / "proc" / folder).mkdir(parents=True)
        counters = " ".join("7" for _ in range(16))
        (tmp_path / "proc" / folder / "dev").write_text(f"{HEADER}{device}: {counters}\n")
    collector = NetworkDevices(Host(proc=tmp_path / "proc", sys=tmp_path / "sys"))
    labels = {labels for metric in collector.collect() for labels, _ in metric.rows}
    assert labels == {("enp3s0",)}


_AS_NOBODY = """
import os, sys
from tachograph_exporter.cli import scrape, serve
from tachograph_exporter.cli import main
os.setgid(65534)
os.setuid(65534)
main(sys.argv[1:], prog_name="tachograph")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
@pytest.mark.parametrize("hidden", ["hidepid=1", "hidepid=2"])
def test_a_proc_that_hides_others_processes_hides_nothing_else(hidden: str) -> None:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # pytest's own folders are closed to others
        argv = [sys.executable, "-c", _AS_NOBODY, "scrape", f"--path.procfs={folder}", "--collector.processes"]
        with mounted(Path(folder), "proc", hidden):
            done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    success = {line.split(" ")[0]: line.split(" ")[1] for line in done.stdout.splitlines() if "success{" in line}
    asked = [f'node_scrape_collector_success{{collector="{name}"}}' for name in ("processes", "netdev", "filesystem")]
    pids = next((line for line in done.stdout.splitlines() if line.startswith("node_processes_pids ")), done.stderr)
    assert ([success.get(one) for one in asked], pids) == (["1.0"] * 3, "node_processes_pids 1.0")
