"""`tachograph run` before the servers people use: each process reports all it did, and its users see no difference."""

import http.client
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fixtures.process import free_port, listens, running, wait_until
from tests.fixtures.redis import Redis
from tests.fixtures.telemetry import Receiver

PROGRAMS = Path(sys.executable).parent
REQUESTS = 60
# What a user's modules look like who never heard of Tachograph.
SERVED = """
import os, sqlite3
from flask import Flask
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

def answer():
    connection = sqlite3.connect(":memory:")
    connection.execute("SELECT 1")
    connection.close()
    return str(os.getpid())

async def page(request):
    return PlainTextResponse(answer())

asgi = Starlette(routes=[Route("/page/{number}", page)])
wsgi = Flask("served")
wsgi.get("/page/<number>")(lambda number: answer())
"""
TASKS = """
import os
import celery
from served import answer

app = celery.Celery("tasks", broker=os.environ["BROKER"], backend=os.environ["BROKER"])
app.conf.broker_connection_retry_on_startup = True

@app.task(name="work")
def work(number):
    return answer() if number else str(1 / 0)
"""
SEND = f"""
from tasks import work
results = [work.delay(number) for number in range({REQUESTS} + 1)]
print(len({{result.get(timeout=60) for result in results[1:]}}))
"""
SERVERS = {
    "gunicorn, sync": ("gunicorn", "-w", "2", "-b", "127.0.0.1:{port}", "served:wsgi"),
    "gunicorn, sync, preloaded": ("gunicorn", "-w", "2", "--preload", "-b", "127.0.0.1:{port}", "served:wsgi"),
    "gunicorn, gevent's workers": ("gunicorn", "-w", "2", "-k", "gevent", "-b", "127.0.0.1:{port}", "served:wsgi"),
    "gunicorn, uvicorn's workers": (
        *("gunicorn", "-w", "2", "-k", "uvicorn_worker.UvicornWorker", "-b", "127.0.0.1:{port}"),
        "served:asgi",
    ),
    "uvicorn as a module": ("python", "-m", "uvicorn", "--workers", "2", "--port", "{port}", "served:asgi"),
}
_OF_SERVERS = ("http.server.request.duration", "db.client.operation.duration", "tachograph.operation.duration")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with applications that know nothing of Tachograph."""
    (tmp_path / "served.py").write_text(SERVED)
    (tmp_path / "tasks.py").write_text(TASKS)
    return tmp_path


@contextmanager
def tachograph_run(
    command: tuple[str, ...], receiver: Receiver, folder: Path, **environment: str
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a program of this environment under `tachograph run`; what arrives was sent at the processes' ends."""
    program, *arguments = command
    argv = [str(PROGRAMS / "tachograph"), "run", "--endpoint", receiver.url, "--", str(PROGRAMS / program), *arguments]
    environment = {"OTEL_METRIC_EXPORT_INTERVAL": "600000", **environment}
    with running(argv, log=folder / "log", ready=lambda: True, cwd=folder, environment=environment) as process:
        yield process


def ended(process: "subprocess.Popen[bytes]", folder: Path) -> tuple[int, bool]:
    """Ask a server to end; return its status and whether it said anything about measuring, or of a failure."""
    process.send_signal(signal.SIGTERM)
    status = process.wait(30)
    said = (folder / "log").read_text()
    return status, any(word in said for word in ("tachograph", "Traceback"))


def counted(receiver: Receiver) -> Mapping[tuple[str, str], int]:
    """Return the calls of each metric by their route or statement, over all processes."""
    last: dict[tuple[object, str, str], int] = {}
    for request in receiver.metrics:
        one = Receiver(metrics=[request])
        for point in one.series():
            if point.metric in _OF_SERVERS:
                told = ("http.route", "db.operation.name", "error.type", "tachograph.operation.name")
                what = next(str(point.labels[label]) for label in told if label in point.labels)
                last[one.resource()["service.instance.id"], point.metric, what] = point.count or 0
    counts: Counter[tuple[str, str]] = Counter()
    for (_, metric, what), count in last.items():
        counts[metric, what] += count
    return counts


def ask(port: int) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/page/7")
        return connection.getresponse().read()
    finally:
        connection.close()


@pytest.mark.parametrize("name", SERVERS)
def test_every_worker_of_a_server_reports_all_its_requests(name: str, folder: Path, receiver: Receiver) -> None:
    port = free_port()
    command = tuple(word.format(port=port) for word in SERVERS[name])
    with tachograph_run(command, receiver, folder) as process:
        wait_until(lambda: listens(port) or process.poll() is not None, what=f"{name} to start (see {folder}/log)")
        answered = {ask(port).decode().isdecimal() for _ in range(REQUESTS)}
        end = ended(process, folder)
    route = "/page/<number>" if "wsgi" in command[-1] else "/page/{number}"
    counts = {(_OF_SERVERS[0], route): REQUESTS, (_OF_SERVERS[1], "SELECT"): REQUESTS}
    assert (answered, counted(receiver), end) == ({True}, counts, (0, False)), (folder / "log").read_text()


def test_every_process_of_a_celery_worker_reports_all_its_tasks(
    redis_server: Redis, folder: Path, receiver: Receiver
) -> None:
    environment = {"BROKER": f"redis://{redis_server.host}:{redis_server.port}/8"}
    worker = ("celery", "--app", "tasks", "worker", "--pool", "prefork", "--concurrency", "2")
    with tachograph_run(worker, receiver, folder, **environment) as process:
        wait_until(lambda: process.poll() is not None or "concurrency" in (folder / "log").read_text(), what="a worker")
        program = [str(PROGRAMS / "python"), "-c", SEND]
        sent = subprocess.run(
            program, cwd=folder, env=environment, capture_output=True, check=False, text=True, timeout=90
        )
        end = ended(process, folder)
    counts = counted(receiver)
    of_tasks = {what: count for (metric, what), count in counts.items() if metric == _OF_SERVERS[2]}
    assert (sent.stdout, counts[_OF_SERVERS[1], "SELECT"], of_tasks, end[0]) == (
        "2\n",
        REQUESTS,
        {"work": REQUESTS, "ZeroDivisionError": 1},
        0,
    ), sent.stderr


def test_a_console_script_prints_and_ends_as_without(folder: Path, receiver: Receiver) -> None:
    command = [str(PROGRAMS / "gunicorn"), "--bogus"]
    bare = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    argv = [str(PROGRAMS / "tachograph"), "run", "--endpoint", receiver.url, "--", *command]
    run = subprocess.run(argv, cwd=folder, capture_output=True, check=False)
    assert (run.stdout, run.stderr, run.returncode) == (bare.stdout, bare.stderr, bare.returncode)
