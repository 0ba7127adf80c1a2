"""Rounds in which all instrumentations take turns, each in its own process and environment."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import rounds as turns
from benchmarks.peers import Peer

_WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class Variant:
    """A row of the table."""

    name: str
    peer: Peer
    make: str
    mode: str = "keep"


def added_microseconds(scenario: str, variants: Sequence[Variant], *, rounds: int, calls: int) -> dict[str, float]:
    """Return the median of what each variant adds to the bare call with its SDKs, in microseconds of CPU time a call.

    Under "bare" is what the call takes by itself, with the first variant's.
    """
    with turns.receiver() as endpoint:

        def command(variant: Variant) -> tuple[str, ...]:
            worker = (variant.peer.python(), "-W", "ignore", str(_WORKER))
            return (*worker, variant.make, scenario, endpoint, variant.mode)

        bare = {each.peer.libraries: Variant("bare", each.peer, "bare") for each in reversed(variants)}
        rows = [turns.Variant(each.name, command(each), command(bare[each.peer.libraries])) for each in variants]
        measured = turns.added(rows, rounds=rounds, calls=calls)
    added = {each.name: measured.microseconds(each.name) for each in variants}
    return {"bare": median(measured.bare) * 1e6, **added}
