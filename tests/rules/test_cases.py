"""Every alert fires when it should, with its exact labels and annotations, and is quiet when it is only close."""

from pathlib import Path

import pytest

from tachograph_exporter.rules.check import SEVERITIES
from tachograph_exporter.rules.subjects import SUBJECTS
from tests.rules.case import Case, load, promtool

CASES = load()
SUBJECT_NAMES = tuple(subject.name for subject in SUBJECTS)


@pytest.mark.parametrize("subject", SUBJECT_NAMES)
def test_each_alert_fires_and_stays_quiet_as_its_cases_say(subject: str, each_promtool: str, tmp_path: Path) -> None:
    outcome = promtool(each_promtool, [case for case in CASES if case.subject == subject], tmp_path)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_every_alert_has_cases_of_all_its_severities_and_a_quiet_one() -> None:
    wanted = {
        (subject.name, check.name): (
            *(() if check.name == "Watchdog" else ("quiet",)),  # which never is
            *(severity for severity in SEVERITIES if check.limit(severity)),
        )
        for subject in SUBJECTS
        for check in subject.checks
    }
    assert {(case.subject, case.alert): case.levels for case in CASES} == wanted


def test_a_wrong_threshold_fails_the_cases(each_promtool: str, tmp_path: Path) -> None:
    """Proof that the cases can fail: the CPU's limit moved from 70 % to 76 %."""
    case = next(case for case in CASES if case.alert == "HostCpuHigh")
    rules = Path(__file__).parents[2] / "prometheus" / "rules" / "host.rules.yml"
    (tmp_path / "host.rules.yml").write_text(rules.read_text().replace("> 0.7", "> 0.76"))
    outcome = promtool(each_promtool, [Case(case.subject, case.alert, case.values)], tmp_path, tmp_path)
    assert (outcome.returncode, "HostCpuHigh warning" in outcome.stdout + outcome.stderr) == (1, True)
