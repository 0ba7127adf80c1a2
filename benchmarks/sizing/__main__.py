"""Counts the series of this host and of the demo application, weighs their samples in a real Prometheus, and writes
benchmarks/results/sizing.md and the table of docs/scaling.md, in four minutes; `--quick` for a look of half a minute.
"""

import argparse
import re
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path

from benchmarks.exporter.machine import description
from tests.fixtures import prometheus, service
from tests.fixtures.process import wait_until

RESULTS = Path(__file__).parents[1] / "results" / "sizing.md"
GUIDE = Path(__file__).parents[2] / "docs" / "scaling.md"
BEGIN, END = "<!-- sizing: begin -->\n", "<!-- sizing: end -->"
INTERVAL_SECONDS = 15
PACE_SECONDS = 0.25
DAY_SECONDS = 86_400
COUNTED = ("tachograph_operation_name", "gen_ai_request_model", "db_query_summary", "cache_name")
SHOWN = ("one operation", "one model", "one statement", "one cache")
ERRORS = "--llm-errors=0.05"


def main() -> None:
    """Count, weigh, write."""
    quick = _arguments().quick
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with service.exporter(folder) as exporter:
            host = len(_series(exporter.metrics()))
            with service.demo(folder, exporter.endpoint, "--rate=6", ERRORS):
                wait_until(lambda: "gen_ai_client_cost" in exporter.metrics(), what="the demo's telemetry")
                weight = _weigh(folder, exporter, seconds=20 if quick else 240)
                page = exporter.metrics()
    text = _report(host, page, weight)
    print(text)
    if not quick:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(text)
        GUIDE.write_text(_told(GUIDE.read_text(), text))


def _told(guide: str, text: str) -> str:
    """Return the guide with this table in the place of the one before."""
    before, _, rest = guide.partition(BEGIN)
    return before + BEGIN + text[text.index("Measured") :] + END + rest.partition(END)[2]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sizing", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="weigh few samples; print and write nothing")
    return parser.parse_args()


def _weigh(folder: Path, exporter: service.Exporter, *, seconds: float) -> float:
    """Return the bytes of a sample on disk, after Prometheus has packed some minutes' worth into a block."""
    configuration = prometheus.scraping(exporter.target, interval=f"{PACE_SECONDS * 1000:g}ms")
    with prometheus.server(folder, configuration, "--web.enable-admin-api") as server:
        time.sleep(seconds)
        request = urllib.request.Request(f"{server.url}/api/v1/admin/tsdb/snapshot", method="POST")
        urllib.request.urlopen(request).close()
    blocks = list((folder / "data" / "snapshots").glob("*/*/meta.json"))
    stats = [dict(re.findall(r'"(numSamples|numSeries)": (\d+)', block.read_text())) for block in blocks]
    samples = sum(int(each["numSamples"]) for each in stats)
    size = sum(file.stat().st_size for block in blocks for file in block.parent.rglob("*") if file.is_file())
    return size / samples


def _series(page: str) -> list[str]:
    return [line for line in page.splitlines() if line and not line.startswith("#")]


def _each(page: str) -> dict[str, int]:
    """Return the median number of series that one operation, model, statement and cache have."""
    found = {}
    for label, shown in zip(COUNTED, SHOWN, strict=True):
        counts = Counter(value for line in _series(page) for value in re.findall(rf'\b{label}="([^"]*)"', line))
        found[shown] = sorted(counts.values())[len(counts) // 2]
    return found


def _report(host: int, page: str, weight: float) -> str:
    demo = sum('service_name="demo"' in line for line in _series(page))
    rows = {"one host, default collectors": host, "one service like the demo": demo, **_each(page)}
    company = 20 * host + 50 * demo
    rows["20 hosts and 50 services"] = company
    lines = [f"| {what} | {count:,} | {_rate(count)} | {_megabytes(count, weight)} |" for what, count in rows.items()]
    return "\n".join(
        [
            "# Sizing",
            "",
            f"Measured with `python -m benchmarks.sizing`: {description()}.",
            f"A sample took {weight:.2f} bytes on disk, index included. Samples and bytes are for a scrape each "
            f"{INTERVAL_SECONDS} s.",
            "",
            "| what | series | samples a second | MB a day |",
            "| --- | --- | --- | --- |",
            *lines,
            "",
        ]
    )


def _rate(series: int) -> str:
    return f"{series / INTERVAL_SECONDS:,.1f}"


def _megabytes(series: int, weight: float) -> str:
    return f"{series / INTERVAL_SECONDS * DAY_SECONDS * weight / 1e6:,.1f}"


if __name__ == "__main__":
    main()
