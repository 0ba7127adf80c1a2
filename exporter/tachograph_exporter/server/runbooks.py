"""The runbooks that messages of alerts link to, as plain text, from the files that are shipped with the code."""

from http import HTTPStatus
from pathlib import Path

from ..bundle import bundled
from .answer import answer
from .exchange import Application, Receive, Scope, Send
from .site import SECURITY_HEADERS, reading


def runbooks() -> dict[str, Application]:
    """Return the pages by their paths: /runbooks/ALERT, and /runbooks/ which lists them."""
    files = {path.stem: path for path in sorted(bundled("docs/runbooks").glob("*.md")) if path.stem != "README"}
    pages = {f"/runbooks/{name}": _page(path) for name, path in files.items()}
    return {"/runbooks/": _lines("".join(f"{name}\n" for name in files)), **pages}


def _page(path: Path) -> Application:
    async def page(_scope: Scope, _receive: Receive, send: Send) -> None:
        await answer(send, HTTPStatus.OK, path.read_bytes(), _TEXT, SECURITY_HEADERS)

    return reading(page)


def _lines(text: str) -> Application:
    async def page(_scope: Scope, _receive: Receive, send: Send) -> None:
        await answer(send, HTTPStatus.OK, text.encode(), _TEXT, SECURITY_HEADERS)

    return reading(page)


_TEXT = "text/plain; charset=utf-8"
