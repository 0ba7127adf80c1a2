"""faiss: searches of its indexes, and what is added to them."""

from typing import Any

import faiss

from .. import names
from ..databases import metrics
from ..databases.database import DATABASE
from ..model import NOTHING, Attributes, Call, Endpoint, Library, Outcome, Point, Shape
from ..patches import Patches
from ..wrap import Function, Switch, measured

_DISTANCES = {faiss.METRIC_L2: "l2", faiss.METRIC_INNER_PRODUCT: "inner_product", faiss.METRIC_L1: "l1"}
_SHAPES_LIMIT = 1_000
_shapes: dict[tuple[str, str, str, int | None], Shape] = {}


def _shape(index: Any, operation: str, k: int | None = None) -> Shape:
    kind = type(index).__name__
    distance = "hamming" if isinstance(index, faiss.IndexBinary) else _DISTANCES.get(index.metric_type, "_OTHER")
    key = (kind, operation, distance, k)
    shape = _shapes.get(key)
    if shape is None:
        if len(_shapes) >= _SHAPES_LIMIT:
            _shapes.clear()
        told = {
            names.DB_SYSTEM_NAME: "faiss",
            names.DB_OPERATION_NAME: operation,
            names.DB_COLLECTION_NAME: kind,
            names.DB_VECTOR_OPERATION: operation,
            names.DB_VECTOR_DISTANCE: distance,
            names.DB_VECTOR_K: k,
        }
        known = {key: value for key, value in told.items() if value is not None}
        shape = _shapes[key] = Shape(DATABASE, f"{operation} {kind}", known)
    return shape


def _search(index: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape:
    return _shape(index, "search", int(args[1] if len(args) > 1 else kwargs["k"]))


def _add(index: Any, _args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Shape:
    return _shape(index, "add")


def _batch(_index: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Attributes:
    size = len(args[0] if args else kwargs["x"])
    return NOTHING if size == 1 else {names.DB_OPERATION_BATCH_SIZE: size}


def _found(result: Any, call: Call) -> Outcome:
    # Where there are not enough neighbours, the places of the rest hold -1.
    found, told = int((result[1] >= 0).sum()), call.shape.attributes
    labels = ((names.DB_VECTOR_DISTANCE, str(told[names.DB_VECTOR_DISTANCE])),)
    points = (
        Point(metrics.VECTOR_RETURNED, found, labels),
        # Of each of the vectors that were searched for.
        Point(metrics.VECTOR_K, int(str(told[names.DB_VECTOR_K])) * len(result[1]), labels),
    )
    return Outcome({names.DB_RESPONSE_RETURNED_ROWS: found}, points=points)


_ENDPOINTS = {
    "search": Endpoint("faiss:Index.search", _search, _found, details=_batch),
    "add": Endpoint("faiss:Index.add", _add, details=_batch),
    "add_with_ids": Endpoint("faiss:Index.add_with_ids", _add, details=_batch),
}


def _install(patches: Patches) -> None:
    # Each class of indexes has methods of its own.
    kinds = [kind for kind in vars(faiss).values() if isinstance(kind, type)]
    for kind in dict.fromkeys(kind for kind in kinds if issubclass(kind, faiss.Index | faiss.IndexBinary)):
        for name in _ENDPOINTS.keys() & vars(kind).keys():
            patches.wrap(kind, name, _measured(_ENDPOINTS[name]))


def _measured(endpoint: Endpoint) -> Any:
    def make(function: Function, switch: Switch) -> Function:
        return measured(endpoint, function, switch)

    return make


LIBRARY = Library("faiss", install=_install)
