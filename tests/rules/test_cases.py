"""Every alert fires when it should, with its exact labels and annotations, and is quiet when it is only close."""

from collections import defaultdict
from pathlib import Path

import pytest

from tachograph_exporter.rules.rule import Alert
from tachograph_exporter.rules.settings import Settings
from tachograph_exporter.rules.subjects import rule_files
from tests.rules.case import Case, load, promtool

CASES = load()
SUBJECTS = tuple(file.subject for file in rule_files(Settings()))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_each_alert_fires_and_stays_quiet_as_its_cases_say(subject: str, each_promtool: str, tmp_path: Path) -> None:
    outcome = promtool(each_promtool, [case for case in CASES if case.subject == subject], tmp_path)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_every_alert_has_cases_of_all_its_severities_and_a_quiet_one() -> None:
    wanted = defaultdict(list)
    for file in rule_files(Settings()):
        for alert in (rule for rule in file.rules if isinstance(rule, Alert)):
            wanted[file.subject, alert.name].append(alert.labels["severity"])
    quiet = {key: {"quiet"} - ({"quiet"} if key[1] == "Watchdog" else set()) for key in wanted}  # which never is quiet
    wanted_levels = {key: quiet[key] | set(severities) for key, severities in wanted.items()}
    assert {(case.subject, case.alert): set(case.levels) for case in CASES} == wanted_levels


def test_a_wrong_threshold_fails_the_cases(each_promtool: str, tmp_path: Path) -> None:
    """Proof that the cases can fail: the CPU's limit moved from 70 % to 76 %."""
    case = next(case for case in CASES if case.alert == "HostCpuHigh")
    rules = Path(__file__).parents[2] / "prometheus" / "rules" / "host.rules.yml"
    (tmp_path / "host.rules.yml").write_text(rules.read_text().replace("> 0.7", "> 0.76"))
    outcome = promtool(each_promtool, [Case(case.subject, case.alert, case.values)], tmp_path, tmp_path)
    assert (outcome.returncode, "HostCpuHigh warning" in outcome.stdout + outcome.stderr) == (1, True)
