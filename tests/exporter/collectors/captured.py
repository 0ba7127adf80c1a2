"""What each collector writes for the captured host; run as a program, writes the expected files anew.

python -m tests.exporter.collectors.captured [COLLECTOR...]
"""

import re
import sys
from pathlib import Path

from tachograph_exporter.collectors import COLLECTORS
from tachograph_exporter.collectors.collector import Collector, NoData
from tachograph_exporter.exposition.text import TextWriter
from tachograph_exporter.host import Host

FOLDER = Path(__file__).parents[2] / "fixtures" / "host"
HOST = Host(proc=FOLDER / "proc", sys=FOLDER / "sys", root=FOLDER / "root", udev=FOLDER / "udev")
EXPECTED = Path(__file__).parent / "expected"

# What a system call answers is this machine's; only the series are expected.
_UNSTABLE = {
    "filesystem": re.compile(
        r"^((?:node_filesystem_(?:avail|free|size)_bytes|node_filesystem_files|node_filesystem_files_free"
        r"|tachograph_filesystem_utilization_ratio)\{.*\}) .*$",
        re.MULTILINE,
    ),
    "time": re.compile(r"^(node_time_seconds|node_time_zone_offset_seconds)(?:\{.*\})? .*$", re.MULTILINE),
    "timex": re.compile(r"^(node_timex_\w+) .*$", re.MULTILINE),
}


def exposition(kind: type[Collector], host: Host = HOST) -> str:
    """Return a collector's text for the captured host, unstable values as <value>."""
    collector = kind(host)
    try:
        written = TextWriter().write(list(collector.collect())).decode()
    except NoData as nothing:
        return f"# NoData: {nothing}\n"
    finally:
        collector.close()
    unstable = _UNSTABLE.get(kind.name)
    return unstable.sub(r"\1 <value>", written) if unstable else written


def expected_file(kind: type[Collector]) -> Path:
    return EXPECTED / f"{kind.name}.prom"


def main(names: list[str]) -> None:
    for kind in COLLECTORS:
        if not names or kind.name in names:
            expected_file(kind).write_text(exposition(kind))


if __name__ == "__main__":
    main(sys.argv[1:])
