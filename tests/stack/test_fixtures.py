"""The servers that the other tests stand on are up, and are what they say."""

import json
import smtplib
import subprocess
import urllib.request
from collections.abc import Callable

import pytest
import redis

from tests.fixtures.alertmanager import Alertmanager
from tests.fixtures.postgres import Postgres, program
from tests.fixtures.prometheus import Prometheus, scraping
from tests.fixtures.redis import Redis
from tests.fixtures.slack import Listener
from tests.fixtures.smtp import Mailbox


def test_postgres_answers_a_query(postgres: Postgres) -> None:
    answer = subprocess.run([program("psql"), "-tA", "-c", "SELECT 1", postgres.dsn], check=True, capture_output=True)
    assert answer.stdout == b"1\n"


def test_redis_keeps_a_value(redis_server: Redis) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.set("tests:fixtures", "kept")
        assert client.get("tests:fixtures") == b"kept"


def test_prometheus_scrapes_itself(start_prometheus: Callable[..., Prometheus]) -> None:
    prometheus = start_prometheus(scraping("127.0.0.1:9", job="nothing"))
    assert prometheus.wait_for("up")[0]["value"][1] == "0"


def test_alertmanager_and_slack_and_mail_deliver(
    start_alertmanager: Callable[..., Alertmanager], slack: Listener, mailbox: Mailbox
) -> None:
    configuration = f"""\
route: {{receiver: both, group_wait: 0s}}
receivers:
  - name: both
    slack_configs: [{{api_url: "{slack.url}", channel: "#alerts"}}]
    email_configs: [{{to: a@example.org, from: b@example.org, smarthost: "{mailbox.smarthost}", require_tls: false}}]
"""
    start_alertmanager(configuration).post([{"labels": {"alertname": "Proof"}}])
    post = slack.posts.wait_for(lambda _: True, what="a Slack message")
    mail = mailbox.messages.wait_for(lambda _: True, what="an e-mail")
    assert (post.payload["channel"], mail["To"]) == ("#alerts", "a@example.org")


def test_a_listener_answers_as_it_is_told(slack: Listener) -> None:
    request = urllib.request.Request(slack.url, data=json.dumps({"text": "hello"}).encode())
    with urllib.request.urlopen(request) as response:
        answer = response.read()
    assert (answer, slack.posts.wait_for(lambda _: True, what="the post").payload) == (b"ok", {"text": "hello"})


def test_a_mailbox_refuses_when_told(mailbox: Mailbox) -> None:
    mailbox.refusal = "451 later"
    with smtplib.SMTP("127.0.0.1", mailbox.port) as client, pytest.raises(smtplib.SMTPRecipientsRefused, match="later"):
        client.sendmail("a@example.org", ["b@example.org"], "Subject: x\r\n\r\nbody")
    assert (mailbox.refused, mailbox.messages.all()) == (1, ())
