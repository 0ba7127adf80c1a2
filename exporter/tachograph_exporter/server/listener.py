"""Listening sockets, and the life of a server from its start to a signal."""

import asyncio
import errno
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from ..address import Address
from .connection import Connection
from .connections import Connections
from .exchange import Application
from .limits import Limits

if TYPE_CHECKING:
    from ssl import SSLContext  # at run time only TLS needs it, and it costs 4 MB

_BACKLOG = 1024


class CannotListen(Exception):  # noqa: N818 - the message is for the user
    """The address cannot be listened on; the message says why."""


@dataclass(frozen=True)
class Listen:
    """An application, where it is to be reached, and by whom.

    With TLS, `client_names` are the subject alternative names of which a client's certificate must have one. `refused`
    is told the status of each answer that the application has no part in.
    """

    application: Application
    address: Address
    tls: "SSLContext | None" = None
    client_names: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    refused: Callable[[HTTPStatus], None] = lambda _: None


class Service(Protocol):
    """What listens by itself, with a protocol of its own."""

    async def start(self) -> Sequence[Address]:
        """Listen, and return where; raise CannotListen."""

    async def stop(self) -> None:
        """Listen no more, and let what is under way come to its end."""


def run(
    listens: Sequence[Listen],
    services: Sequence[Service] = (),
    *,
    reload: Callable[[], object],
    started: Callable[[Sequence[Address]], None],
) -> None:
    """Serve until SIGINT or SIGTERM; SIGHUP calls `reload`. `started` is told the addresses, ports filled in."""
    asyncio.run(_run(listens, services, reload, started))


async def _run(
    listens: Sequence[Listen],
    services: Sequence[Service],
    reload: Callable[[], object],
    started: Callable[[Sequence[Address]], None],
) -> None:
    stop = asyncio.Event()
    for name, do in (("SIGINT", stop.set), ("SIGTERM", stop.set), ("SIGHUP", reload)):
        _on_signal(name, do)
    async with serving(listens, services) as addresses:
        started(addresses)
        await stop.wait()


def _on_signal(name: str, do: Callable[[], object]) -> None:
    number = getattr(signal, name, None)
    if number is None:  # Windows has no SIGHUP
        return
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(number, do)
    except NotImplementedError:  # Windows' loop
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(do))


@asynccontextmanager
async def serving(listens: Sequence[Listen], services: Sequence[Service] = ()) -> AsyncIterator[list[Address]]:
    """Listen while the context lasts; at its end let requests that are under way come to theirs."""
    sockets: list[socket.socket] = []
    servers: list[asyncio.Server] = []
    pools = [Connections(listen.application, listen.limits, listen.client_names, listen.refused) for listen in listens]
    try:
        sockets += [bind(listen.address) for listen in listens]
        servers += [await _serve(*one) for one in zip(listens, sockets, pools, strict=True)]
        addresses = [Address(*listener.getsockname()[:2]) for listener in sockets]
        for service in services:
            addresses += await service.start()
        yield addresses
    finally:
        await asyncio.gather(*(service.stop() for service in services))
        for server in servers:
            server.close()
        for listener in sockets:
            listener.close()
        await asyncio.gather(*(pool.stop() for pool in pools))


async def _serve(listen: Listen, listener: socket.socket, pool: Connections) -> asyncio.Server:
    host, port = listener.getsockname()[:2]
    base = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "scheme": "https" if listen.tls else "http",
        "root_path": "",
        "server": (host, port),
    }
    handshake_seconds = listen.limits.head_seconds if listen.tls else None
    return await asyncio.get_running_loop().create_server(
        lambda: Connection(pool, base), sock=listener, ssl=listen.tls, ssl_handshake_timeout=handshake_seconds
    )


def bind(address: Address) -> socket.socket:
    """Return a socket that listens on the address; an empty host is every interface, IPv6 and IPv4."""
    try:
        if not address.host and socket.has_dualstack_ipv6():
            return socket.create_server(
                ("", address.port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG
            )
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        return socket.create_server((address.host, address.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        cure = "; stop what listens there, or choose another address" if error.errno == errno.EADDRINUSE else ""
        raise CannotListen(f"cannot listen on {address}: {why}{cure}") from error
