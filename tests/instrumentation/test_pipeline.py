"""The lean pipeline: OTLP that receivers understand, and an application that does not notice whether one is there."""

import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

import tachograph
from tachograph.telemetry.hub import HUB
from tests.fixtures.process import free_port
from tests.fixtures.telemetry import Receiver, Series, receiving

DURATION = "tachograph.operation.duration"


@tachograph.operation("work")
def work() -> None:
    pass


@contextmanager
def set_up(endpoint: str) -> Iterator[None]:
    tachograph.setup("test", endpoint)
    try:
        yield
    finally:
        tachograph.shutdown()


def counts(receiver: Receiver, name: str = DURATION) -> list[int | None]:
    return [series.count for series in receiver.series() if series.metric == name]


@contextmanager
def answering(status: int, seconds: float = 0) -> Iterator[str]:
    """Run a receiver that answers so, after that long."""
    stopping = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            stopping.wait(seconds)
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Stay silent."""

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                """The client went away, as it may."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_telemetry_arrives_without_being_asked_for(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "20")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    with set_up(receiver.url):
        work()
        deadline = time.monotonic() + 10
        while not (receiver.traces and counts(receiver)) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert (counts(receiver), len(receiver.raw())) == ([1], 1)


def test_the_resource_says_who_it_is(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,team=a%20b")
    with set_up(receiver.url):
        work()
        tachograph.flush()
    resource = receiver.resource()
    said = {key: resource[key] for key in ("service.name", "deployment.environment.name", "team", "telemetry.sdk.name")}
    assert said == {
        "service.name": "test",
        "deployment.environment.name": "test",
        "team": "a b",
        "telemetry.sdk.name": "tachograph",
    }
    assert len(resource["service.instance.id"]) == 36


def test_headers_and_compression_are_those_of_the_environment(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=one,authorization=Basic%20abc")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    with set_up(receiver.url):
        work()
        tachograph.flush()
    (headers, *_) = receiver.headers
    sent = {key.lower(): value for key, value in headers.items()}
    asked = ("x-tenant", "authorization", "content-encoding", "content-type")
    assert [sent[key] for key in asked] == ["one", "Basic abc", "gzip", "application/x-protobuf"]
    assert counts(receiver) == [1]


def test_certificates_are_those_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(ca := tmp_path / "ca.pem")
    authority.issue_cert("client").private_key_and_cert_chain_pem.write_to_path(client := tmp_path / "client.pem")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
    tls.verify_mode = ssl.CERT_REQUIRED
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", str(client))
    taken = {}
    with receiving(tls) as receiver:
        for certificate in (None, str(ca)):
            if certificate is not None:
                monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", certificate)
            with set_up(receiver.url.replace("https://", "https://name:key@")):
                work()
                taken[certificate] = tachograph.flush()
                told = str(tachograph.status())
    (headers, *_) = receiver.headers
    assert taken == {None: False, str(ca): True}
    assert (headers["Authorization"], "key@" in told) == ("Basic bmFtZTprZXk=", False)


@pytest.mark.parametrize(("way", "expected"), [("traces", ([], [1])), ("metrics", ([1], []))])
def test_a_signal_may_be_switched_off(
    way: str, expected: tuple[list[int], list[int]], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"OTEL_{way.upper()}_EXPORTER", "none")
    with set_up(receiver.url):
        work()
        tachograph.flush()
    assert ([1 for _ in receiver.raw()], counts(receiver)) == expected


def test_a_receiver_that_is_asked_while_it_is_sent_to_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "1")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "1")
    with answering(200, seconds=0.01) as url, set_up(url):
        work()
        pipeline = HUB.pipeline
        assert pipeline is not None
        for _ in range(20):  # the background thread sends all the time
            pipeline.ask(5)
            assert [one.answers for one in pipeline.receivers()] == [True, True]


