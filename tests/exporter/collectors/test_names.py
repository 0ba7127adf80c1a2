"""The names of metrics: those that people's dashboards and alerts rely on, and Prometheus' rules for our own."""

import re
import subprocess
from pathlib import Path

from tests.fixtures.process import command

from .captured import EXPECTED

_RELIED_ON = Path(__file__).parent / "relied_on.tsv"
_LABEL = re.compile(r'(\w+)="')


def _families() -> dict[str, tuple[str, frozenset[str]]]:
    """Return each expected family's type and labels."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for file in EXPECTED.glob("*.prom"):
        for family in re.split(r"^# HELP ", file.read_text(), flags=re.MULTILINE)[1:]:
            _, typed, *samples = family.splitlines()
            _, _, name, kind = typed.split(" ")
            found[name] = kind, frozenset(label for sample in samples for label in _LABEL.findall(sample))
    return found


def test_every_metric_that_the_mixin_and_the_full_dashboard_rely_on_is_there_with_its_type_and_labels() -> None:
    rows = [line.split("\t") for line in _RELIED_ON.read_text().splitlines()[2:]]
    relied_on = {name: (kind, frozenset(filter(None, labels.split(",")))) for name, kind, labels in rows}
    families = _families()
    given = {
        name: (kind, frozenset(labels & families[name][1])) if name in families and families[name][0] == kind else None
        for name, (kind, labels) in relied_on.items()
    }
    assert given == relied_on
    assert len(relied_on) > 200


def test_promtool_has_no_complaint_about_a_name_of_ours() -> None:
    expositions = [file.read_text().replace("<value>", "1") for file in sorted(EXPECTED.glob("*.prom"))]
    checked = subprocess.run(
        [command("promtool"), "check", "metrics"],
        input="".join(expositions),
        text=True,
        capture_output=True,
        check=False,
    )
    complaints = [line for line in checked.stderr.splitlines() if "tachograph" in line or "error" in line]
    assert (complaints, checked.returncode in (0, 3)) == ([], True)
