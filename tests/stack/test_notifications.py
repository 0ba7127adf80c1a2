"""What people are told when a database is slow, a model provider fails and a disk is full, and when that is over.

The faults are real: a lock held on the demo application's database, its provider told to fail, a file system filled.
Everything else is what users run, with the oldest and the newest Prometheus and Alertmanager.
"""

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tachograph_exporter.alerting.channel import Channels, Email, Slack, Webhook
from tests.fixtures import alertmanager, pairs, prometheus, service
from tests.fixtures.alertmanager import Alertmanager
from tests.fixtures.disk import Disk, mounted
from tests.fixtures.service import Demo
from tests.fixtures.slack import Listener, Post, listening
from tests.fixtures.smtp import Mailbox, serving

from .hurry import hurried_configuration, hurried_rules, prometheus_configuration

pytestmark = pytest.mark.timeout(300)

LIMITS = {
    "Watchdog": {},
    "DatabaseQueriesSlow": {},
    "LlmErrorsHigh": {"warning": 0.1, "critical": 0.3},
    "HostFilesystemFull": {},
    "AlertmanagerNotificationsFail": {},
}
SUBJECTS = ("DatabaseQueriesSlow", "LlmErrorsHigh", "HostFilesystemFull")


@dataclass(frozen=True)
class Stack:
    """Everything at work, and what it has told so far."""

    demo: Demo
    disk: Disk
    manager: Alertmanager
    slack: Listener
    mailbox: Mailbox
    webhook: Listener
    dead_man: Listener

    def told(self, status: str, *words: str) -> Post:
        """Await a Slack message whose title has a status, and all words."""
        return self.slack.posts.wait_for(
            lambda post: _title(post).startswith(f"[{status}") and all(word in _title(post) for word in words),
            what=f"{status} {words} in Slack",
        )

    def mailed(self, status: str, *words: str) -> EmailMessage:
        """Await an e-mail whose subject has a status, and all words."""
        return self.mailbox.messages.wait_for(
            lambda mail: mail["Subject"].startswith(f"[{status}") and all(word in mail["Subject"] for word in words),
            what=f"{status} {words} by e-mail",
        )


def _title(post: Post) -> str:
    title: str = post.payload["attachments"][0]["title"]
    return title


@contextmanager
def _running(folder: Path, pair: pairs.Pair) -> Iterator[Stack]:
    hurried_rules(folder / "rules", LIMITS)
    with ExitStack() as parts:
        told, acted, beaten = (parts.enter_context(listening()) for _ in range(3))
        mailbox = parts.enter_context(serving(user="tachograph", password="geheim"))
        channels = Channels(
            secrets=folder,
            slack=Slack(told.url, "#alerts"),
            email=Email(
                mailbox.smarthost, "t@example.org", "oncall@example.org", "tachograph", "geheim", require_tls=False
            ),
            webhook=Webhook(acted.url),
            dead_man_url=beaten.url,
        )
        (folder / "slack_webhook_url").write_text(told.url)
        (folder / "smtp_password").write_text("geheim")
        small = parts.enter_context(mounted(folder))
        # the machine's own disks are nobody's business here, and one of them may be full
        watched = f"--collector.filesystem.mount-points-include=^{re.escape(str(small.mountpoint))}$"
        exporter = parts.enter_context(service.exporter(folder, watched))
        demo = parts.enter_context(service.demo(folder, exporter.endpoint, "--rate=8", "--overload-every=0"))
        manager = parts.enter_context(
            alertmanager.server(folder, hurried_configuration(channels), binary=pair.alertmanager)
        )
        address = manager.url.removeprefix("http://")
        server = parts.enter_context(
            prometheus.server(
                folder, prometheus_configuration(exporter.target, address, folder / "rules"), binary=pair.prometheus
            )
        )
        server.wait_for("service_database_operation:db_client_operation:rate5m > 1")
        yield Stack(demo, small, manager, told, mailbox, acted, beaten)


@pytest.fixture(scope="module", params=[pairs.OLDEST_PAIR, pairs.NEWEST_PAIR])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with _running(tmp_path_factory.mktemp("stack"), pairs.pair(request.param)) as running:
        yield running


@contextmanager
def _slow_database(demo: Demo) -> Iterator[None]:
    """Hold a lock on the demo's database again and again, as a careless migration would."""
    path = next(demo.folder.glob("tachograph-demo-*/memory.db"))
    over = threading.Event()

    def hold() -> None:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        while not over.is_set():
            connection.execute("BEGIN EXCLUSIVE")
            over.wait(0.9)
            connection.execute("COMMIT")
            over.wait(0.15)  # SQLite looks again after 0.1 s at most: all who wait have their turn
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@dataclass(frozen=True)
class Incident:
    """What was told of the three faults, by subject."""

    firing: dict[str, Post]
    resolved: dict[str, Post]
    mails: dict[str, tuple[EmailMessage, EmailMessage]]
    inhibited: list[dict[str, Any]]
    told: list[str]  # in Slack, until everything was over


