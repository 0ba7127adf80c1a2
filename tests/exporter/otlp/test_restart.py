"""A real Prometheus scrapes an exporter that is restarted while an application keeps counting."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tachograph_exporter.address import Address
from tachograph_exporter.exposition.text import TextWriter
from tachograph_exporter.server.exchange import Receive, Scope, Send
from tachograph_exporter.server.listener import Listen
from tests.fixtures import prometheus
from tests.fixtures.process import free_port, wait_until

from ..http import served
from .exports import PROTOBUF, Exporter, When, counter, request

A_DAY = 86_400
CONFIGURATION = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}
scrape_configs: [{{job_name: shop, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]
"""


class Application:
    """Has run for a day and done a hundred thousand jobs; now it does ten a second and reports five times a second."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._begin = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Application":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.2):
            seconds = time.monotonic() - self._begin
            jobs = counter("jobs", 100_000 + 10 * seconds, When(-A_DAY, seconds))
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
            try:
                body = request(jobs).SerializeToString()
                connection.request("POST", "/v1/metrics", body, {"Content-Type": PROTOBUF})
                connection.getresponse().read()
            except OSError:
                continue  # the exporter is away
            finally:
                connection.close()


@contextmanager
def exporting(port: int) -> Iterator[Exporter]:
    """Run the receiver and a page of what it has, on one port."""
    exporter = Exporter(clock=time.monotonic)  # type: ignore[arg-type]  # a clock that nobody needs to set

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/metrics":
            await exporter.receiver(scope, receive, send)
            return
        body = TextWriter().write(exporter.store.metrics())
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": body})

    with served(Listen(application, Address("127.0.0.1", port))):
        yield exporter


def counted(exporter: Exporter, jobs: float) -> bool:
    return sum(exporter.samples("jobs").values()) >= jobs


def rises(server: prometheus.Prometheus) -> bool:
    return any(float(one["value"][1]) >= 9 for one in server.query("rate(jobs_total[1s])"))


def test_rates_do_not_jump_when_the_exporter_is_restarted(tmp_path: Path) -> None:
    port = free_port()
    with (
        prometheus.server(tmp_path, CONFIGURATION.format(port=port)) as server,
        Application(port),
    ):
        for _ in range(2):
            with exporting(port) as exporter:
                wait_until(partial(counted, exporter, 30), what="thirty jobs, after three seconds")
                wait_until(partial(rises, server), what="a rate of ten a second")
        highest = server.query("max_over_time(rate(jobs_total[1s])[1m:100ms])")[0]["value"][1]
        resets = server.query("resets(jobs_total[1m])")[0]["value"][1]
    assert (float(highest) < 30, resets) == (True, "1")
