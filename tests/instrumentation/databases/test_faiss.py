"""faiss: what is searched and added, by kind of index and distance."""

from typing import Any

import faiss
import numpy as np
import pytest

import tachograph
from tests.fixtures.telemetry import Seeing, Seen

VECTORS = np.eye(4, dtype="float32")


def span(operation: str, kind: str, distance: str) -> Seen:
    told = {
        "db.system.name": "faiss",
        "db.operation.name": operation,
        "db.collection.name": kind,
        "tachograph.db.vector.operation": operation,
        "tachograph.db.vector.distance": distance,
    }
    return Seen(f"{operation} {kind}", "CLIENT", told)


def test_indexes_are_measured(telemetry: Seeing) -> None:
    index, mapped = faiss.IndexFlatL2(4), faiss.IndexIDMap(faiss.IndexFlatIP(4))
    index.add(VECTORS)
    mapped.add_with_ids(VECTORS[:1], np.array([7]))
    assert index.search(VECTORS[:2], 3)[1].shape == (2, 3)
    assert mapped.search(x=VECTORS[:1], k=2)[1].tolist() == [[7, -1]]
    binary = faiss.IndexBinaryFlat(8)
    binary.add(np.array([[1], [2]], dtype="uint8"))
    assert binary.search(np.array([[1]], dtype="uint8"), 1)[1].tolist() == [[0]]
    with pytest.raises(AssertionError):
        index.search(VECTORS[:, :3], 1)
    k, returned = "tachograph.db.vector.k", "db.response.returned_rows"
    size = {"db.operation.batch.size": 2}
    spans = [
        span("add", "IndexFlatL2", "l2"),
        span("add", "IndexIDMap", "inner_product"),
        span("search", "IndexFlatL2", "l2"),
        span("search", "IndexIDMap", "inner_product"),
        span("add", "IndexBinaryFlat", "hamming"),
        span("search", "IndexBinaryFlat", "hamming"),
        span("search", "IndexFlatL2", "l2"),
    ]
    more: tuple[dict[str, Any], ...] = (
        {"db.operation.batch.size": 4},
        {},
        {k: 3, returned: 6, **size},
        {k: 2, returned: 1},
        size,
        {k: 1, returned: 1},
        {k: 1, "error.type": "AssertionError", "db.operation.batch.size": 4},
    )
    assert [each.attributes for each in telemetry.spans] == [
        each.attributes | told for each, told in zip(spans, more, strict=True)
    ]
    points = telemetry.points(k, "tachograph.db.vector.returned")
    assert [(point.metric.rpartition(".")[2], point.labels["db.collection.name"], point.sum) for point in points] == [
        ("k", "IndexBinaryFlat", 1),
        ("k", "IndexFlatL2", 6),
        ("k", "IndexIDMap", 2),
        ("returned", "IndexBinaryFlat", 1),
        ("returned", "IndexFlatL2", 6),
        ("returned", "IndexIDMap", 1),
    ]


def test_nothing_of_ours_is_left(lean: Seeing) -> None:
    tachograph.uninstrument()
    faiss.IndexFlatL2(4).add(VECTORS)
    assert (lean.spans, faiss.IndexFlatL2.search.__module__) == ([], "faiss.class_wrappers")
