"""The service's journal: who asked for what, in SQLite behind a pool of connections, and a careless review of it."""

import time
from pathlib import Path

from sqlalchemy import Engine, QueuePool, create_engine, event, text

import tachograph

_SCHEMA = (
    "CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE TABLE entries (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL, kind TEXT NOT NULL)",
)
_CONNECTIONS = 3
_REVIEWED = 20
_KEPT = 200
_SEEK_SECONDS = 0.15


class Journal:
    """What was asked of the service; its methods block, so call them from a worker thread."""

    def __init__(self, database: Path, users: tuple[str, ...]) -> None:
        self._engine = _engine(database)
        with self._engine.begin() as connection:
            for statement in _SCHEMA:
                connection.execute(text(statement))
            rows = [{"id": number, "name": name} for number, name in enumerate(users)]
            connection.execute(text("INSERT INTO authors (id, name) VALUES (:id, :name)"), rows)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def note(self, user: int, kind: str) -> None:
        """Enter a request."""
        with self._engine.begin() as connection:
            entry = {"user": user, "kind": kind}
            connection.execute(text("INSERT INTO entries (author_id, kind) VALUES (:user, :kind)"), entry)

    @tachograph.operation("journal.review")
    def review(self) -> list[str]:
        """Return who asked last, as hurried people write it, so that there is something to find fault with.

        It reads the whole table, asks for each author by a statement of its own (N+1), and waits for a slow disk.
        """
        with self._engine.begin() as connection:
            entries = connection.execute(text("SELECT * FROM entries ORDER BY id DESC")).fetchall()[:_REVIEWED]
            author = text("SELECT name FROM authors WHERE id = :id")
            names = [str(connection.execute(author, {"id": entry.author_id}).scalar()) for entry in entries]
            connection.execute(text("SELECT count(*), seek(:seconds) FROM entries"), {"seconds": _SEEK_SECONDS})
            old = text("DELETE FROM entries WHERE id <= (SELECT max(id) FROM entries) - :kept")
            connection.execute(old, {"kept": _KEPT})
        return names


def _engine(database: Path) -> Engine:
    pool = {"poolclass": QueuePool, "pool_size": _CONNECTIONS, "max_overflow": 0, "pool_timeout": 5}
    engine = create_engine(f"sqlite:///{database}", **pool)
    event.listen(engine, "connect", _connected)
    return engine


def _connected(connection: object, _: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[attr-defined] # it is sqlite3's
    connection.create_function("seek", 1, time.sleep)  # type: ignore[attr-defined] # it is sqlite3's
