"""What database libraries share: their subject, and shapes by statement, kept bounded."""

import re
from collections.abc import Hashable

from .. import names
from ..model import DB_BUCKETS, Metric, Shape, Subject

DURATION = Metric(names.DB_OPERATION_DURATION, "histogram", "s", "Duration of database client operations.", DB_BUCKETS)
DATABASE = Subject(
    "db",
    DURATION,
    (
        names.DB_SYSTEM_NAME,
        names.DB_NAMESPACE,
        names.DB_OPERATION_NAME,
        names.DB_COLLECTION_NAME,
        names.DB_QUERY_SUMMARY,
        names.SERVER_ADDRESS,
        names.SERVER_PORT,
    ),
    leaf=True,
    target=(names.DB_SYSTEM_NAME, names.SERVER_ADDRESS, names.SERVER_PORT),
)
_SHAPES_LIMIT = 1000
_STATEMENT = re.compile(r"\s*(\w+)(?:.*?\b(?:from|into|update|table|join)\s+([\w.\"]+)|\s+([\w.\"]+)|)", re.I | re.S)
_shapes: dict[Hashable, Shape] = {}


def statement_shape(system: str, server: tuple[str, int] | None, namespace: str | None, statement: str) -> Shape:
    """Return the shape of all calls with this statement at this server."""
    key = (system, server, namespace, statement)
    shape = _shapes.get(key)
    if shape is None:
        if len(_shapes) >= _SHAPES_LIMIT:
            _shapes.clear()
        shape = _shapes[key] = _new(system, server, namespace, statement)
    return shape


def _new(system: str, server: tuple[str, int] | None, namespace: str | None, statement: str) -> Shape:
    match = _STATEMENT.match(statement)
    operation = match[1].upper() if match else "QUERY"
    collection = (match[2] or "").strip('"') if match and operation in _WITH_COLLECTION else ""
    if match and operation == "UPDATE":
        collection = (match[3] or "").strip('"')
    summary = f"{operation} {collection}".strip()
    attributes: dict[str, str | int] = {names.DB_SYSTEM_NAME: system, names.DB_OPERATION_NAME: operation}
    attributes[names.DB_QUERY_SUMMARY] = summary
    if namespace:
        attributes[names.DB_NAMESPACE] = namespace
    if collection:
        attributes[names.DB_COLLECTION_NAME] = collection
    if server:
        attributes[names.SERVER_ADDRESS], attributes[names.SERVER_PORT] = server
    return Shape(DATABASE, summary, attributes)


_WITH_COLLECTION = frozenset(("SELECT", "INSERT", "DELETE", "CREATE", "DROP", "ALTER"))
