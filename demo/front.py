"""The service over HTTP: what users can ask, each a POST of JSON, for who wants to load it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from openai import OpenAIError

from .service import USERS, Service

_IN_FLIGHT = 64  # more than that and newcomers are turned away
_BODY_MAX = 65536
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 502: "Bad Gateway", 503: "Service Unavailable"}

_Answer = tuple[int, Mapping[str, Any]]


class Front:
    """Listens on loopback for as long as the context lasts; connections are kept open."""

    def __init__(self, service: Service, *, port: int) -> None:
        self._port = port
        self._under_way = 0
        self._routes: dict[str, tuple[str, Callable[[int, str], Awaitable[object]]]] = {
            "/remember": ("text", service.remember),
            "/find": ("query", service.find),
            "/act": ("goal", service.act),
            "/ask": ("question", service.ask),
        }

    async def __aenter__(self) -> "Front":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=_BODY_MAX, backlog=512)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            while True:
                path, body = await _request(reader)
                status, answer = await self._answer(path, body)
                encoded = json.dumps(answer).encode()
                head = f"HTTP/1.1 {status} {_REASONS[status]}\r\ncontent-type: application/json\r\n"
                writer.write(f"{head}content-length: {len(encoded)}\r\n\r\n".encode() + encoded)
                await writer.drain()
        writer.close()

    async def _answer(self, path: str, body: bytes) -> _Answer:
        if path not in self._routes:
            return 404, {"error": f"POST to one of {', '.join(self._routes)}"}
        key, method = self._routes[path]
        try:
            asked = json.loads(body)
            user, words = int(asked.get("user", 0)) % len(USERS), str(asked[key])
        except (ValueError, KeyError, AttributeError, TypeError):
            return 400, {"error": f'send a JSON object, such as {{"user": 0, "{key}": "the budget"}}'}
        if self._under_way >= _IN_FLIGHT:
            return 503, {"error": f"{_IN_FLIGHT} requests are under way"}
        self._under_way += 1
        try:
            return 200, {"answer": await method(user, words)}
        except OpenAIError as failure:
            return 502, {"error": str(failure)}
        finally:
            self._under_way -= 1


async def _request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """Return the path and the body of the next request; ValueError for what is none."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *lines = head.split("\r\n")
    _, path, _ = line.split(" ", 2)
    headers = dict(one.lower().split(":", 1) for one in lines if ":" in one)
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= _BODY_MAX:
        raise ValueError("too long")
    return path, await reader.readexactly(length)
