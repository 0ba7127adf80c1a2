"""Probes of real endpoints: what is timed, what counts as failure, and what is kept over attempts."""

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import trustme

from tachograph_exporter.collectors.certificate import not_after
from tachograph_exporter.collectors.probe import attempt
from tachograph_exporter.collectors.probe_target import Target
from tachograph_exporter.collectors.probes import ProbeOptions, Probes, Window
from tachograph_exporter.host import Host
from tests.fixtures.process import free_port, wait_until

from .endpoint import endpoint

_HTTP = ["resolve", "connect", "processing", "transfer"]
_HTTPS = ["resolve", "connect", "tls", "processing", "transfer"]


def _outcome(target: Target) -> tuple[str, int | None, list[str]]:
    done = asyncio.run(attempt(target))
    assert all(seconds >= 0 for seconds in done.phases.values())
    return done.failure, done.status, list(done.phases)


@pytest.mark.parametrize(
    ("make", "outcome"),
    [
        (lambda url: Target(url=f"{url}/ok"), ("", 200, _HTTP)),
        (lambda url: Target(url=f"{url}/ok?a=b", status=(404,)), ("", 404, _HTTP)),
        (lambda url: Target(url=f"{url}/missing"), ("status", 404, _HTTP)),
        (lambda url: Target(url=f"{url}/ok", body=re.compile("we wor")), ("", 200, _HTTP)),
        (lambda url: Target(url=f"{url}/ok", body=re.compile("broken")), ("body", 200, _HTTP)),
        (lambda url: Target(url=f"{url}/drip", body=re.compile("^we up$")), ("", 200, _HTTP)),
        (lambda url: Target(url=f"{url}/announced", body=re.compile("^we up$")), ("", 200, _HTTP)),
        (lambda url: Target(url=f"{url}/to-the-end", body=re.compile("^we up$")), ("", 200, _HTTP)),
        (lambda url: Target(url=f"{url}/ok", method="HEAD"), ("", 200, _HTTP)),
        (lambda url: Target(url=f"{url}/cut"), ("protocol", None, _HTTP)),
        (lambda url: Target(url=f"{url}/cut-chunks"), ("protocol", None, _HTTP)),
        (lambda url: Target(url=f"{url}/no-http"), ("protocol", None, _HTTP[:3])),
        (lambda url: Target(url=f"{url}/silent", timeout=0.2), ("timeout", None, _HTTP[:3])),
        (lambda url: Target(url=url.replace("http:", "tcp:")), ("", None, _HTTP[:2])),
        (lambda url: Target(url=url.replace("http:", "https:")), ("tls", None, _HTTPS[:3])),
    ],
    ids=[
        "good",
        "other status",
        "bad status",
        "body",
        "other body",
        "chunks",
        "announced",
        "to the end",
        "head",
        "cut",
        "cut chunks",
        "no http",
        "silent",
        "tcp",
        "no tls",
    ],
)
def test_an_attempt_tells_what_was_answered_and_how_long_each_phase_took(
    make: Callable[[str], Target], outcome: tuple[str, int | None, list[str]]
) -> None:
    with endpoint() as server:
        assert _outcome(make(server.url)) == outcome


def test_an_endpoint_that_is_not_there_fails_by_the_phase_it_failed_in() -> None:
    closed = Target(url=f"tcp://127.0.0.1:{free_port()}")
    unknown = Target(url="http://no-such-host.invalid/")
    assert [_outcome(closed), _outcome(unknown)] == [
        ("connect", None, ["resolve", "connect"]),
        ("resolve", None, ["resolve"]),
    ]


def test_a_server_that_speaks_something_else_is_a_fault_of_the_protocol() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"220 mail.example.com ESMTP\r\n\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        assert _outcome(Target(url=f"http://127.0.0.1:{server.getsockname()[1]}/"))[0] == "protocol"
        thread.join()


