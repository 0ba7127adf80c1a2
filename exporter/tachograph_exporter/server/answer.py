"""Small helpers of the applications: reading a request, sending a whole response."""

from collections.abc import Sequence
from http import HTTPStatus

from .exchange import Scope, Send

Headers = Sequence[tuple[bytes, bytes]]


def header(scope: Scope, name: bytes) -> str:
    """Return a request's header, its repetitions joined; empty where there is none."""
    return ", ".join([value.decode("latin-1") for key, value in scope["headers"] if key == name])


async def answer(send: Send, status: HTTPStatus, body: bytes, content_type: str, headers: Headers = ()) -> None:
    """Send a whole response."""
    head = [(b"content-type", content_type.encode()), *headers]
    await send({"type": "http.response.start", "status": status.value, "headers": head})
    await send({"type": "http.response.body", "body": body})


async def answer_pieces(
    send: Send, status: HTTPStatus, pieces: Sequence[bytes], content_type: str, headers: Headers = ()
) -> None:
    """Send a whole response piece by piece, at the speed the client takes it."""
    size = str(sum(map(len, pieces))).encode()
    head = [(b"content-type", content_type.encode()), (b"content-length", size), *headers]
    await send({"type": "http.response.start", "status": status.value, "headers": head})
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def answer_text(send: Send, status: HTTPStatus, text: str, headers: Headers = ()) -> None:
    """Send a line of plain text."""
    await answer(send, status, text.encode() + b"\n", "text/plain; charset=utf-8", headers)
