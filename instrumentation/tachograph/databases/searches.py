"""Vector searches: what their calls have beside what all statements have, and how many neighbours were asked for."""

from collections.abc import Callable
from typing import Any

from .. import names
from ..model import Call, Labels, Shape
from ..telemetry.hub import HUB
from . import metrics

SEARCH = "search"
_VARIANTS_LIMIT = 64


class Search:
    """A shape's search. Where a parameter tells k, each k has a shape of its own, as far as they go."""

    __slots__ = ("_make", "_parameter", "_shape", "_variants", "distance", "k")

    def __init__(
        self, distance: str, k: int | None, parameter: int | str | None, make: Callable[["Search"], Any]
    ) -> None:
        self.distance = distance
        self.k = k
        self._parameter = parameter
        self._make = make
        self._variants: dict[int, Any] = {}
        self._shape: Any = make(self)

    @property
    def attributes(self) -> dict[str, str | int]:
        """Return what is told of the search."""
        told: dict[str, str | int | None] = {
            names.DB_VECTOR_OPERATION: SEARCH,
            names.DB_VECTOR_DISTANCE: self.distance,
            names.DB_VECTOR_K: self.k,
        }
        return {key: value for key, value in told.items() if value is not None}

    def shape(self, parameters: Any = None) -> Any:
        """Return the shape of a call with these parameters."""
        if self._parameter is None or not parameters:
            return self._shape
        try:
            k = parameters[self._parameter]
        except (LookupError, TypeError):
            return self._shape
        if type(k) is not int or (k not in self._variants and len(self._variants) >= _VARIANTS_LIMIT):
            return self._shape
        if k not in self._variants:
            self._variants[k] = Search(self.distance, k, None, self._make).shape()
        return self._variants[k]


def recorder(shape: Shape, returned: Callable[[float, Call], None]) -> Callable[[float, Call], None]:
    """Return what records the rows of a search: for `returned`, and as neighbours that were found and asked for."""
    labels = (*shape.labels, (names.DB_VECTOR_DISTANCE, str(shape.attributes[names.DB_VECTOR_DISTANCE])))
    found, asked = cells(labels)
    k = shape.attributes.get(names.DB_VECTOR_K)

    def record(rows: float, call: Call) -> None:
        returned(rows, call)
        found(rows, call)
        if isinstance(k, int):
            asked(k, call)

    return record


def cells(labels: Labels) -> tuple[Callable[..., None], Callable[..., None]]:
    """Return what records the neighbours found, and those asked for."""
    registry = HUB.registry
    return (
        registry.histogram(metrics.VECTOR_RETURNED, labels).record,
        registry.histogram(metrics.VECTOR_K, labels).record,
    )
