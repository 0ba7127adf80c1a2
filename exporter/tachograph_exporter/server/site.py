"""What is found at which path of the web listener."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from .answer import answer_text
from .exchange import Application, Receive, Scope, Send

SECURITY_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


class Site:
    """Hands each request to the page at its path."""

    def __init__(self, pages: Mapping[str, Application]) -> None:
        self._pages = dict(pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; 404 where there is no page."""
        page = self._pages.get(scope["path"])
        if page is None:
            await answer_text(send, HTTPStatus.NOT_FOUND, "not found")
            return
        await page(scope, receive, send)


def reading(page: Application) -> Application:
    """Let a page be asked for with GET and HEAD only."""
    return _only(("GET", "HEAD"), page)


def _only(methods: tuple[str, ...], page: Application) -> Application:
    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in methods:
            await page(scope, receive, send)
            return
        allow = [(b"allow", ", ".join(methods).encode())]
        await answer_text(send, HTTPStatus.METHOD_NOT_ALLOWED, f"use {' or '.join(methods)}", allow)

    return guarded


def text(line: str) -> Application:
    """Return a page of one line."""

    async def page(_scope: Scope, _receive: Receive, send: Send) -> None:
        await answer_text(send, HTTPStatus.OK, line)

    return reading(page)


def action(do: Callable[[], str]) -> Application:
    """Return a page that does something when posted to; what `do` returns is the error, empty for none."""

    async def page(_scope: Scope, _receive: Receive, send: Send) -> None:
        error = do()
        await answer_text(send, HTTPStatus.INTERNAL_SERVER_ERROR if error else HTTPStatus.OK, error or "done")

    return _only(("POST", "PUT"), page)
