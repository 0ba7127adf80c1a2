"""What operations cost: each call of a model counts for every operation that it is made within."""

from typing import TYPE_CHECKING

from .. import names
from ..model import Call, Metric
from ..telemetry.hub import HUB

if TYPE_CHECKING:
    from ..telemetry.cells import SumCell

COST = Metric(
    names.OPERATION_COST, "counter", "{USD}", "What calls of models within an operation cost, inner operations' too."
)


def spent(call: Call, usd: float) -> None:
    """Count what a call cost for the operations around it."""
    outer = call.outer
    while outer is not None:
        shape = outer.shape
        if shape.subject.kind == "operation":
            cell: SumCell | None = shape.bound.get(COST)
            if cell is None:
                cell = shape.bound[COST] = HUB.registry.sum(COST, shape.labels_of((names.OPERATION_NAME,)))
            cell.add(usd)
        outer = outer.outer
