"""Rows: what a call's end tells of those it returned or changed."""

from .. import names
from ..model import NO_OUTCOME, Outcome, SharedAttributes

_KEPT_LIMIT = 1_000
_returned: dict[int, Outcome] = {}
_affected: dict[int, Outcome] = {}


def returned(rows: int) -> Outcome:
    """Return the outcome of a call that returned so many rows; below 0 nobody knows.

    Their histogram is fed by the statement's account.
    """
    outcome = _returned.get(rows)
    if outcome is None:
        if rows < 0:
            return NO_OUTCOME
        outcome = Outcome(SharedAttributes({names.DB_RESPONSE_RETURNED_ROWS: rows}))
        if len(_returned) < _KEPT_LIMIT:
            _returned[rows] = outcome
    return outcome


def affected(rows: int) -> Outcome:
    """Return the outcome of a call that changed so many rows; below 0 nobody knows."""
    if rows < 0:
        return NO_OUTCOME
    outcome = _affected.get(rows)
    if outcome is None:
        outcome = Outcome(SharedAttributes({names.DB_RESPONSE_AFFECTED_ROWS: rows}))
        if len(_affected) < _KEPT_LIMIT:
            _affected[rows] = outcome
    return outcome


def failed(status: str | None) -> Outcome:
    """Return the outcome of a call that failed with a status of the database's, such as a SQLSTATE."""
    if not status:
        return NO_OUTCOME
    return Outcome(
        {names.DB_RESPONSE_STATUS_CODE: status}, ((names.DB_RESPONSE_STATUS_CODE, status),), error_type=status
    )
