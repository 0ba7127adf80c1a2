"""A WSGI and an ASGI application that measure each request and answer with the number of their process."""

import os
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import tachograph

tachograph.setup(service_name="web")


@tachograph.operation("work")
def work() -> bytes:
    """Take a moment, so that requests that come together go to several processes."""
    time.sleep(0.005)
    return str(os.getpid()).encode()


def wsgi(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = work()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


async def asgi(
    scope: dict[str, Any],
    _receive: Callable[[], Awaitable[Any]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] != "http":
        raise NotImplementedError
    body = work()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