@pytest.fixture(scope="module")
def incident(stack: Stack) -> Incident:
    """Three faults at once, told and over."""
    stack.disk.fill(0.95)
    stack.demo.control(llm_errors=0.6)
    with _slow_database(stack.demo):
        firing = {name: stack.told("FIRING", "Critical", name) for name in SUBJECTS}
        firing["group"] = stack.slack.posts.wait_for(_groups_several, what="a message about several alerts")
        inhibited = [alert for alert in stack.manager.get("alerts") if alert["status"]["inhibitedBy"]]
    stack.disk.empty()
    stack.demo.control(llm_errors=0.0)
    resolved = {name: stack.told("RESOLVED", "Critical", name) for name in SUBJECTS}
    mails = {
        name: (stack.mailed("FIRING", "Critical", name), stack.mailed("RESOLVED", "Critical", name))
        for name in SUBJECTS
    }
    told = [_title(post) for post in stack.slack.posts.all()]
    return Incident(firing, resolved, mails, inhibited, told)


def _groups_several(post: Post) -> bool:
    return any(_title(post).startswith(f"[FIRING:{count}] Critical Database") for count in range(2, 20))


TITLES = {
    "DatabaseQueriesSlow": "Critical DatabaseQueriesSlow (demo)",
    "LlmErrorsHigh": "Critical LlmErrorsHigh (demo)",
    "HostFilesystemFull": "Critical HostFilesystemFull (127.0.0.1:PORT)",
}


def _told(post: Post) -> tuple[str, str, str]:
    """Return a message's channel, title without status and port, and colour."""
    attachment = post.payload["attachments"][0]
    title = attachment["title"].partition("] ")[2]
    host, port, _ = title.partition("(127.0.0.1:")
    return post.payload["channel"], f"{host}{port}PORT)" if port else title, attachment["color"]


def test_slack_is_told_what_is_wrong_in_red_and_that_it_is_over_in_green(incident: Incident) -> None:
    assert {name: (_told(incident.firing[name]), _told(incident.resolved[name])) for name in SUBJECTS} == {
        name: (("#alerts", title, "#e01e5a"), ("#alerts", title, "#2eb67d")) for name, title in TITLES.items()
    }


def test_each_message_has_its_four_buttons(incident: Incident) -> None:
    for name in SUBJECTS:
        actions = {one["text"]: one["url"] for one in incident.firing[name].payload["attachments"][0]["actions"]}
        starts = {
            "Runbook": f"http://127.0.0.1:9100/runbooks/{name}",
            "Dashboard": "http://127.0.0.1:3000/d/tachograph-",
            "Query": "http://127.0.0.1:",
            "Silence": "http://127.0.0.1:",
        }
        assert {text: url.startswith(starts[text]) for text, url in actions.items()} == dict.fromkeys(starts, True)
        assert ("/graph?g0.expr=" in actions["Query"], f"alertname%3D%22{name}%22" in actions["Silence"]) == (
            True,
            True,
        )


def test_alerts_of_one_name_and_service_come_in_one_message(incident: Incident) -> None:
    attachment = incident.firing["group"].payload["attachments"][0]
    count = int(attachment["title"].removeprefix("[FIRING:").partition("]")[0])
    assert attachment["text"].count("*sqlite is slow for demo*") == count


def test_a_recovery_says_how_long_it_lasted(incident: Incident) -> None:
    assert all(" _resolved: lasted " in post.payload["attachments"][0]["text"] for post in incident.resolved.values())


def test_mail_comes_as_text_and_html_with_the_same_title(incident: Incident) -> None:
    for name, (firing, resolved) in incident.mails.items():
        parts = {part.get_content_type(): part.get_content() for part in firing.iter_parts()}
        assert list(parts) == ["text/plain", "text/html"]
        assert f"/runbooks/{name}" in parts["text/plain"]
        assert f'href="http://127.0.0.1:9100/runbooks/{name}"' in parts["text/html"]
        assert (firing["To"], resolved["Subject"].startswith("[RESOLVED] Critical")) == ("oncall@example.org", True)


def test_the_warning_is_inhibited_by_the_critical_alert(incident: Incident) -> None:
    full = [alert["labels"] for alert in incident.inhibited if alert["labels"]["alertname"] == "HostFilesystemFull"]
    assert [labels["severity"] for labels in full] == ["warning"]
    assert [title for title in incident.told if "Warning HostFilesystemFull" in title] == []


def test_the_watchdog_beats_and_is_told_to_nobody_else(incident: Incident, stack: Stack) -> None:
    assert incident
    beats = [post.payload["commonLabels"]["alertname"] for post in stack.dead_man.posts.all()]
    assert (set(beats), len(beats) >= 3) == ({"Watchdog"}, True)
    assert [_title(post) for post in stack.slack.posts.all() if "Watchdog" in _title(post)] == []


def test_what_slack_and_mail_refuse_is_tried_again_and_raises_an_alert_of_its_own(stack: Stack) -> None:
    stack.slack.status, stack.mailbox.refusal = 500, "451 try again later"
    stack.slack.posts.clear()
    labels = {"alertname": "Delayed", "severity": "critical", "service_name": "shop"}
    stack.manager.post([{"labels": labels}])
    for integration in ("slack", "email"):
        stack.webhook.posts.wait_for(partial(_is_meta, integration), what=f"an alert about {integration}")
    refused = [post for post in stack.slack.posts.all() if "Delayed" in _title(post)]
    stack.slack.posts.clear()
    stack.slack.status, stack.mailbox.refusal = 200, None
    stack.told("FIRING", "Critical Delayed (shop)")
    stack.mailed("FIRING", "Critical Delayed (shop)")
    assert (len(refused) >= 2, stack.mailbox.refused >= 2) == (True, True)


def _is_meta(integration: str, post: Post) -> bool:
    return any(
        alert["labels"]["alertname"] == "AlertmanagerNotificationsFail"
        and alert["labels"]["integration"] == integration
        for alert in post.payload["alerts"]
    )
