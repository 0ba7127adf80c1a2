"""`tachograph serve` and `tachograph scrape` as a user runs them: processes, signals, real sockets."""

import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tachograph_exporter.address import Address
from tests.fixtures.process import command, wait_until

from .http import ask

TACHOGRAPH = [sys.executable, "-c", "from tachograph_exporter.cli import main; main(prog_name='tachograph')"]
LISTENING = re.compile(r"listening on ([\d.]+):(\d+)(?:, ([\d.]+):(\d+))?")


@dataclass
class Running:
    """An exporter at work; `log` has what it said so far."""

    process: subprocess.Popen[bytes]
    log_file: Path
    web: Address
    otlp: Address | None

    def log(self) -> str:
        return self.log_file.read_text()

    def metric(self, name: str) -> list[str]:
        body = ask(self.web, "/metrics").body.decode()
        return [line for line in body.splitlines() if line.startswith(name)]


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Running]:
    """Run `tachograph serve` on free ports, and end it if the test did not."""
    log_file = folder / "serve.log"
    listen = ["--web.listen-address=127.0.0.1:0", "--otlp.listen-address=127.0.0.1:0"]
    with log_file.open("wb") as log:
        process = subprocess.Popen([*TACHOGRAPH, "serve", *listen, *arguments], stderr=log, stdout=log)
    try:
        wait_until(
            lambda: bool(LISTENING.search(log_file.read_text())) or process.poll() is not None,
            what="the exporter's start",
        )
        found = LISTENING.search(log_file.read_text())
        assert found, log_file.read_text()
        host, port, otlp_host, otlp_port = found.groups()
        otlp = Address(otlp_host, int(otlp_port)) if otlp_host else None
        yield Running(process, log_file, Address(host, int(port)), otlp)
    finally:
        process.kill()
        process.wait()


def said(*arguments: str) -> tuple[int, str]:
    """Return what a command exits with and prints, to either stream."""
    done = subprocess.run([*TACHOGRAPH, *arguments], capture_output=True, check=False, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_a_scrape_serves_the_host_the_receiver_and_the_exporter_itself(tmp_path: Path) -> None:
    with running(tmp_path) as exporter:
        names = {line.split("{")[0].split(" ")[0] for line in exporter.metric("")}
    wanted = {
        "node_cpu_seconds_total",
        "node_load1",
        "node_exporter_build_info",
        "tachograph_exporter_build_info",
        "process_cpu_seconds_total",
        "tachograph_store_series",
        "tachograph_config_last_reload_successful",
        "node_scrape_collector_success",
    }
    assert wanted - names == set()


def test_promtool_finds_no_fault_with_what_is_served(tmp_path: Path) -> None:
    with running(tmp_path) as exporter:
        body = ask(exporter.web, "/metrics").body
    done = subprocess.run([command("promtool"), "check", "metrics"], input=body, capture_output=True, check=False)
    # node_exporter's own names have these, and its users' dashboards rely on them.
    inherited = re.compile(rb"(?m)^node_\S+ .*\n?")
    assert (done.returncode in (0, 3), inherited.sub(b"", done.stderr)) == (True, b"")


def test_the_pages_around_it_are_there(tmp_path: Path) -> None:
    with running(tmp_path, "--no-otlp") as exporter:
        paths = ("/", "/static/page.css", "/-/healthy", "/-/ready", "/-/reload", "/nowhere")
        answers = {path: ask(exporter.web, path) for path in paths}
        posted = ask(exporter.web, "/-/healthy", method="POST").status
    assert {path: answer.status for path, answer in answers.items()} == {
        "/": 200,
        "/static/page.css": 200,
        "/-/healthy": 200,
        "/-/ready": 200,
        "/-/reload": 404,
        "/nowhere": 404,
    }
    policy = answers["/"].headers["content-security-policy"]
    assert (posted, policy.startswith("default-src 'none'"), b'href="/metrics"' in answers["/"].body) == (
        405,
        True,
        True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_at_once_and_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as exporter, socket.create_connection((exporter.web.host, exporter.web.port)):
        ask(exporter.web, "/metrics")
        start = time.monotonic()
        exporter.process.send_signal(number)
        code = exporter.process.wait(60)
        assert (code, time.monotonic() - start < 2, "Traceback" in exporter.log()) == (0, True, False)


def test_a_reload_takes_a_good_file_and_keeps_it_when_the_next_is_bad(tmp_path: Path) -> None:
    file = tmp_path / "tachograph.toml"
    file.write_text("[collector.loadavg]\nenabled = true\n")
    with running(tmp_path, f"--config.file={file}", "--no-otlp") as exporter:
        states = []

        def reload(text: str) -> None:
            file.write_text(text)
            lines = exporter.log().count("\n")
            exporter.process.send_signal(signal.SIGHUP)
            wait_until(lambda: exporter.log().count("\n") > lines, what="the reload")
            successful = exporter.metric("tachograph_config_last_reload_successful")
            states.append((len(exporter.metric("node_load1 ")), successful[0].split()[1]))

        reload("[collector.loadavg]\nenabled = false\n")
        reload("[collector.loadavg]\nenabled = 1\n")
        reload("[collector.loadavg]\nenabled = true\n")
        log = exporter.log()
    bad = f"the configuration stays as it was: {file}: [collector.loadavg] enabled: must be true or false, not 1"
    assert (states, bad in log) == ([(0, "1.0"), (0, "0.0"), (1, "1.0")], True)


_WATCHED = """
[collector.probes]
interval = 0.02
loss_window = {window}
[[collector.probes.targets]]
name = "open"
url = "tcp://127.0.0.1:{port}"
[[collector.process_groups.groups]]
name = "sleepers"
command = "sleep 6{port}"
"""


def test_a_reload_forgets_nothing_of_what_is_still_watched(tmp_path: Path) -> None:
    file = tmp_path / "tachograph.toml"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        file.write_text(_WATCHED.format(window=300, port=port))
        with running(tmp_path, f"--config.file={file}", "--no-otlp", "--web.enable-lifecycle") as exporter:

            def counted() -> tuple[float, str, int]:
                attempts = float(exporter.metric("tachograph_probe_attempts_total")[0].split()[1])
                starts = exporter.metric("tachograph_process_group_starts_total{")[0].split()[1]
                return attempts, starts, len(list(Path(f"/proc/{exporter.process.pid}/task").iterdir()))

            counted()
            with subprocess.Popen(["sleep", f"6{port}"]) as sleeper:
                wait_until(lambda: counted()[1] == "1.0" and counted()[0] > 10, what="some attempts")
                found = [counted()]
                for window in (300, 300, 300, 60):  # the last one changes the collector, but not what it watches
                    another = '[[collector.process_groups.groups]]\nname = "other"\nnames = ["x"]\n'
                    file.write_text(_WATCHED.format(window=window, port=port) + (another if window == 60 else ""))
                    ask(exporter.web, "/-/reload", method="POST")
                    found.append(counted())
                sleeper.kill()
    attempts, starts, threads = zip(*found, strict=True)
    assert (list(attempts), set(starts)) == (sorted(attempts), {"1.0"})
    assert threads[-1] <= threads[0] + 1


@pytest.mark.parametrize(
    ("log_format", "line"),
    [
        ("json", '{"time": "T", "level": "info", "source": "S", "msg": "the configuration was read anew"}'),
        ("logfmt", 'time=T level=info source=S msg="the configuration was read anew"'),
        ("text", "T INFO S: the configuration was read anew"),
    ],
)
def test_the_log_is_written_as_it_is_wanted(tmp_path: Path, log_format: str, line: str) -> None:
    with running(tmp_path, "--no-otlp", f"--log.format={log_format}") as exporter:
        exporter.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "read anew" in exporter.log(), what="the reload")
        written = exporter.log().splitlines()[-1]
    written = re.sub(r"\d{4}-[\d-]+[T ][\d:.,]+(\+00:00)?", "T", written)
    assert written.replace("tachograph_exporter.cli.serving", "S") == line


def test_a_reload_over_http_has_to_be_allowed(tmp_path: Path) -> None:
    file = tmp_path / "tachograph.toml"
    file.write_text("")
    with running(tmp_path, f"--config.file={file}", "--no-otlp", "--web.enable-lifecycle") as exporter:
        answers = [ask(exporter.web, "/-/reload", method="POST"), ask(exporter.web, "/-/reload")]
        file.write_text("x")
        answers.append(ask(exporter.web, "/-/reload", method="PUT"))
    assert [answer.status for answer in answers] == [200, 405, 500]


def test_a_reload_that_changes_listeners_says_that_it_needs_a_start(tmp_path: Path) -> None:
    file = tmp_path / "tachograph.toml"
    file.write_text("")
    with running(tmp_path, f"--config.file={file}", "--no-otlp") as exporter:
        file.write_text("[web]\nmax_requests = 1\n")
        exporter.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "read anew" in exporter.log(), what="the reload")
        assert "stay as they are until the next start" in exporter.log()