@pytest.mark.parametrize(("trusted", "verify", "failure"), [(True, True, ""), (False, True, "tls"), (False, False, "")])
def test_a_certificate_must_be_valid_unless_told_otherwise(
    tmp_path: Path, *, trusted: bool, verify: bool, failure: str
) -> None:
    with endpoint(tmp_path) as server:
        ca_file = str(server.authority) if trusted else ""
        done = asyncio.run(attempt(Target(url=f"{server.url}/ok", ca_file=ca_file, verify=verify)))
    assert (done.failure, done.expiry is None) == (failure, failure == "tls")


def test_a_certificates_end_is_read_from_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pem"
    trustme.CA().issue_cert("localhost").cert_chain_pems[0].write_to_path(str(path))
    pem = path.read_text()
    certificate = ssl.PEM_cert_to_DER_cert(pem)
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=pem)
    expected = [ssl.cert_time_to_seconds(str(found["notAfter"])) for found in _decoded(path)]
    assert [not_after(certificate)] == expected
    assert [not_after(b""), not_after(certificate[:40]), not_after(b"\x30\x03abc")] == [None, None, None]


def _decoded(path: Path) -> list[dict[str, object]]:
    return [ssl._ssl._test_decode_cert(str(path))]  # type: ignore[attr-defined] # the ssl module's own reader


def test_a_scrape_starts_the_probes_and_they_go_on_by_themselves() -> None:
    with endpoint() as server:
        targets = (Target(name="up", url=f"{server.url}/ok"), Target(name="down", url="tcp://127.0.0.1:1"))
        with closing(Probes(Host(), ProbeOptions(targets=targets, interval=0.05))) as probes:
            first = _rows(probes)
            wait_until(lambda: _rows(probes)["attempts_total", "up"] >= 3, what="three attempts")
            later = _rows(probes)
    assert (first["success", "up"], first["success", "down"]) == (1.0, 0.0)
    assert (later["loss_ratio", "up"], later["loss_ratio", "down"]) == (0.0, 1.0)
    assert (later["uptime_ratio", "up"], later["uptime_ratio", "down"]) == (1.0, 0.0)
    assert later["failures_total", "down", "connect"] >= 2
    wait_until(lambda: all(thread.name != "probes" for thread in threading.enumerate()), what="the probes to end")


def test_a_target_that_cannot_even_be_tried_costs_no_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> ssl.SSLContext:
        raise RuntimeError("no entropy")

    monkeypatch.setattr(ssl, "create_default_context", broken)
    with endpoint() as server:
        targets = (Target(name="broken", url=server.url.replace("http:", "https:")), Target(name="up", url=server.url))
        with closing(Probes(Host(), ProbeOptions(targets=targets, interval=0.05))) as probes:
            wait_until(lambda: _rows(probes).get(("attempts_total", "up"), 0) >= 3, what="three attempts")
            failures = _rows(probes)["failures_total", "broken", "RuntimeError"]
    assert failures >= 1


def _rows(probes: Probes) -> dict[tuple[str, ...], float]:
    return {
        (metric.name.removeprefix("tachograph_probe_"), *labels): value
        for metric in probes.collect()
        for labels, value in metric.rows
        if isinstance(value, float)
    }


def test_a_window_counts_the_attempts_of_its_last_seconds() -> None:
    window = Window(10.0)
    ratios = []
    for at, failed in ((0, True), (5, False), (9, False), (11, True), (16, False), (40, False)):
        window.add(at, failed=failed)
        ratios.append(round(window.failed_ratio, 3))
    assert ratios == [1.0, 0.5, 0.333, 0.333, 0.333, 0.0]


@pytest.mark.parametrize("url", ["", "ftp://host/", "tcp://host", "http://", "host:80"])
def test_a_url_that_cannot_be_probed_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^url: "):
        Target(url=url)


def test_two_targets_that_would_be_one_series_are_refused() -> None:
    with pytest.raises(ValueError, match="'tcp://host:1' is there twice"):
        ProbeOptions(targets=(Target(url="tcp://host:1"), Target(url="tcp://host:1")))
