"""The whole way: a call in the demo application becomes slow, and a Slack message and an e-mail say so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tachograph_exporter.alerting.channel import Channels, Email, Slack
from tests.fixtures import alertmanager, prometheus, service
from tests.fixtures.slack import Listener, Post
from tests.fixtures.smtp import Mailbox

from .hurry import hurried_configuration, hurried_rules, prometheus_configuration

SLOW = {"OperationSlow": {"warning": 2, "critical": 60}}


@pytest.fixture
def stack(tmp_path: Path, slack: Listener, mailbox: Mailbox) -> Iterator[service.Demo]:
    """The exporter, the demo application, Prometheus and Alertmanager, with Slack and mail set up."""
    hurried_rules(tmp_path / "rules", SLOW)
    channels = Channels(
        secrets=tmp_path,
        slack=Slack(slack.url, "#alerts"),
        email=Email(mailbox.smarthost, "tachograph@example.org", "oncall@example.org", require_tls=False),
    )
    (tmp_path / "slack_webhook_url").write_text(slack.url)
    with (
        service.exporter(tmp_path) as exporter,
        service.demo(tmp_path, exporter.endpoint, "--rate=6") as demo,
        alertmanager.server(tmp_path, hurried_configuration(channels)) as manager,
        prometheus.server(
            tmp_path,
            prometheus_configuration(exporter.target, manager.url.removeprefix("http://"), tmp_path / "rules"),
        ) as server,
    ):
        server.wait_for('service_operation:tachograph_operation:rate5m{tachograph_operation_name="agent.step"}')
        yield demo


def _about_the_agent(post: Post, status: str) -> bool:
    attachment = post.payload["attachments"][0]
    return attachment["title"].startswith(f"[{status}") and "agent.step" in attachment["text"]


def test_a_slow_operation_reaches_slack_and_mail_and_so_does_its_recovery(
    stack: service.Demo, slack: Listener, mailbox: Mailbox
) -> None:
    stack.control(slow_seconds=1.5)
    firing = slack.posts.wait_for(lambda post: _about_the_agent(post, "FIRING"), what="a message that it fires")
    mail = mailbox.messages.wait_for(lambda mail: "[FIRING" in mail["Subject"], what="an e-mail that it fires")
    stack.control(slow_seconds=0)
    resolved = slack.posts.wait_for(lambda post: _about_the_agent(post, "RESOLVED"), what="a message that it is over")
    mailbox.messages.wait_for(lambda mail: "[RESOLVED]" in mail["Subject"], what="an e-mail that it is over")

    attachment = firing.payload["attachments"][0]
    assert (
        firing.payload["channel"],
        attachment["title"].partition("] ")[2],
        attachment["color"],
        [action["text"] for action in attachment["actions"]],
        "*agent.step of demo is slow*" in attachment["text"],
        resolved.payload["attachments"][0]["color"],
        mail["To"],
        mail["Subject"].partition("] ")[2],
        mail.get_content_type(),
    ) == (
        "#alerts",
        "Warning OperationSlow (demo)",
        "#ecb22e",
        ["Runbook", "Dashboard", "Query", "Silence"],
        True,
        "#2eb67d",
        "oncall@example.org",
        "Warning OperationSlow (demo)",
        "multipart/alternative",
    )
