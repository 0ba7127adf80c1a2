"""Alertmanager's configuration for every set of channels: accepted by the oldest and newest, routed as it should be."""

import itertools
import subprocess
from pathlib import Path

import pytest
import yaml

from tachograph_exporter.alerting.channel import Channels, Email, QuietHours, Slack, Webhook
from tachograph_exporter.alerting.configuration import configuration
from tachograph_exporter.alerting.folder import write
from tachograph_exporter.rules.inhibition import IDENTITY
from tests.rules.case import load

SLACK = Slack("https://hooks.example.org/x", "#alerts")
EMAIL = Email("smtp.example.org:587", "t@example.org", "oncall@example.org", "user", "geheim")
WEBHOOK = Webhook("http://127.0.0.1:9095/")
DEAD_MAN = "https://dead.example.org/x"
NIGHT = QuietHours("22:00", "07:00", "Europe/Paris")
CHECKOUT = Path(__file__).parents[2]


def _combinations(folder: Path) -> list[Channels]:
    return [
        Channels(folder, slack, email, webhook, dead_man, quiet)
        for slack, email, webhook, dead_man, quiet in itertools.product(
            (None, SLACK), (None, EMAIL), (None, WEBHOOK), ("", DEAD_MAN), (None, NIGHT)
        )
    ]


def test_the_oldest_and_newest_alertmanager_take_every_set_of_channels(each_amtool: str, tmp_path: Path) -> None:
    files = []
    for number, channels in enumerate(_combinations(tmp_path)):
        folder = tmp_path / str(number)
        write(folder, channels)
        files.append(str(folder / "alertmanager.yml"))
    outcome = subprocess.run([each_amtool, "check-config", *files], check=False, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def _receiver(amtool: str, channels: Channels, folder: Path, *labels: str) -> str:
    write(folder, channels, force=True)
    argv = [amtool, "config", "routes", "test", f"--config.file={folder / 'alertmanager.yml'}", *labels]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize(
    ("channels", "labels", "receiver"),
    [
        (Channels(Path("/s"), SLACK), ("alertname=HostCpuHigh", "severity=critical"), "critical"),
        (Channels(Path("/s"), SLACK), ("alertname=HostCpuHigh", "severity=warning"), "warning"),
        (Channels(Path("/s"), SLACK), ("alertname=Another",), "warning"),
        (Channels(Path("/s"), SLACK), ("alertname=LlmCostUnknown", "severity=info"), "nowhere"),
        (Channels(Path("/s"), SLACK), ("alertname=Watchdog", "severity=info"), "nowhere"),
        (Channels(Path("/s"), dead_man_url=DEAD_MAN), ("alertname=Watchdog", "severity=info"), "dead-man"),
        (Channels(Path("/s"), dead_man_url=DEAD_MAN), ("alertname=HostCpuHigh", "severity=critical"), "nowhere"),
        (Channels(Path("/s"), Slack("https://x.org", "#a", "critical")), ("severity=warning",), "nowhere"),
        (Channels(Path("/s"), Slack("https://x.org", "#a", "critical")), ("severity=critical",), "critical"),
        (Channels(Path("/s"), SLACK, quiet_hours=NIGHT), ("severity=warning",), "warning"),
    ],
)
def test_an_alert_goes_to_the_receiver_of_its_severity(
    each_amtool: str, tmp_path: Path, channels: Channels, labels: tuple[str, ...], receiver: str
) -> None:
    assert _receiver(each_amtool, channels, tmp_path, *labels) == receiver


def test_quiet_hours_hold_back_warnings_alone() -> None:
    route = yaml.safe_load(configuration(Channels(Path("/s"), SLACK, quiet_hours=NIGHT)))["route"]
    muted = [one.get("matchers", "all others") for one in route["routes"] if "mute_time_intervals" in one]
    assert muted == ["all others"]


def test_a_night_is_two_stretches_by_the_zones_clock() -> None:
    intervals = yaml.safe_load(configuration(Channels(Path("/s"), SLACK, quiet_hours=NIGHT)))["time_intervals"]
    assert intervals == [
        {
            "name": "quiet-hours",
            "time_intervals": [
                {
                    "times": [
                        {"start_time": "22:00", "end_time": "24:00"},
                        {"start_time": "00:00", "end_time": "07:00"},
                    ],
                    "location": "Europe/Paris",
                }
            ],
        }
    ]


def test_a_critical_alert_inhibits_the_warning_about_the_very_same_thing_only() -> None:
    labels = {label for case in load() for label in case.values.get("labels", {})}
    assert labels - set(IDENTITY) == set()


def test_no_secret_of_slack_or_mail_is_in_the_configuration() -> None:
    text = configuration(Channels(Path("/s"), SLACK, EMAIL))
    assert (SLACK.url in text, EMAIL.password in text) == (False, False)


def test_the_committed_configuration_is_what_nothing_set_makes(tmp_path: Path) -> None:
    write(tmp_path, Channels(tmp_path / "secrets"))
    written = (tmp_path / "alertmanager.yml").read_text()
    assert (written == (CHECKOUT / "alertmanager" / "alertmanager.yml").read_text(), "NOWHERE" in written) == (
        True,
        True,
    )
