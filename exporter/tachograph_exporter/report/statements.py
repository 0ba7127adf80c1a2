"""The slow statements, with what was found against each."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..live.statements import ADVICE, SLOW
from ..past.exporter import added
from ..past.series import Calls
from .facts import Facts

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement over all services; `advice` is what to do against each finding, by its name."""

    fingerprint: str
    summary: str
    text: str
    calls: Calls
    findings: Mapping[str, float]

    @property
    def slow(self) -> float:
        """How often it took longer than its threshold."""
        return self.calls.extras.get("slow", 0.0)

    @property
    def advice(self) -> dict[str, str]:
        """What to do, by finding."""
        found = {name: ADVICE[name] for name in self.findings if name in ADVICE}
        return {**found, **({"slow": SLOW} if self.slow >= 1 else {})}


def statements(facts: Facts) -> list[Statement]:
    """Return the statements that were timed or found fault with, those that took most time first."""
    timed: dict[str, list[Calls]] = {}
    for row in facts.statements:
        timed.setdefault(row.labels["fingerprint"], []).append(row)
    remarks = {remark.fingerprint: remark for remark in facts.remarks}
    names = [*timed, *(name for name, remark in remarks.items() if name not in timed and remark.findings)]
    made = []
    for name in names:
        remark, rows = remarks.get(name), timed.get(name, [])
        summary = rows[0].labels["summary"] if rows else (remark.labels.get("summary", "") if remark else "")
        text, findings = (remark.text, remark.findings) if remark else ("", {})
        own = {finding: count for finding, count in findings.items() if finding != "slow"}
        made.append(Statement(name, summary, text, added(rows), own))
    return sorted(made, key=lambda one: (-one.calls.seconds, one.summary))[:SHOWN]
