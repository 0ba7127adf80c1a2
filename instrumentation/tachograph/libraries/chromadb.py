"""chroma, embedded and as a server, sync and async: what its collections search, fetch and store.

It is measured where the vectors are there already: what an embedding function takes to make them is its own.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from chromadb.api.models.CollectionCommon import CollectionCommon

from .. import names
from ..databases import metrics
from ..databases.database import DATABASE
from ..databases.rows import affected
from ..databases.searches import SEARCH
from ..harmless import harmless
from ..imports import on_import
from ..model import NO_OUTCOME, NOTHING, Attributes, Call, Endpoint, Library, Outcome, Point, Shape
from ..patches import Elsewhere, Patches
from ..wrap import Function, Switch, measured

_DISTANCES = {"l2": "l2", "cosine": "cosine", "ip": "inner_product"}
_LIMIT = 1_000


class _Collection(NamedTuple):
    name: str
    distance: str


# By the id that its calls have; the name is what collections are made with.
_collections: dict[Any, _Collection] = {}
_shapes: dict[tuple[Any, ...], Shape] = {}


def _made(function: Function, switch: Switch) -> Function:
    def made(collection: Any, *args: Any, **kwargs: Any) -> None:
        function(collection, *args, **kwargs)
        if switch.on:
            _known(collection)

    return made


@harmless
def _known(collection: Any) -> None:
    if len(_collections) >= _LIMIT:
        _collections.clear()
    configured = getattr(collection, "configuration_json", None) or {}
    index = configured.get("hnsw") or configured.get("spann") or {}
    space = index.get("space") or (collection.metadata or {}).get("hnsw:space", "l2")
    _collections[collection.id] = _Collection(collection.name, _DISTANCES.get(space, "_OTHER"))


def _shape(api: Any, args: tuple[Any, ...], kwargs: dict[str, Any], operation: str, k: int | None = None) -> Shape:
    # Collections name all arguments; `peek` is a `get`, to which it gives the id alone.
    collection = _collections.get(kwargs.get("collection_id", args[0] if args else None))
    searches = operation in ("query", "search")
    key = (getattr(api, "_api_url", None), kwargs.get("database"), collection, operation, k)
    shape = _shapes.get(key)
    if shape is None:
        if len(_shapes) >= _LIMIT:
            _shapes.clear()
        address, port = _server(key[0])
        name = None if collection is None else collection.name
        told = {
            names.DB_SYSTEM_NAME: "chroma",
            names.DB_NAMESPACE: key[1],
            names.DB_OPERATION_NAME: operation,
            names.DB_COLLECTION_NAME: name,
            names.DB_VECTOR_OPERATION: SEARCH if searches else None,
            names.DB_VECTOR_DISTANCE: collection.distance if searches and collection is not None else None,
            names.DB_VECTOR_K: k,
            names.SERVER_ADDRESS: address,
            names.SERVER_PORT: port,
        }
        known = {key: value for key, value in told.items() if value is not None}
        shape = _shapes[key] = Shape(DATABASE, f"{operation} {name}" if name else operation, known)
    return shape


@cache
def _server(url: str | None) -> tuple[str | None, int | None]:
    parts = urlsplit(url or "")
    return parts.hostname, parts.port


def _request(operation: str, api: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape:
    return _shape(api, args, kwargs, operation)


def _query(api: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape:
    return _shape(api, args, kwargs, "query", int(kwargs["n_results"]))


def _size(key: str, _api: Any, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> Attributes:
    size = len(kwargs.get(key) or ())
    return {names.DB_OPERATION_BATCH_SIZE: size} if size > 1 else NOTHING


def _rows(result: Any, _call: Call) -> Outcome:
    rows = len(result["ids"])
    return Outcome({names.DB_RESPONSE_RETURNED_ROWS: rows}, points=(Point(metrics.RETURNED_ROWS, rows),))


def _found(result: Any, call: Call) -> Outcome:
    """Count the neighbours found by each of the vectors that were searched for."""
    found, told = sum(map(len, result["ids"])), call.shape.attributes
    labels = ((names.DB_VECTOR_DISTANCE, str(told.get(names.DB_VECTOR_DISTANCE, "_OTHER"))),)
    points = [Point(metrics.RETURNED_ROWS, found), Point(metrics.VECTOR_RETURNED, found, labels)]
    if names.DB_VECTOR_K in told:
        asked = int(str(told[names.DB_VECTOR_K])) * len(result["ids"])
        points.append(Point(metrics.VECTOR_K, asked, labels))
    return Outcome({names.DB_RESPONSE_RETURNED_ROWS: found}, points=tuple(points))


def _gone(result: Any, _call: Call) -> Outcome:
    deleted = result.get("deleted") if isinstance(result, dict) else None
    return affected(deleted) if isinstance(deleted, int) else NO_OUTCOME


def _endpoint(operation: str, response: Any = None, size: str = "ids", request: Any = None) -> Endpoint:
    target = f"chromadb.api:ServerAPI._{operation}"
    return Endpoint(target, request or partial(_request, operation), response, details=partial(_size, size))


_ENDPOINTS = {
    "_query": _endpoint("query", _found, "query_embeddings", _query),
    "_search": _endpoint("search", _found, "searches"),
    "_get": _endpoint("get", _rows),
    "_count": _endpoint("count"),
    "_add": _endpoint("add"),
    "_update": _endpoint("update"),
    "_upsert": _endpoint("upsert"),
    "_delete": _endpoint("delete", _gone),
}
# The thin client has no first two of them.
_CLASSES = (
    ("chromadb.api.rust", "RustBindingsAPI"),
    ("chromadb.api.segment", "SegmentAPI"),
    ("chromadb.api.fastapi", "FastAPI"),
    ("chromadb.api.async_fastapi", "AsyncFastAPI"),
)
_COLLECTIONS = (
    ("chromadb.api.models.Collection", "Collection"),
    ("chromadb.api.models.AsyncCollection", "AsyncCollection"),
)


def _install(patches: Patches) -> None:
    made = patches.wrap(CollectionCommon, "__init__", _made)
    switches: list[Switch] = []
    for module, owner in _CLASSES:
        on_import(module, _hook(made, owner, lambda found: switches.extend(_measured(patches, found))))
    # Others measure what the application calls.
    for module, owner in _COLLECTIONS:
        on_import(module, _hook(made, owner, lambda found: _taken_off(patches, found, switches)))


def _hook(made: Switch, owner: str, take: Callable[[Any], None]) -> Callable[[Any], None]:
    def imported(module: Any) -> None:
        if made.on:
            take(getattr(module, owner))

    return imported


def _measured(patches: Patches, owner: Any) -> list[Switch]:
    found = ((name, endpoint) for name, endpoint in _ENDPOINTS.items() if name in vars(owner))
    return [patches.wrap(owner, name, partial(_method, endpoint)) for name, endpoint in found]


def _method(endpoint: Endpoint, function: Function, switch: Switch) -> Function:
    return measured(endpoint, function, switch)


def _taken_off(patches: Patches, owner: Any, switches: list[Switch]) -> None:
    for name in ("query", "get", "peek", "count", "add", "update", "upsert", "delete"):
        if name in vars(owner):
            patches.add(Elsewhere(owner, name, switches))


LIBRARY = Library("chromadb", install=_install)
