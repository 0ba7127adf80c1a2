"""An Alertmanager that starts while alerts fire: Prometheus sends each again, the warning before the critical one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from tachograph_exporter.alerting.channel import Channels, Slack
from tachograph_exporter.alerting.folder import write
from tests.fixtures import alertmanager, pairs
from tests.fixtures.slack import Listener

CHECKOUT = Path(__file__).parents[2]
DELAY = "--dispatch.start-delay"
RESENT_SECONDS, EVALUATED_SECONDS = (
    60,
    15,
)  # Prometheus sends an alert again after the one, when it looks after the other


def test_a_warning_that_is_kept_back_is_not_told_when_alertmanager_starts_anew(tmp_path: Path, slack: Listener) -> None:
    write(tmp_path, Channels(secrets=tmp_path / "secrets", slack=Slack(slack.url, "#alerts")), force=True)
    configuration = (tmp_path / "alertmanager.yml").read_text()
    binary = pairs.pair(pairs.NEWEST_PAIR).alertmanager
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()  # so Alertmanager waits for no others
    with alertmanager.server(tmp_path, configuration, f"{DELAY}=1s", binary=binary) as manager:
        others = [("info", f"shop-{number}") for number in range(20)]
        for severity, instance in (("warning", "shop"), *others, ("critical", "shop")):
            labels = {"alertname": "HostFilesystemFull", "instance": instance, "severity": severity}
            manager.post([{"labels": labels, "startsAt": since}])
        slack.posts.wait_for(lambda post: "Critical HostFilesystemFull" in str(post.payload), what="what fires")
        assert [post.payload["attachments"][0]["title"].split()[1] for post in slack.posts.all()] == ["Critical"]


def test_the_containers_alertmanager_waits_until_prometheus_has_sent_every_alert_again() -> None:
    command = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())["services"]["alertmanager"]["command"]
    assert f"{DELAY}={RESENT_SECONDS + EVALUATED_SECONDS}s" in command
