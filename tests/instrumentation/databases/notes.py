"""A table of five notes in PostgreSQL, and what is seen of its making."""

from tests.fixtures.postgres import Postgres
from tests.fixtures.telemetry import Seen
from tests.instrumentation.databases.expected import Where

SETUP = "CREATE TEMPORARY TABLE notes (id int PRIMARY KEY, text text)"
FILL = "INSERT INTO notes SELECT n, 'text ' || n FROM generate_series(1, 5) n"


def where(postgres: Postgres) -> Where:
    return Where("postgresql", postgres.database, postgres.host, postgres.port)


def setting_up(database: Where) -> list[Seen]:
    return [
        database.call("CREATE TABLE notes", SETUP, collection="notes"),
        database.call(
            "INSERT notes SELECT generate_series",
            "INSERT INTO notes SELECT n, ? || n FROM generate_series(?, ?) n",
            operation="INSERT",
            collection="notes",
            affected=5,
        ),
    ]
