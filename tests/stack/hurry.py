"""Our rules and our Alertmanager configuration with their minutes made seconds, and nothing else changed."""

import re
from pathlib import Path
from typing import Any

from tachograph_exporter.alerting.channel import Channels
from tachograph_exporter.alerting.configuration import configuration
from tachograph_exporter.rules.document import document
from tachograph_exporter.rules.settings import parse
from tachograph_exporter.rules.subjects import CHECKS, rule_files

CHECKOUT = Path(__file__).parents[2]
TEMPLATES = CHECKOUT / "alertmanager" / "templates"
WINDOW_SECONDS = {"alertmanager": 30}


def hurried_rules(folder: Path, limits: dict[str, dict[str, Any]]) -> None:
    """Write the rules with some alerts' limits, all others switched off; they look at seconds and fire at once."""
    others = {check.name: {"enabled": False} for check in CHECKS}
    settings = parse({"limits": {**others, **limits}}, CHECKS)
    folder.mkdir(parents=True)
    for file in rule_files(settings):
        window = WINDOW_SECONDS.get(file.subject, 5)
        text = document(file).replace("[5m]", f"[{window}s]").replace("* 300 >=", f"* {window} >=")
        text = re.sub(r"\b(for|keep_firing_for): \w+", r"\1: 0s", text)
        (folder / file.name).write_text(text)


def hurried_configuration(channels: Channels) -> str:
    """Return Alertmanager's configuration, which groups and waits for a second and less."""
    text = configuration(channels).replace("templates/*.tmpl", f"{TEMPLATES}/*.tmpl")
    for setting, hurried in (("group_wait: 30s", "1s"), ("group_interval: 5m", "500ms"), ("_interval: 1m", "1s")):
        text = text.replace(setting, f"{setting.partition(':')[0]}: {hurried}")
    return text


def prometheus_configuration(target: str, alertmanager: str, rules: Path) -> str:
    """Return the repository's prometheus.yml with the test's addresses and pace."""
    text = (CHECKOUT / "prometheus" / "prometheus.yml").read_text()
    text = text.replace("127.0.0.1:9100", target).replace("127.0.0.1:9093", alertmanager)
    text = re.sub(r"(scrape_interval|evaluation_interval): 15s", r"\1: 500ms", text)
    return text.replace("rules/*.rules.yml", f"{rules}/*.rules.yml")
