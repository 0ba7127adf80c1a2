"""The receiver at the other end: posts OTLP bodies to it, says once that it is away and once that it is back."""

import gzip
import logging
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from ..settings import Target

_log = logging.getLogger("tachograph")


class Receiver:
    """One OTLP/HTTP endpoint for one signal, over one kept connection."""

    def __init__(self, target: Target, signal: str) -> None:
        self.target = target
        self.signal = signal
        self.answers: bool | None = None
        self.reason = ""
        self._connection: HTTPConnection | None = None

    def post(self, body: bytes, timeout_seconds: float) -> bool:
        """Send one body; False where it was not taken. Never raises."""
        try:
            status = self._send(body, timeout_seconds)
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            return self._note(str(error) or type(error).__name__)
        return self._note("" if status < 300 else f"HTTP status {status}")

    def close(self) -> None:
        """Close the connection; the next post opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(self, body: bytes, timeout_seconds: float) -> int:
        url = urlsplit(self.target.url)
        connection = self._connection
        if connection is None:
            kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
            connection = self._connection = kind(url.hostname or "", url.port, timeout=timeout_seconds)
        elif connection.sock is not None:
            connection.sock.settimeout(timeout_seconds)
        headers = {"Content-Type": "application/x-protobuf", **self.target.headers}
        if self.target.gzip:
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        response.read()
        return response.status

    def _note(self, reason: str) -> bool:
        answers = not reason
        if answers and self.answers is False:
            _log.warning("the receiver at %s takes %s again", self.target.url, self.signal)
        if not answers and self.answers is not False:
            _log.warning("no %s to %s: %s; the application goes on without", self.signal, self.target.url, reason)
        self.answers, self.reason = answers, reason
        return answers