class TestNobodyThere:
    def test_one_line_is_logged_and_spans_wait_until_somebody_is(self, caplog: pytest.LogCaptureFixture) -> None:
        port = free_port()
        with set_up(f"http://127.0.0.1:{port}"):
            for _ in range(3):
                work()
                assert tachograph.flush() is False
            away = [record.getMessage() for record in caplog.records]
            caplog.clear()
            receiver = Receiver()
            with receiver_at(port, receiver):
                assert tachograph.flush() is True
            back = [record.getMessage() for record in caplog.records]
        assert (len(away), "the application goes on" in away[0]) == (1, True)
        assert (len(back), "takes telemetry again" in back[0]) == (1, True)
        assert (counts(receiver), len(receiver.raw())) == ([3], 3)

    def test_what_finds_no_room_is_dropped_and_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "10")
        with set_up(f"http://127.0.0.1:{free_port()}"):
            for _ in range(25):
                work()
            assert tachograph.status().dropped_spans == 15

    def test_what_was_lost_is_said_once_at_the_end(self, caplog: pytest.LogCaptureFixture) -> None:
        url = f"http://127.0.0.1:{free_port()}"
        with set_up(url):
            for _ in range(7):
                work()
        assert [record.getMessage() for record in caplog.records][1:] == [
            f"7 spans were not delivered to {url}/v1/traces"
        ]

    def test_status_says_so(self) -> None:
        url = f"http://127.0.0.1:{free_port()}"
        with set_up(url):
            work()
            tachograph.flush()
            assert tachograph.status().receivers == {
                "metrics": f"{url}/v1/metrics: [Errno 111] Connection refused",
                "traces": f"{url}/v1/traces: [Errno 111] Connection refused",
            }


def test_what_is_refused_is_not_sent_again(caplog: pytest.LogCaptureFixture) -> None:
    with answering(400) as url, set_up(url):
        work()
        first = tachograph.flush()
        assert (first, tachograph.status().dropped_spans) == (False, 1)
        assert "HTTP status 400" in caplog.records[0].getMessage()


@pytest.mark.parametrize("status", [429, 503])
def test_what_is_postponed_is_sent_again(status: int) -> None:
    with answering(status) as url, set_up(url):
        work()
        tachograph.flush()
        assert tachograph.status().dropped_spans == 0


SCRIPT = """
import sys, time
import tachograph
tachograph.setup("test", sys.argv[1])
for _ in range(1000):
    with tachograph.operation("work"):
        pass
time.sleep(float(sys.argv[2]))
began = time.monotonic()
import atexit
atexit._run_exitfuncs()
print(time.monotonic() - began)
"""


@pytest.mark.parametrize("running_seconds", [0, 1.5], ids=["at once", "while a request hangs"])
@pytest.mark.parametrize("kind", ["refusing", "silent", "slow"])
def test_the_end_of_the_process_takes_at_most_two_seconds(kind: str, running_seconds: float) -> None:
    with receiver_that_is(kind) as url:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, url, str(running_seconds)], capture_output=True, text=True, check=True
        )
    said = [line for line in done.stderr.splitlines() if "not delivered" in line]
    assert (float(done.stdout) <= 2, said) == (True, [f"1000 spans were not delivered to {url}/v1/traces"])


@contextmanager
def receiver_that_is(kind: str) -> Iterator[str]:
    if kind == "refusing":
        yield f"http://127.0.0.1:{free_port()}"
    elif kind == "slow":
        with answering(200, seconds=30) as url:
            yield url
    else:
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def receiver_at(port: int, receiver: Receiver) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.take(self.path, self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_hanging_receiver_costs_the_application_nothing() -> None:
    with answering(200, seconds=30) as url, set_up(url):
        work()
        began = time.monotonic()
        flushed = tachograph.flush(0.2)
        for _ in range(1000):
            work()
        assert (flushed, time.monotonic() - began < 1) == (False, True)


def test_series_beyond_the_limit_are_one(receiver: Receiver) -> None:
    with set_up(receiver.url):
        for number in range(2100):
            tachograph.record("orders", 1, number=number)
        tachograph.flush()
    series = [point for point in receiver.series() if point.metric == "orders"]
    overflow = Series("orders", {"otel.metric.overflow": True}, 101)
    assert (len(series), [point for point in series if "number" not in point.labels]) == (2000, [overflow])
