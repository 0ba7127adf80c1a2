"""`tachograph alerting configure`: what it takes, writes, says and refuses."""

import os
import subprocess
import sys
from pathlib import Path
from stat import S_IMODE

import pytest
from click.testing import CliRunner

from tachograph_exporter.cli.alerting_configure import configure

URL = "https://hooks.example.org/services/T0/B0/verysecret"
FLAGS = (
    f"--slack-webhook-url={URL}",
    "--slack-channel=#alerts",
    "--smtp-host=smtp.example.org:587",
    "--smtp-from=Tachograph <t@example.org>",
    "--smtp-to=a@example.org, B <b@example.org>",
    "--smtp-user=mailer",
    "--smtp-password=geheim",
    "--dead-man-url=https://dead.example.org/ping/alsosecret",
)


def _configure(folder: Path, *flags: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "tachograph_exporter", "alerting", "configure", str(folder), *flags]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("TACHOGRAPH_")}
    return subprocess.run(
        argv, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, env={**variables, **environment}
    )


def _files(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Return each file's text, mode and time of writing."""
    return {
        str(path.relative_to(folder)): (path.read_text(), S_IMODE(path.stat().st_mode), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_secrets_are_files_without_a_newline_that_others_cannot_read(tmp_path: Path) -> None:
    outcome = _configure(tmp_path, *FLAGS)
    files = {name: (text, oct(mode)) for name, (text, mode, _) in _files(tmp_path).items() if "secrets" in name}
    assert (outcome.returncode, files) == (
        0,
        {"secrets/slack_webhook_url": (URL, "0o640"), "secrets/smtp_password": ("geheim", "0o640")},
    )


def test_the_configuration_is_kept_from_others_where_it_holds_an_address_that_is_secret(tmp_path: Path) -> None:
    _configure(tmp_path / "with", *FLAGS)
    _configure(tmp_path / "without", *FLAGS[:-1])
    modes = {folder: oct(_files(tmp_path / folder)["alertmanager.yml"][1]) for folder in ("with", "without")}
    assert modes == {"with": "0o640", "without": "0o644"}


def test_no_secret_is_printed(tmp_path: Path) -> None:
    outcome = _configure(tmp_path, *FLAGS)
    told = outcome.stdout + outcome.stderr
    assert [word in told for word in ("secret", "geheim", "#alerts", "a@example.org")] == [True, False, True, True]
    assert ("verysecret" in told, "alsosecret" in told) == (False, False)


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    _configure(tmp_path, *FLAGS)
    before = _files(tmp_path)
    outcome = _configure(tmp_path, *FLAGS)
    assert (_files(tmp_path), "wrote" in outcome.stdout) == (before, False)


def test_the_environment_does_what_flags_do(tmp_path: Path) -> None:
    _configure(tmp_path / "flags", *FLAGS, f"--secrets-path={tmp_path}")
    variables = {}
    for flag in FLAGS:
        name, _, value = flag.removeprefix("--").partition("=")
        variables[f"TACHOGRAPH_{name.upper().replace('-', '_')}"] = value
    _configure(tmp_path / "environment", f"--secrets-path={tmp_path}", **variables)
    one, other = (
        {name: text for name, (text, _, _) in _files(tmp_path / folder).items()} for folder in ("flags", "environment")
    )
    assert one == other


def test_with_nothing_set_it_delivers_nowhere_and_says_so(tmp_path: Path) -> None:
    outcome = _configure(tmp_path)
    assert (outcome.returncode, "delivered NOWHERE" in outcome.stdout, sorted(_files(tmp_path))) == (
        0,
        True,
        ["alertmanager.yml", "templates/tachograph.tmpl"],
    )


def test_a_secret_that_is_no_longer_used_is_removed(tmp_path: Path) -> None:
    _configure(tmp_path, *FLAGS)
    _configure(tmp_path, *FLAGS[:2])
    assert [name for name in _files(tmp_path) if "secrets" in name] == ["secrets/slack_webhook_url"]


def test_somebody_elses_configuration_is_not_replaced_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "alertmanager.yml").write_text("route: {receiver: mine}\nreceivers: [{name: mine}]\n")
    refused, forced = _configure(tmp_path, *FLAGS), _configure(tmp_path, *FLAGS, "--force")
    assert (refused.returncode, refused.stderr.count("\n"), "--force" in refused.stderr, forced.returncode) == (
        1,
        1,
        True,
        0,
    )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ("--slack-webhook-url=hooks",),
            "--slack-webhook-url' (env var: 'TACHOGRAPH_SLACK_WEBHOOK_URL'): not an http(s)",
        ),
        (("--slack-channel=al erts",), "'al erts': not a Slack channel such as #alerts"),
        (("--slack-severity=info",), "'info': not one of warning, critical"),
        (("--smtp-host=smtp.example.org",), "'smtp.example.org': not a mail server such as smtp.example.org:587"),
        (("--smtp-host=smtp.example.org:0",), "not a mail server"),
        (("--smtp-from=somebody",), "'somebody': not an e-mail address"),
        (("--smtp-to=a@b.org,c",), "not an e-mail address"),
        (("--smtp-password=a\nb",), "TACHOGRAPH_SMTP_PASSWORD'): empty, or more than a line"),
        (("--quiet-hours=22-7",), "'22-7': not hours such as 22:00-07:00 Europe/Paris"),
        (("--quiet-hours=22:00-07:00 Mars/Olympus",), "'Mars/Olympus' is no time zone such as Europe/Paris"),
        (("--cooldown=soon",), "'soon': not a duration such as 4h"),
        (("--group=nobody-has-this",), "--group: there is no group 'nobody-has-this'"),
        ((f"--slack-webhook-url={URL}",), "--slack-webhook-url needs --slack-channel"),
        (("--smtp-host=a.org:25", "--smtp-to=a@b.org"), "--smtp-host needs --smtp-from"),
        ((*FLAGS[2:5], "--smtp-user=mailer"), "--smtp-user needs --smtp-password"),
        (("--unknown",), "No such option '--unknown'"),
    ],
)
def test_a_wrong_value_is_refused_in_a_line_and_nothing_is_written(
    tmp_path: Path, flags: tuple[str, ...], message: str
) -> None:
    outcome = _configure(tmp_path, *flags)
    assert (outcome.returncode, outcome.stderr.count("\n"), message in outcome.stderr, _files(tmp_path)) == (
        2,
        1,
        True,
        {},
    ), outcome.stderr


def test_it_asks_for_what_is_not_set_and_asks_again_after_a_wrong_answer(tmp_path: Path) -> None:
    answers = [URL, "alerts here", "#alerts", "", "", ""]
    outcome = CliRunner().invoke(configure, [str(tmp_path), "--ask"], input="\n".join(answers) + "\n")
    assert (outcome.exit_code, "not a Slack channel" in outcome.output, URL in outcome.output) == (0, True, False)
    assert (tmp_path / "secrets" / "slack_webhook_url").read_text() == URL


def test_a_group_may_read_the_secrets(tmp_path: Path) -> None:
    group = os.getgid()
    _configure(tmp_path, *FLAGS, f"--group={group}")
    assert {path.stat().st_gid for path in (tmp_path / "secrets").iterdir()} == {group}
