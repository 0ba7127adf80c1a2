"""Statements that were slow or found fault with, and what is recommended against each fault."""

from collections.abc import Sequence

from .host import Sample
from .row import Plain

_FINGERPRINT = "tachograph_db_statement_fingerprint"
ADVICE = {
    "select_star": "Name the columns that are needed instead of *: fewer bytes, and an index may hold them all.",
    "order_by_without_limit": "Add a LIMIT: the whole result is sorted and sent, however long it grows.",
    "select_without_where": "Add a WHERE: every row of the table is read.",
    "leading_wildcard": "No index helps a pattern that begins with a wildcard: use full-text or trigram search.",
    "n_plus_one": "It runs again and again within one operation: fetch all of it at once, with IN or a JOIN.",
    "long_transaction": "The transaction stays open for long and holds its locks: keep other work out of it.",
}
SLOW = "Look at its plan (EXPLAIN ANALYZE): a missing index is the usual cause."


class Remarks:
    """The texts of statements, their plans, and what was found against them, by fingerprint."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._plans: dict[str, str] = {}
        self._findings: dict[str, dict[str, float]] = {}
        self._systems: dict[str, Plain] = {}

    def take(self, sample: Sample) -> None:
        """Take over what a sample says."""
        self._texts = {
            labels.get(_FINGERPRINT, ""): labels.get("db_query_text", "")
            for labels, _ in sample.rows("tachograph_db_statement_info")
        }
        self._plans = {
            labels.get(_FINGERPRINT, ""): labels.get("tachograph_db_plan", "")
            for labels, _ in sample.rows("tachograph_db_statement_plan")
        }
        self._findings, self._systems = {}, {}
        for labels, count in sample.rows("tachograph_db_statement_findings_total"):
            fingerprint, finding = labels.get(_FINGERPRINT, ""), labels.get("tachograph_db_statement_finding", "")
            counts = self._findings.setdefault(fingerprint, {})
            counts[finding] = counts.get(finding, 0.0) + count
            self._systems[fingerprint] = {
                "service": labels.get("service_name", ""),
                "environment": labels.get("deployment_environment_name", ""),
                "system": labels.get("db_system_name", ""),
                "summary": labels.get("db_query_summary", ""),
            }

    def shown(self, timed: Sequence[Plain]) -> list[Plain]:
        """Return the statements: those that were slow with their times, then those only found fault with."""
        known = {str(row["fingerprint"]) for row in timed}
        others: list[Plain] = [
            {"id": f"finding/{fingerprint}", **self._systems[fingerprint], "fingerprint": fingerprint}
            for fingerprint in self._findings
            if fingerprint not in known
        ]
        return [self._with_remarks(row) for row in (*timed, *others)]

    def _with_remarks(self, row: Plain) -> Plain:
        fingerprint = str(row["fingerprint"])
        found = sorted(self._findings.get(fingerprint, {}).items())
        findings = [{"finding": name, "count": count, "advice": ADVICE.get(name, "")} for name, count in found]
        if row.get("slow"):
            findings.append({"finding": "slow", "count": row["slow"], "advice": SLOW})
        plan: Plain = {"plan": self._plans[fingerprint]} if fingerprint in self._plans else {}
        return {**row, "text": self._texts.get(fingerprint, ""), **plan, "findings": findings}
