"""The OpenTelemetry Collector in the exporter's place: OTLP in, /metrics out, the same batches in turn.

Debian does not package it. The environment variable OTELCOL names a binary with the otlp receiver and the prometheus
exporter, such as OpenTelemetry's builder makes; without it there is no peer in the report.
"""

import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..exporter.scraping import Scraper
from .served import Exporter

_CONFIGURATION = """
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:{otlp}
exporters:
  prometheus:
    endpoint: 127.0.0.1:{web}
    resource_to_telemetry_conversion: {{enabled: true}}
    enable_open_metrics: true
service:
  telemetry: {{metrics: {{level: none}}, logs: {{level: error}}}}
  pipelines:
    metrics: {{receivers: [otlp], exporters: [prometheus]}}
"""


def collector_version() -> str:
    """Return the version of the Collector that is to be measured; empty where there is none."""
    binary = os.environ.get("OTELCOL", "")
    if not binary:
        return ""
    told = subprocess.run([binary, "components"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"otlpreceiver\D+([\d.]+)", told)
    return found[1] if found else "?"


@contextmanager
def collector() -> Iterator[Exporter]:
    """Run the Collector on free ports."""
    web, otlp = _free_port(), _free_port()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "collector.yml"
        file.write_text(_CONFIGURATION.format(web=web, otlp=otlp))
        process = subprocess.Popen(
            [os.environ["OTELCOL"], "--config", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait(web, process)
            yield Exporter(process, web, otlp)
        finally:
            process.terminate()
            process.wait(10)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    scraper = Scraper(port)
    end = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < end:
        try:
            scraper.scrape()
        except OSError:
            time.sleep(0.05)
        else:
            scraper.close()
            return
    raise RuntimeError("the Collector did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
