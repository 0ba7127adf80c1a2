"""Makes one attempt at an endpoint, and times its phases."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Iterator

from .certificate import not_after
from .probe_answer import Answer, BadAnswer
from .probe_target import Attempt, Target

_READ_BYTES = 1 << 16


class Failed(Exception):  # noqa: N818 - the word of the metric
    """An attempt failed; the message is the reason that the metric shows."""


async def attempt(target: Target) -> Attempt:
    """Try a target once; never raises for anything that the other side does."""
    done = Attempt(time.time())
    try:
        async with asyncio.timeout(target.timeout):
            await _tried(target, done)
    except TimeoutError:
        done.failure = "timeout"
    except Failed as failed:
        done.failure = str(failed)
    except (OSError, ValueError):
        done.failure = "protocol"
    return done


async def _tried(target: Target, done: Attempt) -> None:
    connection = await _connected(target, done)
    try:
        reader, writer = await _opened(target, done, connection)
    except BaseException:
        connection.close()
        raise
    try:
        if target.address.scheme != "tcp":
            await _requested(target, done, reader, writer)
    finally:
        writer.transport.abort()


async def _connected(target: Target, done: Attempt) -> socket.socket:
    loop = asyncio.get_running_loop()
    with _phase(done, "resolve"):
        try:
            found = await loop.getaddrinfo(target.address.hostname, target.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Failed("resolve") from error
    with _phase(done, "connect"):
        for family, kind, protocol, _, address in found:
            connection = socket.socket(family, kind, protocol)
            connection.setblocking(False)  # noqa: FBT003 - the name says which
            try:
                await loop.sock_connect(connection, address)
            except OSError:
                connection.close()
            except BaseException:
                connection.close()
                raise
            else:
                return connection
    raise Failed("connect")


async def _opened(
    target: Target, done: Attempt, connection: socket.socket
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if target.address.scheme != "https":
        return await asyncio.open_connection(sock=connection)
    with _phase(done, "tls"):
        try:
            context = ssl.create_default_context(cafile=target.ca_file or None)
            if not target.verify:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            streams = await asyncio.open_connection(
                sock=connection, ssl=context, server_hostname=target.address.hostname
            )
        except OSError as error:
            raise Failed("tls") from error
    certificate = streams[1].get_extra_info("ssl_object").getpeercert(binary_form=True)
    done.expiry = not_after(certificate) if certificate else None
    return streams


async def _requested(target: Target, done: Attempt, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    answer = Answer(bodiless=target.method == "HEAD")
    try:
        with _phase(done, "processing"):
            writer.write(_request(target))
            await writer.drain()
            answer.feed(await reader.read(_READ_BYTES))
        with _phase(done, "transfer"):
            while not answer.complete:
                answer.feed(await reader.read(_READ_BYTES))
    except BadAnswer as bad:
        raise Failed("protocol") from bad
    done.status = answer.status
    if not (done.status in target.status if target.status else 200 <= done.status < 400):
        raise Failed("status")
    if target.body and not target.body.search(answer.body.decode(errors="replace")):
        raise Failed("body")


def _request(target: Target) -> bytes:
    parts = target.address
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Host": parts.netloc.rpartition("@")[2],
        "User-Agent": "tachograph",
        "Accept": "*/*",
        "Connection": "close",
        **target.headers,
    }
    lines = [f"{target.method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


@contextlib.contextmanager
def _phase(done: Attempt, name: str) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        done.phases[name] = time.perf_counter() - began
