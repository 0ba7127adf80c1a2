"""chroma, embedded and as a real server: what its collections search, fetch and store, and none of the embedding."""

import asyncio
import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

import tachograph
from tests.fixtures.process import free_port, listens, running
from tests.fixtures.sdks import installed
from tests.fixtures.telemetry import Seeing, Seen

# What chroma asks for beyond these is for its own models and for Kubernetes: it works without.
NEEDS = ("jsonschema", "mmh3", "orjson", "overrides", "pybase64", "pydantic-settings", "pyyaml", "tenacity", "tqdm")
RUN = "from chromadb.cli.cli import app; app()"


@dataclass(frozen=True)
class Chroma:
    """Where a server is."""

    port: int
    host: str = "127.0.0.1"


# Its clients leave their connections to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    yield
    importlib.import_module("chromadb.api.client").SharedSystemClient.clear_system_cache()
    gc.collect()


@contextmanager
def importable() -> Iterator[list[str]]:
    folders = [str(installed("chromadb", "--no-deps", "chromadb>=1")), str(installed("chromadb-needs", *NEEDS))]
    sys.path.extend(folders)
    try:
        yield folders
    finally:
        for folder in folders:
            sys.path.remove(folder)


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chroma]:
    where, folder = Chroma(free_port()), tmp_path_factory.mktemp("chroma")
    with importable() as folders:
        words = ("run", "--path", str(folder), "--host", where.host, "--port", str(where.port))
        program = f"import sys; sys.path.extend({folders}); sys.argv[1:] = {list(words)}; {RUN}"
        with running([sys.executable, "-c", program], log=folder / "log", ready=lambda: listens(where.port)):
            yield where


def module() -> Any:
    return importlib.import_module("chromadb")


def embedded(_chroma: Chroma) -> Any:
    with module().EphemeralClient() as client:
        return filled(client)


def served(chroma: Chroma) -> Any:
    with module().HttpClient(host=chroma.host, port=chroma.port) as client:
        return filled(client)


def filled(client: Any) -> Any:
    notes = client.create_collection("notes", embedding_function=None, metadata={"hnsw:space": "cosine"})
    notes.add(ids=["a", "b"], embeddings=[[1, 0], [0, 1]], documents=["secret", "secret too"])
    notes.upsert(ids=["c"], embeddings=[[1, 1]])
    notes.update(ids=["c"], embeddings=[[1, 0.5]])
    found = notes.query(query_embeddings=[[1, 0], [0, 1]], n_results=2)["ids"]
    filtered = notes.query(query_embeddings=[[1, 0]], n_results=5, where_document={"$contains": "secret"})["ids"]
    fetched = notes.get(ids=["a"])["ids"], notes.peek(1)["ids"], notes.count()
    notes.delete(ids=["a"])
    with pytest.raises(Exception, match="dimension"):
        notes.query(query_embeddings=[[1, 0, 0]], n_results=1)
    client.delete_collection("notes")
    return found, filtered, fetched


def served_async(chroma: Chroma) -> Any:
    async def main() -> Any:
        client = await module().AsyncHttpClient(host=chroma.host, port=chroma.port)
        notes = await client.create_collection("notes", embedding_function=None, metadata={"hnsw:space": "cosine"})
        await notes.add(ids=["a", "b"], embeddings=[[1, 0], [0, 1]], documents=["secret", "secret too"])
        await notes.upsert(ids=["c"], embeddings=[[1, 1]])
        await notes.update(ids=["c"], embeddings=[[1, 0.5]])
        found = await notes.query(query_embeddings=[[1, 0], [0, 1]], n_results=2)
        where = {"$contains": "secret"}
        filtered = await notes.query(query_embeddings=[[1, 0]], n_results=5, where_document=where)
        fetched = (await notes.get(ids=["a"]))["ids"], (await notes.peek(1))["ids"], await notes.count()
        await notes.delete(ids=["a"])
        with pytest.raises(Exception, match="dimension"):
            await notes.query(query_embeddings=[[1, 0, 0]], n_results=1)
        await client.delete_collection("notes")
        await client._server._cleanup()
        return found["ids"], filtered["ids"], fetched

    return asyncio.run(main())


K, RETURNED, SIZE = "tachograph.db.vector.k", "db.response.returned_rows", "db.operation.batch.size"
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("add", {SIZE: 2}),
    ("upsert", {}),
    ("update", {}),
    ("query", {K: 2, RETURNED: 4, SIZE: 2}),
    ("query", {K: 5, RETURNED: 2}),
    ("get", {RETURNED: 1}),
    ("get", {RETURNED: 1}),
    ("count", {}),
    ("delete", {"tachograph.db.response.affected_rows": 1}),
    ("query", {K: 1}),
]


@pytest.mark.parametrize("application", [embedded, served, served_async], ids=lambda made: made.__name__)
def test_what_is_asked_of_a_collection_is_one_call(application: Any, chroma: Chroma, telemetry: Seeing) -> None:
    answer = application(chroma)
    spans = [span for span in telemetry.spans if span.attributes.get("db.system.name") == "chroma"]
    error = spans[-1].error
    server = {} if application is embedded else {"server.address": chroma.host, "server.port": chroma.port}
    common = {"db.system.name": "chroma", "db.namespace": "default_database", "db.collection.name": "notes", **server}
    searching = {"tachograph.db.vector.operation": "search", "tachograph.db.vector.distance": "cosine"}
    expected = [
        Seen(
            f"{operation} notes",
            "CLIENT",
            {**common, "db.operation.name": operation, **(searching if operation == "query" else {}), **more},
        )
        for operation, more in CALLS
    ]
    assert (answer, spans[:-1], error is not None, "secret" in str(telemetry.spans)) == (
        ([["a", "c"], ["b", "c"]], [["a", "b"]], (["a"], ["a"], 3)),
        expected[:-1],
        True,
        False,
    )
    points = telemetry.points(K, "tachograph.db.vector.returned", "db.client.operation.duration")
    chromas = [point for point in points if point.labels["db.system.name"] == "chroma"]
    counted = {point.labels["db.operation.name"]: point.count for point in chromas if "error.type" not in point.labels}
    sums = {point.metric.rpartition(".")[2]: point.sum for point in chromas if ".vector." in point.metric}
    assert (counted["query"], counted["get"], sums) == (2, 2, {"k": 9, "returned": 6})


def test_nothing_of_ours_is_left(chroma: Chroma, lean: Seeing) -> None:
    tachograph.uninstrument()
    embedded(chroma)
    assert [span for span in lean.spans if span.attributes.get("db.system.name") == "chroma"] == []
