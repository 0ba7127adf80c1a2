"""The service's memory: texts and their vectors in SQLite, found again by what they mean."""

import sqlite3
import struct
import threading
import time
from functools import lru_cache
from pathlib import Path

from openai import OpenAI

import tachograph

_DIMENSIONS = 64
_KEPT = 60
_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, tone TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS memories (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, text TEXT NOT NULL, embedding BLOB NOT NULL, created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS memories_of_user ON memories (user_id, id);
"""


class Memory:
    """What the service knows of its users; its methods block, so call them from a worker thread."""

    def __init__(self, database: Path, client: OpenAI, users: tuple[str, ...]) -> None:
        tachograph.declare(
            "demo.memory.forgotten", "counter", unit="{text}", description="Texts forgotten for new ones."
        )
        self._client = client
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(database, check_same_thread=False)
        self._connection.executescript(_SCHEMA)
        rows = [(number, name, "short" if number % 2 else "friendly") for number, name in enumerate(users)]
        self._connection.executemany("INSERT INTO users (id, name, tone) VALUES (?, ?, ?)", rows)
        self._connection.commit()
        self._embedding = tachograph.cache("embeddings", level="L1")(lru_cache(maxsize=40)(self._embed))
        self.profile = tachograph.cache("sessions", level="L1")(lru_cache(maxsize=6)(self._profile))

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._connection.close()

    @tachograph.operation("memory.create")
    def create(self, user: int, text: str) -> None:
        """Remember a text, and forget the user's oldest."""
        row = (user, text, struct.pack(f"<{_DIMENSIONS}f", *self._embedding(text)), time.time())
        with self._lock, self._connection:
            self._connection.execute(
                "INSERT INTO memories (user_id, text, embedding, created) VALUES (?, ?, ?, ?)", row
            )
            forgotten = self._connection.execute(
                "DELETE FROM memories WHERE user_id = ? AND id < "
                "(SELECT min(id) FROM (SELECT id FROM memories WHERE user_id = ? ORDER BY id DESC LIMIT ?))",
                (user, user, _KEPT),
            ).rowcount
        tachograph.record("demo.memory.forgotten", forgotten)

    @tachograph.operation("memory.search")
    def search(self, user: int, query: str, *, limit: int = 3) -> list[str]:
        """Return the user's texts that are nearest to the query, the nearest first."""
        wanted = self._embedding(query)
        with self._lock:
            rows = self._connection.execute(
                "SELECT text, embedding FROM memories WHERE user_id = ? ORDER BY id DESC LIMIT ?",
                (user, _KEPT),
            ).fetchall()
        scored = sorted(((_similarity(wanted, packed), text) for text, packed in rows), reverse=True)
        if scored:
            tachograph.score("relevance", max(scored[0][0], 0.0))
        return [text for _, text in scored[:limit]]

    def _embed(self, text: str) -> tuple[float, ...]:
        answer = self._client.embeddings.create(model="text-embedding-3-small", input=text, dimensions=_DIMENSIONS)
        return tuple(answer.data[0].embedding)

    def _profile(self, user: int) -> tuple[str, str]:
        with self._lock:
            row = self._connection.execute("SELECT name, tone FROM users WHERE id = ?", (user,)).fetchone()
        return str(row[0]), str(row[1])


def _similarity(wanted: tuple[float, ...], packed: bytes) -> float:
    found: tuple[float, ...] = struct.unpack(f"<{_DIMENSIONS}f", packed)
    return sum(a * b for a, b in zip(wanted, found, strict=True))
