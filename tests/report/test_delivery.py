"""Scheduled reports reach the receivers that alerts were set up with."""

import ssl
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from tachograph_exporter.alerting.channel import Channels, Email, Slack
from tachograph_exporter.alerting.folder import write
from tests.fixtures.past import Past
from tests.fixtures.slack import Listener
from tests.fixtures.smtp import Mailbox, serving

from .conftest import Run


def anything(_item: object) -> bool:
    return True


def configured(folder: Path, *, slack: Listener | None = None, email: Email | None = None) -> Path:
    webhook = Slack(slack.url, "#reports") if slack else None
    write(folder, Channels(folder / "secrets", slack=webhook, email=email))
    return folder


def addressed(mailbox: Mailbox, user: str = "", password: str = "") -> Email:
    to = "a@example.org, b@example.org"
    return Email(mailbox.smarthost, "tacho@example.org", to, user, password, require_tls=False)


def words(past: Past, folder: Path) -> list[str]:
    range_ = ["--start", str(past.minute(115)), "--end", str(past.minute(175))]
    return ["report", "--prometheus", past.url, "--receivers", str(folder), *range_]


def test_a_report_is_mailed_as_text_html_and_whole_page(
    tachograph: Run, past: Past, mailbox: Mailbox, tmp_path: Path
) -> None:
    folder = configured(tmp_path, email=addressed(mailbox))
    done = tachograph(*words(past, folder), "--email")
    message = mailbox.messages.wait_for(anything, what="the mail")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "mailed to a@example.org, b@example.org\n")
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    (attached,) = message.iter_attachments()
    assert (message["From"], message["To"]) == ("tacho@example.org", "a@example.org, b@example.org")
    assert message["Subject"].startswith("Tachograph: Report: ")
    assert text is not None
    assert page is not None
    assert "Find out why operations fail" in text.get_content()
    assert "<b>Find out why operations fail</b>" in page.get_content()
    assert (attached.get_filename() or "").startswith("tachograph-report-")
    assert attached.get_content().startswith("<!doctype html>")


def test_a_report_is_posted_to_slack_in_which_names_are_text(
    tachograph: Run, past: Past, slack: Listener, tmp_path: Path
) -> None:
    folder = configured(tmp_path, slack=slack)
    done = tachograph(*words(past, folder), "--slack")
    payload = slack.posts.wait_for(anything, what="the post").payload
    (attachment,) = payload["attachments"]
    assert (done.returncode, done.stderr) == (0, "posted to Slack #reports\n")
    assert (payload["channel"], attachment["color"]) == ("#reports", "#c0262d")
    assert "*Find out why calls of models fail* (high)" in attachment["text"]
    assert "<" not in attachment["text"]


def test_the_server_is_given_user_and_password(tachograph: Run, past: Past, tmp_path: Path) -> None:
    with serving(user="tacho", password="secret") as mailbox:
        folder = configured(tmp_path, email=addressed(mailbox, user="tacho", password="secret"))
        done = tachograph(*words(past, folder), "--email", "--output", str(tmp_path / "r.md"))
        assert (done.returncode, mailbox.messages.wait_for(anything, what="the mail")["To"]) == (
            0,
            "a@example.org, b@example.org",
        )
    assert (tmp_path / "r.md").exists()


def test_what_fails_is_told_in_one_line_without_secrets_and_the_others_still_get_theirs(
    tachograph: Run, past: Past, slack: Listener, mailbox: Mailbox, tmp_path: Path
) -> None:
    slack.status = 500
    folder = configured(tmp_path, slack=slack, email=addressed(mailbox))
    done = tachograph(*words(past, folder), "--email", "--slack")
    assert mailbox.messages.wait_for(anything, what="the mail")["To"]
    told = "mailed to a@example.org, b@example.org\ntachograph report: Slack refused the message: 500 server_error\n"
    assert (done.returncode, done.stderr) == (1, told)
    mailbox.refusal = "550 no such user"
    refused = tachograph(*words(past, folder), "--email")
    assert refused.stderr == (
        f"tachograph report: the mail server 127.0.0.1:{mailbox.port} takes nothing for a@example.org, b@example.org\n"
    )


def test_a_mail_is_not_sent_in_the_clear_where_tls_is_asked_for(
    tachograph: Run, past: Past, mailbox: Mailbox, tmp_path: Path
) -> None:
    folder = configured(tmp_path, email=replace(addressed(mailbox), require_tls=True))
    done = tachograph(*words(past, folder), "--email")
    server = f"the mail server 127.0.0.1:{mailbox.port}"
    told = f"tachograph report: {server} offers no STARTTLS: smtp_require_tls: false sends without\n"
    assert (done.returncode, done.stderr, mailbox.messages.all()) == (1, told, ())


def test_a_mail_goes_over_tls_to_a_server_whose_certificate_is_good_and_to_no_other(
    tachograph: Run, past: Past, tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with serving(user="tacho", password="secret", tls=tls) as mailbox:
        email = replace(addressed(mailbox, user="tacho", password="secret"), require_tls=True)
        folder = configured(tmp_path / "receivers", email=email)
        unknown = tachograph(*words(past, folder), "--email")
        before = mailbox.messages.all()
        known = tachograph(*words(past, folder), "--email", SSL_CERT_FILE=str(tmp_path / "ca.pem"))
        message = mailbox.messages.wait_for(anything, what="the mail")
    assert (unknown.returncode, unknown.stderr.count("\n"), before) == (1, 1, ())
    assert "certificate verify failed" in unknown.stderr
    assert (known.returncode, known.stderr) == (0, "mailed to a@example.org, b@example.org\n")
    assert message["Subject"].startswith("Tachograph: Report: ")


@pytest.mark.parametrize("way", ["--email", "--slack"])
def test_without_such_a_receiver_nothing_is_read_and_the_cure_is_told(
    tachograph: Run, past: Past, tmp_path: Path, way: str
) -> None:
    missing = tachograph(*words(past, tmp_path), way)
    silent = tachograph(*words(past, configured(tmp_path / "silent")), way)
    assert [(one.returncode, one.stdout, one.stderr.count("\n")) for one in (missing, silent)] == [(1, "", 1)] * 2
    assert missing.stderr.startswith(
        f"tachograph report: there is no {tmp_path}/alertmanager.yml: `tachograph alerting"
    )
    assert f"has no receiver by {'e-mail' if way == '--email' else 'Slack'}" in silent.stderr
