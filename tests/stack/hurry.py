"""Our rules and our Alertmanager configuration with their minutes made seconds, and nothing else changed."""

import re
from pathlib import Path
from typing import Any

from tachograph_exporter.alerting.channel import Channels
from tachograph_exporter.alerting.configuration import configuration
from tachograph_exporter.rules.document import document
from tachograph_exporter.rules.settings import parse
from tachograph_exporter.rules.subjects import CHECKS, rule_files

TEMPLATES = Path(__file__).parents[2] / "alertmanager" / "templates"


def hurried_rules(folder: Path, limits: dict[str, dict[str, Any]], *, window: str = "5s") -> None:
    """Write the rules with some alerts' limits, all others switched off; they look at seconds and fire at once."""
    others = {check.name: {"enabled": False} for check in CHECKS}
    settings = parse({"limits": {**others, **limits}}, CHECKS)
    folder.mkdir(parents=True)
    for file in rule_files(settings):
        text = document(file).replace("[5m]", f"[{window}]").replace("* 300 >=", "* 5 >=")
        text = re.sub(r"\bfor: \w+", "for: 0s", text)
        text = re.sub(r"keep_firing_for: \w+", "keep_firing_for: 0s", text)
        (folder / file.name).write_text(text)


def hurried_configuration(channels: Channels) -> str:
    """Return Alertmanager's configuration, which groups and waits for a fraction of a second."""
    text = configuration(channels).replace("templates/*.tmpl", f"{TEMPLATES}/*.tmpl")
    return re.sub(r"group_interval: \w+", "group_interval: 200ms", re.sub(r"group_wait: \w+", "group_wait: 0s", text))


def prometheus_configuration(target: str, alertmanager: str, rules: Path) -> str:
    """Return the repository's prometheus.yml with the test's addresses and pace."""
    text = (Path(__file__).parents[2] / "prometheus" / "prometheus.yml").read_text()
    text = text.replace("127.0.0.1:9100", target).replace("127.0.0.1:9093", alertmanager)
    text = re.sub(r"(scrape_interval|evaluation_interval): 15s", r"\1: 500ms", text)
    return text.replace("rules/*.rules.yml", f"{rules}/*.rules.yml")
