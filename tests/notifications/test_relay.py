"""`tachograph alerting relay`: messages signed for whoever acts upon them, and shown on the desktop."""

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tachograph_exporter.alerting.relay import SIGNATURE, TIMESTAMP, signature
from tests.fixtures import alertmanager
from tests.fixtures.process import free_port, listens, running
from tests.fixtures.slack import Listener

KEY = b"0123456789abcdef0123456789abcdef"
MESSAGE = {
    "status": "firing",
    "commonLabels": {"alertname": "HostCpuHigh", "severity": "critical"},
    "alerts": [{"labels": {"alertname": "HostCpuHigh"}, "annotations": {"summary": "The CPUs of web1 are busy"}}],
}


@contextmanager
def _relay(folder: Path, *flags: str, **environment: str) -> Iterator[str]:
    port = free_port()
    (folder / "key").write_bytes(KEY + b"\n")
    argv = [sys.executable, "-m", "tachograph_exporter", "alerting", "relay", f"--listen=127.0.0.1:{port}", *flags]
    log = folder / "relay.log"
    with running(argv, log=log, ready=lambda: listens(port), environment=environment) as process:
        yield f"http://127.0.0.1:{port}/"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0, log.read_text()


def _post(url: str, body: bytes) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_message_of_alertmanager_arrives_signed(tmp_path: Path, webhook: Listener) -> None:
    with _relay(tmp_path, f"--forward={webhook.url}", f"--secret-file={tmp_path / 'key'}") as url:
        configuration = f"""\
route: {{receiver: relay, group_wait: 0s}}
receivers: [{{name: relay, webhook_configs: [{{url: "{url}"}}]}}]
"""
        with alertmanager.server(tmp_path, configuration) as manager:
            manager.post([{"labels": {"alertname": "Act"}, "annotations": {"action": "restart worker"}}])
            post = webhook.posts.wait_for(lambda _: True, what="the relayed message")
    timestamp = post.headers[TIMESTAMP]
    assert (
        post.headers[SIGNATURE],
        abs(time.time() - int(timestamp)) < 30,
        post.payload["alerts"][0]["annotations"],
    ) == (signature(KEY, timestamp, post.body), True, {"action": "restart worker"})


def test_a_signature_is_of_the_time_and_the_body() -> None:
    """The figures can be checked with: printf '1.{}' | openssl dgst -sha256 -hmac key."""
    assert signature(b"key", "1", b"{}") == "sha256=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224"


def test_what_the_receiver_refuses_alertmanager_is_told_to_try_again(tmp_path: Path, webhook: Listener) -> None:
    webhook.status = 503
    with _relay(tmp_path, f"--forward={webhook.url}", f"--secret-file={tmp_path / 'key'}") as url:
        assert _post(url, json.dumps(MESSAGE).encode()) == (502, "the action's address answered 503\n")


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff", b'{"status": "firing", "alerts": [{}]}'])
def test_what_is_no_message_is_refused_and_goes_nowhere(tmp_path: Path, webhook: Listener, body: bytes) -> None:
    with _relay(tmp_path, f"--forward={webhook.url}", f"--secret-file={tmp_path / 'key'}") as url:
        assert (_post(url, body), webhook.posts.all()) == ((400, "not a message of Alertmanager\n"), ())


def test_the_desktop_is_shown_title_summary_and_urgency(tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    program = tmp_path / "bin" / "notify-send"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {shown}\n')
    program.chmod(0o755)
    with _relay(tmp_path, "--desktop", PATH=f"{program.parent}:{os.environ['PATH']}") as url:
        answer = _post(url, json.dumps(MESSAGE).encode())
    assert (answer, shown.read_text().splitlines()) == (
        (200, "done\n"),
        ["--app-name=Tachograph", "--urgency=critical", "--", "FIRING: HostCpuHigh", "The CPUs of web1 are busy"],
    )
