"""What each collector writes for the captured host; run as a program, writes the expected files anew.

python -m tests.exporter.collectors.captured [COLLECTOR...]
"""

import contextlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from tachograph_exporter.collectors import COLLECTORS
from tachograph_exporter.collectors.collector import Collector, NoData
from tachograph_exporter.collectors.options import Options
from tachograph_exporter.collectors.probe_target import Target
from tachograph_exporter.collectors.probes import ProbeOptions
from tachograph_exporter.collectors.process_match import ProcessGroup
from tachograph_exporter.collectors.stat import StatOptions
from tachograph_exporter.collectors.textfile import TextfileOptions
from tachograph_exporter.collectors.watched_groups import ProcessGroupOptions
from tachograph_exporter.exposition.text import TextWriter
from tachograph_exporter.host import Host

from .endpoint import endpoint
from .nvml import Library

FOLDER = Path(__file__).parents[2] / "fixtures" / "host"
HOST = Host(proc=FOLDER / "proc", sys=FOLDER / "sys", root=FOLDER / "root")
EXPECTED = Path(__file__).parent / "expected"

# What a system call or another server answers is not captured: only the series are expected.
_UNSTABLE = {
    "filesystem": r"(?:node_filesystem_(?:avail|free|size)_bytes|node_filesystem_files|node_filesystem_files_free"
    r"|tachograph_filesystem_utilization_ratio)\{.*\}",
    "probes": r"tachograph_probe_(?:duration|phase|timestamp|tls_expiry_timestamp)_seconds\{.*\}",
    "textfile": r"node_textfile_mtime_seconds\{.*\}",
    "time": r"node_time_(?:zone_offset_)?seconds(?:\{.*\})?",
    "timex": r"node_timex_\w+",
}

_GROUPS = (
    ProcessGroup(name="shop", command=re.compile("gunicorn .*shop:app"), unit="shop.service"),
    ProcessGroup(name="database", names=("postgres",)),
    ProcessGroup(name="backup", pid_file="/run/backup.pid"),
    ProcessGroup(name="nothing", names=("no-such-program",)),
)
_OPTIONS: dict[str, Options] = {
    "process_groups": ProcessGroupOptions(groups=_GROUPS, unique_memory=True),
    "stat": StatOptions(softirq=True),
    "textfile": TextfileOptions(directory=(str(FOLDER / "textfile"),)),
}


def exposition(kind: type[Collector], host: Host = HOST) -> str:
    """Return a collector's text for the captured host, unstable values as <value>."""
    with _surroundings(kind.name) as options:
        written = _written(kind(host, options)).replace(str(FOLDER), "<host>")
    if kind.name in _UNSTABLE:
        written = re.sub(rf"^({_UNSTABLE[kind.name]}) .*$", r"\1 <value>", written, flags=re.MULTILINE)
    return re.sub(r'time_zone="\w+"', 'time_zone="<zone>"', written)


def expected_file(kind: type[Collector]) -> Path:
    return EXPECTED / f"{kind.name}.prom"


def _written(collector: Collector) -> str:
    try:
        return TextWriter().write(list(collector.collect())).decode()
    except NoData as nothing:
        return f"# NoData: {nothing}\n"
    finally:
        collector.close()


@contextlib.contextmanager
def _surroundings(name: str) -> Iterator[Options | None]:
    """Give a collector what it reads beside the captured folder."""
    if name == "gpu":
        with patch.dict(sys.modules, {"pynvml": Library()}):
            yield None
    elif name == "probes":
        with TemporaryDirectory() as folder, endpoint(Path(folder)) as secure:
            targets = (
                Target(name="shop", url=f"{secure.url}/ok", ca_file=str(secure.authority)),
                Target(name="closed", url="tcp://127.0.0.1:1"),
            )
            yield ProbeOptions(targets=targets, interval=60)
    else:
        yield _OPTIONS.get(name)


def main(names: list[str]) -> None:
    for kind in COLLECTORS:
        if not names or kind.name in names:
            expected_file(kind).write_text(exposition(kind))


if __name__ == "__main__":
    main(sys.argv[1:])
