"""The HTTP/1.1 front, over real sockets: what it serves, and what no client can do to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httptools
import pytest

from tachograph_exporter.address import Address
from tachograph_exporter.server.exchange import Application, Receive, Scope, Send
from tachograph_exporter.server.limits import Limits
from tachograph_exporter.server.listener import Listen, serving

SHORT = Limits(head_seconds=0.1, body_seconds=0.1, idle_seconds=0.1, write_seconds=0.2, stop_seconds=0.2)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what was asked; a path of digits takes that many messages for the body."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    if scope["path"] == "/raise":
        raise RuntimeError("as asked")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for number in range(int(scope["path"][1:]) if scope["path"][1:].isdigit() else 0):
        await send({"type": "http.response.body", "body": b"%d;" % number, "more_body": True})
    line = f"{scope['method']} {scope['path']} {scope['query_string'].decode()}|".encode()
    await send({"type": "http.response.body", "body": line + body})


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answers(self, request: bytes) -> bytes:
        """Send, and return all that comes until the server closes."""
        self.writer.write(request)
        return await self.reader.read()

    async def until(self, end: bytes) -> bytes:
        return await self.reader.readuntil(end)


Connect = Callable[[], Awaitable[Client]]


@asynccontextmanager
async def server(application: Application = echo, limits: Limits | None = None) -> AsyncIterator[Connect]:
    clients: list[Client] = []
    listen = Listen(application, Address("127.0.0.1", 0), limits=limits or Limits())
    async with serving([listen]) as (address,):

        async def connect() -> Client:
            client = Client(*await asyncio.open_connection(address.host, address.port))
            clients.append(client)
            return client

        yield connect
    for client in clients:
        client.writer.close()


def get(path: str = "/", *headers: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "host: x", *headers, "", "")).encode()


LAST = "connection: close"


def exchange(request: bytes, limits: Limits | None = None) -> bytes:
    """Return what a server answers to bytes, up to its closing the connection."""

    async def run() -> bytes:
        async with server(limits=limits) as connect:
            return await (await connect()).answers(request)

    return asyncio.run(run())


class Responses:
    """Reads the responses in a stream of bytes: status, headers that matter here, body."""

    def __init__(self) -> None:
        self.found: list[tuple[int, list[str], bytes]] = []
        self._headers: list[str] = []
        self._body = b""
        self._parser = httptools.HttpResponseParser(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name in (b"connection", b"transfer-encoding", b"allow"):
            self._headers.append(f"{name.decode()}: {value.decode()}")

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        self.found.append((self._parser.get_status_code(), self._headers, self._body))
        self._headers, self._body = [], b""

    def feed(self, data: bytes) -> None:
        self._parser.feed_data(data)


def responses(data: bytes) -> list[tuple[int, list[str], bytes]]:
    parser = Responses()
    parser.feed(data)
    return parser.found


CHUNKED = b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("request_bytes", "body"),
    [
        (get("/a%20b?c=%20d", LAST), b"GET /a b c=%20d|"),
        (b"POST /x HTTP/1.1\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello", b"POST /x |hello"),
        (b"POST /x HTTP/1.1\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n" + CHUNKED, b"POST /x |hello"),
        (b"GET / HTTP/1.0\r\n\r\n", b"GET / |"),
        (get("/", "upgrade: h2c", "connection: upgrade"), b"GET / |"),
    ],
)
def test_a_request_reaches_the_application_and_its_answer_the_client(request_bytes: bytes, body: bytes) -> None:
    assert responses(exchange(request_bytes)) == [(200, ["connection: close"], body)]


def test_requests_sent_at_once_are_answered_in_their_order() -> None:
    answers = responses(exchange(get("/1") + get("/") + get("/2", LAST)))
    assert answers == [
        (200, ["transfer-encoding: chunked"], b"0;GET /1 |"),
        (200, [], b"GET / |"),
        (200, ["connection: close", "transfer-encoding: chunked"], b"0;1;GET /2 |"),
    ]


def test_the_answer_to_head_has_the_length_and_no_body() -> None:
    head, end, body = exchange(b"HEAD / HTTP/1.1\r\nconnection: close\r\n\r\n").partition(b"\r\n\r\n")
    assert (b"content-length: 8" in head, end + body) == (True, b"\r\n\r\n")


def test_to_http_1_0_the_end_of_a_stream_is_the_end_of_the_connection() -> None:
    assert exchange(b"GET /2 HTTP/1.0\r\nconnection: keep-alive\r\n\r\n").endswith(b"\r\n\r\n0;1;GET /2 |")


def test_a_client_that_expects_it_is_told_to_go_on() -> None:
    async def run() -> list[bytes]:
        async with server() as connect:
            client = await connect()
            client.writer.write(b"POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
            interim = await client.until(b"\r\n\r\n")
            client.writer.write(b"hi")
            return [interim, await client.until(b"|hi")]

    interim, answer = asyncio.run(run())
    assert (interim, answer.startswith(b"HTTP/1.1 200 OK")) == (b"HTTP/1.1 100 Continue\r\n\r\n", True)


def test_a_client_that_says_no_more_still_gets_its_answer() -> None:
    async def run() -> bytes:
        async with server() as connect:
            client = await connect()
            client.writer.write(get())
            client.writer.write_eof()
            return await client.reader.read()

    assert responses(asyncio.run(run())) == [(200, [], b"GET / |")]


def test_an_application_that_fails_costs_its_own_request(caplog: pytest.LogCaptureFixture) -> None:
    answers = responses(exchange(get("/raise")))
    assert answers == [(500, ["connection: close"], b"internal error; see the exporter's log\n")]
    assert caplog.messages == ["GET /raise failed"]


def test_an_answer_before_the_end_of_the_request_reaches_the_client() -> None:
    async def refuse(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b"too long"})

    async def run() -> bytes:
        async with server(refuse) as connect:
            client = await connect()
            client.writer.write(b"POST / HTTP/1.1\r\ncontent-length: 9000000\r\n\r\n" + b"x" * 1_000_000)
            return await client.reader.read()

    assert responses(asyncio.run(run()))[0][::2] == (413, b"too long")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"\x16\x03\x01\x02\x00", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (get("/", "content-length: x"), 400),
        (b"POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", 400),
        (get("/%ff/" + "\xff"), 400),
        (get("/", "x: " + "y" * 70_000), 431),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000, 431),
        (b"GET / HTTP/1.1\r\n", 408),
    ],
)
def test_what_is_no_request_is_refused(request_bytes: bytes, status: int) -> None:
    ((answered, headers, _body),) = responses(exchange(request_bytes, SHORT))
    assert (answered, headers) == (status, ["connection: close"])


def test_a_client_that_says_nothing_is_left() -> None:
    assert exchange(b"", SHORT) == b""


def test_a_client_that_stops_in_the_middle_of_its_body_is_told_so() -> None:
    request_bytes = b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf"
    assert responses(exchange(request_bytes, SHORT)) == [
        (408, ["connection: close"], b"the request's body took too long\n")
    ]


def test_an_idle_connection_is_kept_for_a_while_and_then_closed() -> None:
    async def run() -> list[bytes]:
        async with server(limits=SHORT) as connect:
            client = await connect()
            answers = []
            for _ in range(2):
                client.writer.write(get())
                answers.append(await client.until(b"|"))
                await asyncio.sleep(0)
            return [*answers, await client.reader.read()]

    first, second, rest = asyncio.run(run())
    assert (first == second, rest) == (True, b"")


def test_a_client_that_does_not_read_is_left() -> None:
    gone = asyncio.Event()

    async def pour(_scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not gone.is_set():
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
            if (await asyncio.wait({asyncio.ensure_future(receive_disconnect(receive))}, timeout=0))[0]:
                gone.set()

    async def receive_disconnect(receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def run() -> bool:
        async with server(pour, SHORT) as connect:
            client = await connect()
            client.writer.transport.pause_reading()  # type: ignore[attr-defined] # asyncio's own transport has it
            client.writer.write(get())
            return await asyncio.wait_for(gone.wait(), 5)

    assert asyncio.run(run())


def test_half_open_connections_keep_nobody_out() -> None:
    async def run() -> bytes:
        async with server(limits=Limits(connections=10)) as connect:
            for _ in range(30):
                (await connect()).writer.write(b"GET / HTTP/1.1\r\n")
            return await (await connect()).answers(get("/", LAST))

    assert responses(asyncio.run(run())) == [(200, ["connection: close"], b"GET / |")]


def test_a_stop_waits_for_the_request_under_way_and_for_no_idle_connection() -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        asked.set()
        await go_on.wait()
        await echo(scope, receive, send)

    async def run() -> tuple[bytes, bytes]:
        async with server(slow) as connect:
            busy, idle = await connect(), await connect()
            busy.writer.write(get())
            await asked.wait()
            asyncio.get_running_loop().call_later(0.01, go_on.set)
        return await busy.reader.read(), await idle.reader.read()

    busy, idle = asyncio.run(run())
    assert (responses(busy)[0][2], idle) == (b"GET / |", b"")


def test_a_stop_does_not_wait_for_ever() -> None:
    asked = asyncio.Event()

    async def stuck(_scope: Scope, _receive: Receive, _send: Send) -> None:
        asked.set()
        await asyncio.Event().wait()

    async def run() -> bytes:
        async with server(stuck, SHORT) as connect:
            client = await connect()
            client.writer.write(get())
            await asked.wait()
        return await client.reader.read()

    assert asyncio.run(run()) == b""
