"""Ways in without a change in the code: `tachograph run`, `opentelemetry-instrument`, and `tachograph doctor`."""

import os
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tachograph.instrumentor import INSTRUMENTORS
from tests.fixtures.process import free_port, listens, running
from tests.fixtures.telemetry import Receiver

PROGRAMS = Path(sys.executable).parent
APPLICATION = """
import sqlite3, sys
connection = sqlite3.connect(":memory:")
print(connection.execute("SELECT 40 + 2").fetchone()[0], *sys.argv[1:])
connection.close()
"""
WEB = """
import sqlite3
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

async def page(request):
    connection = sqlite3.connect(":memory:")
    connection.execute("SELECT 1")
    connection.close()
    return PlainTextResponse("ok")

application = Starlette(routes=[Route("/page/{number}", page)])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with applications that know nothing of Tachograph."""
    (tmp_path / "application.py").write_text(APPLICATION)
    (tmp_path / "web.py").write_text(WEB)
    return tmp_path


def tachograph_run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a user would whose PATH begins with this environment's programs."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [PROGRAMS / "tachograph", "run", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


def names(receiver: Receiver) -> list[str]:
    return [raw.seen.name for raw in receiver.raw()]


@pytest.mark.parametrize(
    "command",
    [("python", "application.py", "a"), ("python", "-m", "application", "a"), ("application.py", "a")],
    ids=["python", "python -m", "script"],
)
def test_a_command_is_measured_with_no_change_in_its_code(
    command: tuple[str, ...], folder: Path, receiver: Receiver
) -> None:
    done = tachograph_run(folder, "--service-name", "shop", "--endpoint", receiver.url, "--", *command)
    assert (done.stdout, done.stderr, done.returncode) == ("42 a\n", "", 0)
    assert (names(receiver), receiver.resource()["service.name"]) == (["SELECT"], "shop")


def test_the_commands_exit_code_is_the_commands(folder: Path, receiver: Receiver) -> None:
    done = tachograph_run(folder, "--endpoint", receiver.url, "python", "-c", "import sys; sys.exit(7)")
    assert done.returncode == 7


def test_a_server_is_measured_request_by_request(folder: Path, receiver: Receiver) -> None:
    port = free_port()
    command = [str(PROGRAMS / "tachograph"), "run", "--endpoint", receiver.url, "--", str(PROGRAMS / "uvicorn")]
    arguments = ["web:application", "--port", str(port), "--log-level", "warning"]
    with running([*command, *arguments], log=folder / "log", ready=lambda: listens(port), cwd=folder):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/page/7") as response:
            answer = response.read()
        deadline = time.monotonic() + 20
        while len(receiver.raw()) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
    spans = {raw.seen.name: raw for raw in receiver.raw()}
    assert (answer, sorted(spans)) == (b"ok", ["GET /page/{number}", "SELECT"])
    assert spans["SELECT"].parent_id == spans["GET /page/{number}"].span_id


def test_processes_that_it_starts_are_measured_too(folder: Path, receiver: Receiver) -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, 'application.py', 'child'])"
    done = tachograph_run(folder, "--endpoint", receiver.url, "python", "-c", code)
    assert (done.stdout, names(receiver)) == ("42 child\n", ["SELECT"])


def test_another_sitecustomize_is_run_as_well(folder: Path, receiver: Receiver) -> None:
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text("import sys; sys.argv[0] == 'application.py' and print('theirs')")
    done = tachograph_run(
        folder, "--endpoint", receiver.url, "python", "application.py", PYTHONPATH=str(folder / "site")
    )
    assert (done.stdout, names(receiver)) == ("theirs\n42\n", ["SELECT"])


def test_a_python_without_tachograph_is_told_of_and_runs(folder: Path) -> None:
    bare = Path(sys.base_prefix) / "bin" / "python3"
    done = tachograph_run(folder, str(bare), "-S", "application.py")
    assert (done.stdout, done.returncode) == ("42\n", 0)
    done = tachograph_run(folder, str(bare), "-I", "application.py")
    assert (done.stdout, done.returncode) == ("42\n", 0)


def test_a_command_that_does_not_exist_is_one_line(folder: Path) -> None:
    done = tachograph_run(folder, "no-such-command")
    assert (done.stdout, done.stderr, done.returncode) == (
        "",
        "tachograph run: no-such-command: there is no such command\n",
        1,
    )


def test_with_nobody_there_the_command_runs_as_ever(folder: Path) -> None:
    done = tachograph_run(folder, "--endpoint", f"http://127.0.0.1:{free_port()}", "python", "application.py")
    assert (done.stdout, done.returncode) == ("42\n", 0)


class TestOpentelemetryInstrument:
    def test_it_finds_one_instrumentor_a_library(self) -> None:
        found = {
            entry.name for entry in entry_points(group="opentelemetry_instrumentor") if "tachograph" in entry.value
        }
        assert found == {f"tachograph_{key}" for key in INSTRUMENTORS}

    def run(self, folder: Path, receiver: Receiver, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAMS / "opentelemetry-instrument", PROGRAMS / "python", "application.py"],
            cwd=folder,
            env={
                **os.environ,
                "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
                "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
                **environment,
            },
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )

    def test_the_application_is_measured(self, folder: Path, receiver: Receiver) -> None:
        done = self.run(folder, receiver)
        assert (done.stdout, names(receiver)) == ("42\n", ["SELECT"])

    def test_one_library_can_be_left_out(self, folder: Path, receiver: Receiver) -> None:
        done = self.run(folder, receiver, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="tachograph_sqlite3")
        assert (done.stdout, names(receiver)) == ("42\n", [])


class TestDoctor:
    def ask(self, url: str) -> subprocess.CompletedProcess[str]:
        command = [str(PROGRAMS / "tachograph"), "doctor", "--endpoint", url]
        return subprocess.run(command, capture_output=True, check=False, text=True)

    def test_it_says_what_is_instrumented_and_that_the_receiver_answers(self, receiver: Receiver) -> None:
        done = self.ask(receiver.url)
        lines = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
        expected = [[name, "instrumented"] for name in ("celery", "django", "flask", "sqlite3", "starlette")]
        assert ([line for line in lines if line in expected], done.returncode, done.stderr) == (expected, 0, "")
        assert [line for line in lines if line and line[0] in ("metrics", "traces")] == [
            ["metrics", f"{receiver.url}/v1/metrics: answers"],
            ["traces", f"{receiver.url}/v1/traces: answers"],
        ]

    def test_it_says_what_to_do_where_nobody_answers(self) -> None:
        url = f"http://127.0.0.1:{free_port()}"
        done = self.ask(url)
        said = f"Nothing takes telemetry at {url}: start `tachograph serve`, or set OTEL_EXPORTER_OTLP_ENDPOINT."
        assert (done.stdout.splitlines()[-1], done.returncode) == (said, 1)