def test_a_port_in_use_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = said("serve", f"--web.listen-address=127.0.0.1:{port}", "--no-otlp")
    assert outcome == (
        1,
        f"tachograph serve: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "stop what listens there, or choose another address\n",
    )


def test_an_address_of_another_machine_is_told_in_one_line() -> None:
    code, told = said("serve", "--web.listen-address=192.0.2.1:9100", "--no-otlp")
    assert (code, told.count("\n"), "cannot listen on 192.0.2.1:9100" in told) == (1, 1, True)


def test_without_its_extra_it_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['httptools'] = None\n"
        "from tachograph_exporter.cli import main\n"
        "main(['serve', '--no-otlp'], prog_name='tachograph')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (
        1,
        "tachograph serve needs httptools: pip install 'tachograph[exporter]'\n",
    )


def test_a_scrape_is_printed_once() -> None:
    code, text = said("scrape", "--no-collector.loadavg", "--openmetrics")
    assert (code, text.endswith("# EOF\n"), "node_load1" in text, "node_cpu_seconds_total" in text) == (
        0,
        True,
        False,
        True,
    )


def test_plain_serving_loads_no_openssl(tmp_path: Path) -> None:
    with running(tmp_path) as exporter:
        ask(exporter.web, "/metrics")
        maps = Path(f"/proc/{exporter.process.pid}/maps").read_text()
    assert sorted({line.rsplit("/")[-1] for line in maps.splitlines() if "ssl" in line or "libcrypto" in line}) == []


def test_it_may_open_as_many_files_as_it_needs(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))  # as in most shells
    try:
        with running(tmp_path, "--no-otlp") as exporter:
            assert exporter.metric("process_max_fds") == [f"process_max_fds {min(8192, hard)}.0"]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_it_uses_no_cpu_while_nobody_asks(tmp_path: Path) -> None:
    with running(tmp_path) as exporter:
        ask(exporter.web, "/metrics")
        stat = Path(f"/proc/{exporter.process.pid}/stat")
        context = Path(f"/proc/{exporter.process.pid}/task/{exporter.process.pid}/status")

        def turns() -> int:
            return int(re.findall(r"^voluntary_ctxt_switches:\s*(\d+)", context.read_text(), re.M)[0])

        before, ticks = turns(), stat.read_text().split()[13:15]
        time.sleep(1)
        assert (turns() - before <= 2, stat.read_text().split()[13:15]) == (True, ticks)
