"""The page's files, as they lie beside this module: nothing is loaded from elsewhere, nothing inline is run."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from ..server.answer import answer, header
from ..server.compression import compress
from ..server.exchange import Application, Receive, Scope, Send
from ..server.negotiation import accepts_gzip
from ..server.site import reading

_ASSETS = Path(__file__).resolve().parent / "assets"
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none';"
    b" form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-cache"),
    (b"vary", b"accept-encoding"),
)
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def page(metrics: str) -> dict[str, Application]:
    """Return the page and its files by their paths; `metrics` is where its footer links for the metrics."""
    files = {f"/static/{path.name}": path for path in sorted(_ASSETS.iterdir()) if path.suffix in _TYPES}
    replaced = {b"{{metrics}}": metrics.encode()}
    return {"/": _file(_ASSETS / "page.html", replaced), **{where: _file(path) for where, path in files.items()}}


def _file(path: Path, replaced: Mapping[bytes, bytes] | None = None) -> Application:
    async def send_file(scope: Scope, _receive: Receive, send: Send) -> None:
        body, headers = path.read_bytes(), list(HEADERS)
        for what, by in (replaced or {}).items():
            body = body.replace(what, by)
        if accepts_gzip(header(scope, b"accept-encoding")):
            body = compress((body,))
            headers.append((b"content-encoding", b"gzip"))
        await answer(send, HTTPStatus.OK, body, _TYPES[path.suffix], headers)

    return reading(send_file)
