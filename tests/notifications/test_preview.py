"""`tachograph alerting preview`: every alert of ours, as people would get it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tachograph_exporter.alerting.preview import page, preview
from tachograph_exporter.rules.check import SEVERITIES, Check, Severity
from tachograph_exporter.rules.settings import Settings
from tachograph_exporter.rules.subjects import CHECKS

TEMPLATES = Path(__file__).parents[2] / "alertmanager" / "templates"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_alert_can_be_shown_with_nothing_left_unfilled(check: Check) -> None:
    worst: list[Severity] = [one for one in reversed(SEVERITIES) if check.limit(one)] or ["critical"]
    severity = worst[0]
    shown = preview(check, severity, Settings(), TEMPLATES, resolved=False)
    whole = page(shown)
    assert shown.parts["title"].startswith(f"[FIRING:1] {severity.title()} {check.name}")
    assert [mark for mark in ("{{", "}}", "$", "<value>", "<limit>", "no value") if mark in whole] == []
    assert f"/runbooks/{check.name}" in shown.html


def _preview(*words: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "tachograph_exporter", "alerting", "preview", *words]
    return subprocess.run(argv, check=False, capture_output=True, text=True)


def test_the_terminal_shows_slack_and_mail_and_a_page_is_written(tmp_path: Path) -> None:
    outcome = _preview("DatabaseQueriesSlow", "--resolved", f"--html={tmp_path / 'page.html'}")
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", outcome.stdout)
    assert text.splitlines()[:5] == [
        "SLACK",
        "[RESOLVED] Critical DatabaseQueriesSlow (checkout)",
        "*postgresql is slow for checkout*",
        "One SELECT orders in twenty took checkout longer than 625ms over the last 5 minutes; the limit is 500ms.",
        ":white_check_mark: _resolved: lasted 12m30s, until TIME UTC_",
    ]
    assert ("\nE-MAIL\n" in text, "<iframe" in (tmp_path / "page.html").read_text()) == (True, True)


def test_an_alert_that_does_not_exist_is_said_in_a_line() -> None:
    outcome = _preview("HostOnFire")
    assert (outcome.returncode, outcome.stderr.count("\n"), "there is no alert 'HostOnFire'" in outcome.stderr) == (
        1,
        1,
        True,
    )
