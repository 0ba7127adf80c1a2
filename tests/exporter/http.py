"""Servers of the tests in this folder: an application served on loopback, in a loop of a thread of its own."""

import asyncio
import http.client
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tachograph_exporter.address import Address
from tachograph_exporter.server.listener import Listen, serving


@dataclass(frozen=True)
class Answer:
    """A response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(
    address: Address,
    path: str = "/",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Send one request and return its response, header names in lower case."""
    timeout = 20
    connection: http.client.HTTPConnection
    if tls:
        connection = http.client.HTTPSConnection(address.host, address.port, timeout=timeout, context=tls)
    else:
        connection = http.client.HTTPConnection(address.host, address.port, timeout=timeout)
    try:
        connection.request(method, path, headers=dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


@contextmanager
def served(*listens: Listen) -> Iterator[list[Address]]:
    """Serve in a thread; give the addresses, in their order."""
    addresses: list[Address] = []
    ready, loops = threading.Event(), []

    async def run() -> None:
        stop = asyncio.Event()
        loops.append((asyncio.get_running_loop(), stop))
        async with serving(listens) as found:
            addresses.extend(found)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        if not ready.wait(10):
            raise RuntimeError("the server did not start")
        yield addresses
    finally:
        for loop, stop in loops:
            loop.call_soon_threadsafe(stop.set)
        thread.join()
