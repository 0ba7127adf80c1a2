"""The open connections of one listener, and who makes room when there are too many."""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

from .exchange import Application
from .limits import Limits


class OpenConnection(Protocol):
    """What is asked of a connection from outside."""

    task: asyncio.Task[None] | None

    def abort(self) -> None:
        """Close at once."""


class Connections:
    """Keeps the open connections in the order of their last request; the first idle one makes room for a new one."""

    def __init__(
        self,
        application: Application,
        limits: Limits,
        client_names: tuple[str, ...] = (),
        refused: Callable[[HTTPStatus], None] = lambda _: None,
    ) -> None:
        self.application = application
        self.refused = refused
        self.limits = limits
        self.client_names = client_names
        self.stopping = False
        self._open: dict[OpenConnection, None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def admits(self, certificate: Mapping[str, Any] | None) -> bool:
        """Say whether a client with this certificate, as ssl.getpeercert gives it, may come in."""
        if not self.client_names:
            return True
        names = [name for _, name in (certificate or {}).get("subjectAltName", ())]
        return any(name in self.client_names for name in names)

    def add(self, connection: OpenConnection) -> None:
        """Take in a new connection."""
        self._open[connection] = None
        if len(self._open) > self.limits.connections:
            next((other for other in self._open if other.task is None), connection).abort()

    def used(self, connection: OpenConnection) -> None:
        """Note that a connection carries a request: it is now the last to make room."""
        if connection in self._open:
            del self._open[connection]
            self._open[connection] = None

    def remove(self, connection: OpenConnection) -> None:
        """Forget a closed connection."""
        self._open.pop(connection, None)

    async def stop(self) -> None:
        """Close the idle connections now and the busy ones when they are done, or when the time for it is up."""
        self.stopping = True
        tasks = [connection.task for connection in self._open if connection.task]
        for connection in [connection for connection in self._open if connection.task is None]:
            connection.abort()
        if tasks:
            await asyncio.wait(tasks, timeout=self.limits.stop_seconds)
        for connection in list(self._open):
            connection.abort()
