"""Vector searches: by which distance, how many neighbours were asked for, and how many were found."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import psycopg
import psycopg2
import pytest
import sqlalchemy
from pgvector.asyncpg import register_vector
from pgvector.sqlalchemy import VECTOR
from sqlalchemy.ext.asyncio import create_async_engine

from tachograph.sql.neighbours import DISTANCES, asked_for
from tachograph.sql.statement import Statements
from tests.fixtures.postgres import Postgres
from tests.fixtures.telemetry import Seeing
from tests.instrumentation.databases.expected import Where, expected, told

TABLE = """
CREATE EXTENSION vector;
CREATE TABLE items (id int, at vector(2), bits bit(3));
INSERT INTO items SELECT n, ARRAY[n, 1]::vector, (n % 8)::bit(3) FROM generate_series(1, 4) n
"""
ASYNCPG = "SELECT id FROM items ORDER BY at <-> $1 LIMIT $2"


@pytest.fixture(scope="session")
def items(pgvector: Postgres) -> Postgres:
    """The server, with four items."""
    with psycopg.connect(pgvector.dsn, autocommit=True) as connection:
        connection.execute(TABLE)
    return pgvector


def by_asyncpg(items: Postgres) -> Any:
    async def main() -> Any:
        connection = await asyncpg.connect(items.dsn)
        await register_vector(connection)
        found = [await connection.fetch(ASYNCPG, [0, 1], 3)]
        statement = await connection.prepare("SELECT id FROM items ORDER BY at <=> $1 LIMIT 9")
        found.append(await statement.fetch([0, 1]))
        await connection.close()
        return [[row["id"] for row in rows] for rows in found]

    return asyncio.run(main())


def by_psycopg(items: Postgres) -> Any:
    with psycopg.connect(items.dsn) as connection:
        found = (
            connection.execute("SELECT id FROM items ORDER BY at <#> %s::vector LIMIT %s", ("[0,1]", 2)),
            connection.execute(
                "SELECT id, at <+> %(at)s::vector AS far FROM items ORDER BY far FETCH FIRST 1 ROWS ONLY",
                {"at": "[0,1]"},
            ),
            connection.execute(
                "SELECT id FROM items ORDER BY bits <%%> %(bits)s::bit(3) LIMIT %(k)s", {"bits": "001", "k": 1}
            ),
        )
        return [[row[0] for row in rows] for rows in found]


def by_psycopg2(items: Postgres) -> Any:
    connection = psycopg2.connect(items.dsn)
    cursor = connection.cursor()
    found = []
    for search in (
        ("SELECT id FROM items ORDER BY bits <~> B'001' LIMIT 1",),
        ("SELECT id FROM items ORDER BY at <-> %s::vector LIMIT %s", ("[0,1]", 2)),
        ("SELECT id FROM items ORDER BY at <=> %(at)s::vector LIMIT %(k)s", {"at": "[0,1]", "k": 3}),
    ):
        cursor.execute(*search)
        found.append([row[0] for row in cursor.fetchall()])
    connection.close()
    return found


SEARCHES: dict[Callable[[Postgres], Any], tuple[Any, list[tuple[str, str, int | None, int]]]] = {
    by_asyncpg: (
        [[1, 2, 3], [1, 2, 3, 4]],
        [
            (ASYNCPG, "l2", 3, 3),
            ("SELECT id FROM items ORDER BY at <=> $1 LIMIT ?", "cosine", 9, 4),
        ],
    ),
    by_psycopg: (
        [[1, 2], [1], [1]],
        [
            ("SELECT id FROM items ORDER BY at <#> %s::vector LIMIT %s", "inner_product", 2, 2),
            ("SELECT id, at <+> %(at)s::vector AS far FROM items ORDER BY far FETCH FIRST ? ROWS ONLY", "l1", 1, 1),
            ("SELECT id FROM items ORDER BY bits <%%> %(bits)s::bit(?) LIMIT %(k)s", "jaccard", 1, 1),
        ],
    ),
    by_psycopg2: (
        [[1], [1, 2], [1, 2, 3]],
        [
            ("SELECT id FROM items ORDER BY bits <~> ? LIMIT ?", "hamming", 1, 1),
            ("SELECT id FROM items ORDER BY at <-> %s::vector LIMIT %s", "l2", 2, 2),
            ("SELECT id FROM items ORDER BY at <=> %(at)s::vector LIMIT %(k)s", "cosine", 3, 3),
        ],
    ),
}


def searching(distance: str, k: int | None) -> dict[str, Any]:
    return {
        "tachograph.db.vector.operation": "search",
        "tachograph.db.vector.distance": distance,
        "tachograph.db.vector.k": k,
    }


@pytest.mark.parametrize("application", SEARCHES, ids=lambda application: application.__name__)
def test_a_search_tells_its_distance_and_what_it_asked_for_and_found(
    application: Callable[[Postgres], Any], items: Postgres, telemetry: Seeing
) -> None:
    rows, searches = SEARCHES[application]
    assert application(items) == rows
    where = Where("postgresql", items.database, items.host, items.port)
    spans = [
        where.call("SELECT items", text, collection="items", returned=found, **searching(distance, k))
        for text, distance, k, found in searches
    ]
    seen, points = told(telemetry)
    assert ([span for span in seen if span.name == "SELECT items"], points[-1:]) == (spans, expected(*spans)[1])
    for metric, place in (("tachograph.db.vector.k", 2), ("tachograph.db.vector.returned", 3)):
        assert sorted(
            (point.labels["tachograph.db.vector.distance"], point.sum) for point in telemetry.points(metric)
        ) == (sorted((search[1], search[place]) for search in searches))


def test_sqlalchemys_searches_are_its_drivers(items: Postgres, telemetry: Seeing) -> None:
    table = sqlalchemy.table("items", sqlalchemy.column("id"), sqlalchemy.column("at", VECTOR(2)))
    search = sqlalchemy.select(table.c.id).order_by(table.c.at.l2_distance([0, 1])).limit(2)

    async def main() -> Any:
        engine = create_async_engine(items.dsn.replace("postgresql", "postgresql+asyncpg"))
        async with engine.connect() as connection:
            found = (await connection.execute(search)).scalars().all()
        await engine.dispose()
        return found

    engine = sqlalchemy.create_engine(items.dsn.replace("postgresql", "postgresql+psycopg"))
    with engine.connect() as connection:
        assert connection.execute(search).scalars().all() == [1, 2]
    engine.dispose()
    assert asyncio.run(main()) == [1, 2]
    attributes = [span.attributes for span in telemetry.spans if span.name == "SELECT items"]
    assert [(each["tachograph.db.vector.distance"], each["tachograph.db.vector.k"]) for each in attributes] == [
        ("l2", 2)
    ] * 2


LIMITS: dict[str, tuple[int | None, int | str | None]] = {
    "SELECT 1 ORDER BY a <-> b": (None, None),
    "SELECT 1 ORDER BY a <-> b LIMIT 10;": (10, None),
    "SELECT 'LIMIT 3', (SELECT 1 LIMIT 2) ORDER BY a <-> b limit\n 10": (10, None),
    "SELECT 1 ORDER BY a <-> $1 LIMIT $2::INTEGER OFFSET $3": (None, 1),
    "SELECT %s, '100%%' ORDER BY a <-> %b LIMIT %s": (None, 2),
    "SELECT 1 ORDER BY a <-> %(a)s LIMIT %(how many)s": (None, "how many"),
    "SELECT 1 ORDER BY a <-> b FETCH NEXT 5 ROWS ONLY": (5, None),
    "SELECT 1 ORDER BY a <-> b LIMIT ALL": (None, None),
}


@pytest.mark.parametrize("text", LIMITS)
def test_how_many_a_statement_asks_for(text: str) -> None:
    assert asked_for(text) == LIMITS[text]


def test_which_statements_search() -> None:
    def distance(text: str, system: str = "postgresql") -> str | None:
        return Statements(system).of(text).distance

    assert {operator: distance(f"SELECT 1 FROM a ORDER BY b {operator} '[1]'") for operator in DISTANCES} == DISTANCES
    assert [
        distance(text)
        for text in (
            "WITH near AS MATERIALIZED (SELECT id, at <=> $1 AS far FROM a ORDER BY far LIMIT 40) SELECT * FROM near",
            "SELECT id FROM a WHERE b <-> $1 < 5",
            "SELECT id FROM a WHERE b <> 1 ORDER BY id",
            "SELECT '<->' FROM a ORDER BY id",
            "UPDATE a SET b = 1 WHERE id IN (SELECT id FROM a ORDER BY b <-> $1 LIMIT 1)",
        )
    ] == ["cosine", None, None, None, None]
