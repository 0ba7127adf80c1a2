"""The receiver at the other end: posts OTLP bodies to it, says once that it is away and once that it is back."""

import logging
import zlib
from types import ModuleType
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from ..settings import Target

if TYPE_CHECKING:
    from http.client import HTTPConnection

_log = logging.getLogger("tachograph")
# What OTLP/HTTP says to send again (opentelemetry.io/docs/specs/otlp, "Failures").
_AGAIN = frozenset((429, 502, 503, 504))

Answer = Literal["taken", "again", "refused"]


class Outage:
    """Which signals find no taker at the moment: one line in the log when the first does not, one when all do again."""

    def __init__(self) -> None:
        self._signals: set[str] = set()

    def note(self, receiver: "Receiver", reason: str) -> None:
        """Take note of how a post ended: a reason, or none where it was taken."""
        before = bool(self._signals)
        if reason:
            self._signals.add(receiver.signal)
        else:
            self._signals.discard(receiver.signal)
        if self._signals and not before:
            _log.warning("no %s to %s: %s; the application goes on", receiver.signal, receiver.target.url, reason)
        elif before and not self._signals:
            _log.warning("the receiver at %s takes telemetry again", receiver.target.url)


class Receiver:
    """One OTLP/HTTP endpoint for one signal, over one kept connection."""

    def __init__(self, target: Target, signal: str, outage: Outage) -> None:
        self.target = target
        self.signal = signal
        self.answers: bool | None = None
        self.reason = ""
        self._outage = outage
        self._url = urlsplit(target.url)
        self._client = _client()
        self._connection: HTTPConnection | None = None

    def post(self, body: bytes, timeout_seconds: float) -> Answer:
        """Send one body; never raises."""
        try:
            status = self._send(body, timeout_seconds)
        except (OSError, self._client.HTTPException, ValueError) as error:
            self.close()
            self._note(str(error) or type(error).__name__)
            return "again"
        self._note("" if status < 300 else f"HTTP status {status}")
        if status < 300:
            return "taken"
        return "again" if status in _AGAIN else "refused"

    def close(self) -> None:
        """Close the connection; the next post opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _send(self, body: bytes, timeout_seconds: float) -> int:
        headers = {"Content-Type": "application/x-protobuf", **self.target.headers}
        if self.target.gzip:
            body = zlib.compress(body, 1, wbits=31)
            headers["Content-Encoding"] = "gzip"
        url = self._url
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection = self._connected(timeout_seconds)
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        response.read()
        return response.status

    def _connected(self, timeout_seconds: float) -> "HTTPConnection":
        connection = self._connection
        if connection is None:
            connection = self._connection = self._new_connection(timeout_seconds)
        elif connection.sock is not None:
            connection.sock.settimeout(timeout_seconds)
        return connection

    def _new_connection(self, timeout_seconds: float) -> "HTTPConnection":
        client, url, target = self._client, self._url, self.target
        host = url.hostname or ""
        if url.scheme != "https":
            connection: HTTPConnection = client.HTTPConnection(host, url.port, timeout=timeout_seconds)
            return connection
        context = client.ssl.create_default_context(cafile=target.certificate)
        if target.client_certificate is not None:
            context.load_cert_chain(target.client_certificate, target.client_key)
        secure: HTTPConnection = client.HTTPSConnection(host, url.port, timeout=timeout_seconds, context=context)
        return secure

    def _note(self, reason: str) -> None:
        self.answers, self.reason = not reason, reason
        self._outage.note(self, reason)


def _client() -> ModuleType:
    """Import all that a request takes, when telemetry is set up.

    Not in the background, where a fork would leave the lock of a half-imported module to the child; and not with
    tachograph, whose import is to be cheap.
    """
    import encodings.idna  # noqa: F401, PLC0415 - what connecting to a host by name imports
    import http.client  # noqa: PLC0415

    return http.client
