"""`tachograph alerting test`: who got the message, and who did not, by the oldest and newest Alertmanager."""

import re
import subprocess
import sys
from pathlib import Path

from tachograph_exporter.alerting.channel import Channels, Email, Slack, Webhook
from tachograph_exporter.alerting.folder import write
from tests.fixtures import alertmanager
from tests.fixtures.pairs import Pair
from tests.fixtures.process import free_port
from tests.fixtures.slack import Listener
from tests.fixtures.smtp import Mailbox


def _test(url: str, *flags: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "tachograph_exporter", "alerting", "test", f"--alertmanager={url}", *flags]
    return subprocess.run(argv, check=False, capture_output=True, text=True)


def _written(folder: Path, channels: Channels) -> str:
    """Write the folder as the command does, and return the configuration with a shorter wait."""
    write(folder, channels, force=True)
    return (folder / "alertmanager.yml").read_text().replace("group_wait: 30s", "group_wait: 0s")


def test_each_receiver_is_reported_delivered_or_not(
    each_pair: Pair, tmp_path: Path, slack: Listener, webhook: Listener, mailbox: Mailbox
) -> None:
    webhook.status = 500
    channels = Channels(
        secrets=tmp_path / "secrets",
        slack=Slack(slack.url, "#alerts"),
        email=Email(mailbox.smarthost, "t@example.org", "oncall@example.org", require_tls=False),
        webhook=Webhook(webhook.url),
    )
    configuration = _written(tmp_path, channels)
    with alertmanager.server(tmp_path, configuration, binary=each_pair.alertmanager) as manager:
        outcome = _test(manager.url, "--timeout=8")
    lines = sorted(re.sub(r"\d+ attempts", "N attempts", line) for line in outcome.stdout.splitlines()[1:])
    assert (outcome.returncode, lines) == (
        1,
        [
            "NOT DELIVERED  critical/webhook: N attempts failed; Alertmanager's log says why",
            "delivered      critical/email",
            "delivered      critical/slack",
        ],
    )
    title = slack.posts.all()[0].payload["attachments"][0]["title"]
    assert re.sub(r"\d+", "N", title) == "[FIRING:N] Critical TachographTest (test at N:N:N.N)"


def test_all_delivered_is_success_and_can_be_repeated(each_pair: Pair, tmp_path: Path, slack: Listener) -> None:
    configuration = _written(tmp_path, Channels(tmp_path / "secrets", Slack(slack.url, "#alerts")))
    with alertmanager.server(tmp_path, configuration, binary=each_pair.alertmanager) as manager:
        outcomes = [_test(manager.url, "--severity=warning", "--timeout=20") for _ in range(2)]
    told = [(outcome.returncode, outcome.stdout.splitlines()[1:]) for outcome in outcomes]
    assert (told, len(slack.posts.all()) >= 2) == ([(0, ["delivered      warning/slack"])] * 2, True)


def test_no_receiver_is_said_in_a_line(tmp_path: Path) -> None:
    with alertmanager.server(tmp_path, _written(tmp_path, Channels(tmp_path / "secrets"))) as manager:
        outcome = _test(manager.url)
    assert (outcome.returncode, outcome.stderr) == (
        1,
        "tachograph alerting: no receiver is set up for this alert: `tachograph alerting configure`\n",
    )


def test_an_alertmanager_that_is_down_is_said_in_a_line() -> None:
    port = free_port()
    outcome = _test(f"http://127.0.0.1:{port}")
    assert (outcome.returncode, outcome.stderr) == (
        1,
        f"tachograph alerting: Alertmanager at http://127.0.0.1:{port} does not answer:"
        " [Errno 111] Connection refused\n",
    )
