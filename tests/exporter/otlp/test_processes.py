"""Services of several processes, run by the real servers: every process reports, and nothing is lost or hangs.

The application's half sends, the exporter's half receives, in processes of their own: this is the truth that both make
together.
"""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tachograph_exporter.address import Address
from tachograph_exporter.server.listener import Listen
from tests.fixtures.process import CHECKOUT, free_port, listens, wait_until
from tests.fixtures.redis import Redis

from ..http import served
from .exports import Exporter

APPLICATIONS = "tests.exporter.otlp.applications"
WORKERS = 4


@dataclass(frozen=True)
class Received:
    """An exporter that applications report to."""

    exporter: Exporter
    address: Address

    @property
    def environment(self) -> dict[str, str]:
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{self.address}",
            # Longer than a test: what arrives is what was sent at the processes' ends.
            "OTEL_METRIC_EXPORT_INTERVAL": "600000",
        }

    def calls(self, service: str) -> float:
        """Return how many operations the service has done, by all series there are of it."""
        samples = self.exporter.samples("tachograph_operation_duration_seconds_count")
        return sum(value for name, value in samples.items() if f'service_name="{service}"' in name)

    @property
    def processes(self) -> int:
        return len(self.exporter.store.sources)


@pytest.fixture
def received() -> Iterator[Received]:
    exporter = Exporter(clock=time.monotonic)  # type: ignore[arg-type]  # a clock that nobody needs to set
    with served(Listen(exporter.receiver, Address("127.0.0.1", 0))) as (address,):
        yield Received(exporter, address)


@contextmanager
def running(argv: list[str], environment: Mapping[str, str], log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a program of the checkout; kill it if it is still there at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *argv],
            cwd=CHECKOUT,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def ask(port: int) -> int:
    """Send one request over a new connection, and return the process that answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/")
        return int(connection.getresponse().read())
    finally:
        connection.close()


def ask_all(port: int, *, workers: int = WORKERS) -> Counter[int]:
    """Send requests until each of so many processes has answered some of them."""
    answered: Counter[int] = Counter()
    deadline = time.monotonic() + 60
    with ThreadPoolExecutor(16) as clients:
        while len(answered) < workers or answered.total() < 200:
            answered.update(clients.map(ask, [port] * 32))
            assert time.monotonic() < deadline, f"only {len(answered)} processes answer"
    return answered


def ends(process: "subprocess.Popen[bytes]", number: signal.Signals = signal.SIGTERM) -> tuple[int, bool]:
    """Ask a server to end; return its status and whether it took less than eight seconds."""
    start = time.monotonic()
    process.send_signal(number)
    return process.wait(60), time.monotonic() - start < 8


def gunicorn(port: int, *arguments: str) -> list[str]:
    return ["-m", "gunicorn", "--workers", str(WORKERS), "--bind", f"127.0.0.1:{port}", *arguments]


SERVERS: dict[str, Callable[[int], list[str]]] = {
    "gunicorn, sync": lambda port: gunicorn(port, f"{APPLICATIONS}.web:wsgi"),
    "gunicorn, sync, preloaded": lambda port: gunicorn(port, "--preload", f"{APPLICATIONS}.web:wsgi"),
    "gunicorn, threads": lambda port: gunicorn(port, "--threads", "4", f"{APPLICATIONS}.web:wsgi"),
    "gunicorn, uvicorn's workers": lambda port: gunicorn(
        port, "--worker-class", "uvicorn_worker.UvicornWorker", f"{APPLICATIONS}.web:asgi"
    ),
    "gunicorn, uvicorn's workers, preloaded": lambda port: gunicorn(
        port, "--preload", "--worker-class", "uvicorn_worker.UvicornWorker", f"{APPLICATIONS}.web:asgi"
    ),
    "uvicorn": lambda port: [
        *("-m", "uvicorn", "--workers", str(WORKERS), "--port", str(port)),
        f"{APPLICATIONS}.web:asgi",
    ],
}


def test_a_server_of_one_process_reports_all_it_did(received: Received, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    argv = ["-m", "uvicorn", "--port", str(port), f"{APPLICATIONS}.web:asgi"]
    with running(argv, received.environment, log) as process:
        wait_until(lambda: listens(port) or process.poll() is not None, what=f"uvicorn to start (see {log})")
        asked = ask_all(port, workers=1)
        _, soon = ends(process)  # uvicorn ends by the signal itself
    assert (received.calls("web"), soon) == (asked.total(), True)


@pytest.mark.parametrize("name", SERVERS)
def test_every_worker_of_a_server_reports_all_it_did(name: str, received: Received, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    with running(SERVERS[name](port), received.environment, log) as process:
        wait_until(lambda: listens(port) or process.poll() is not None, what=f"{name} to start (see {log})")
        asked = ask_all(port)
        ended = ends(process)
    assert (received.calls("web"), received.processes, ended) == (asked.total(), WORKERS, (0, True)), log.read_text()


def test_a_worker_that_is_killed_loses_nothing_it_had_reported(received: Received, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    environment = {**received.environment, "OTEL_METRIC_EXPORT_INTERVAL": "200"}
    with running(gunicorn(port, f"{APPLICATIONS}.web:wsgi"), environment, log) as process:
        wait_until(lambda: listens(port) or process.poll() is not None, what=f"gunicorn to start (see {log})")
        before = ask_all(port)
        wait_until(lambda: received.calls("web") == before.total(), what="all reports")
        os.kill(next(iter(before)), signal.SIGKILL)
        after = ask_all(port)
        ended = ends(process)
    series = received.exporter.samples("tachograph_operation_duration_seconds_count")
    assert (received.calls("web"), len(series), ended) == (before.total() + after.total(), 1, (0, True))


@pytest.mark.parametrize(
    "kind",
    [
        *("plain", "processes-fork", "processes-spawn", "processes-forkserver", "executor-fork", "executor-spawn"),
        *("pool-fork", "pool-spawn", "pool-forkserver"),
    ],
)
def test_a_process_and_its_children_report_all_they_did(kind: str, received: Received, tmp_path: Path) -> None:
    log = tmp_path / "log"
    start = time.monotonic()
    with running(["-m", f"{APPLICATIONS}.family", kind], received.environment, log) as process:
        status = process.wait(100)
    assert (status, received.calls("family"), time.monotonic() - start < 20) == (0, 102, True), log.read_text()


def test_every_process_of_a_celery_worker_reports_all_it_did(
    received: Received, redis_server: Redis, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    broker = f"redis://{redis_server.host}:{redis_server.port}/7"
    environment = {**received.environment, "BROKER": broker}
    worker = ["-m", "celery", "--app", f"{APPLICATIONS}.tasks", "worker", "--pool", "prefork"]
    program = (
        f"from {APPLICATIONS}.tasks import work\n"
        "results = [work.delay() for _ in range(200)]\n"
        "print(len({result.get(timeout=60) for result in results}))"
    )
    with running([*worker, "--concurrency", str(WORKERS)], environment, log) as process:
        sent = subprocess.run(
            [sys.executable, "-c", program],
            cwd=CHECKOUT,
            env={**os.environ, **environment},
            capture_output=True,
            check=False,
            text=True,
            timeout=90,
        )
        ended = ends(process)
    processes = int(sent.stdout) if sent.returncode == 0 else sent.stderr
    assert (processes, received.calls("tasks"), received.processes, ended) == (WORKERS, 200, WORKERS, (0, True)), (
        log.read_text()
    )
