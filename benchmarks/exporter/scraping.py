"""A scraper like Prometheus: one kept connection, its headers, the body read to its end."""

import socket
import time
from dataclasses import dataclass

# What Prometheus 2.53 sends.
ACCEPT = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@dataclass(frozen=True, slots=True)
class Scrape:
    """How long it took, and what came, as it came."""

    seconds: float
    body: bytes


class Scraper:
    """Scrapes one port of this machine; `encoding` is empty to get the body as it is."""

    def __init__(self, port: int, *, path: str = "/metrics", encoding: str = "gzip") -> None:
        self._port = port
        accept_encoding = f"Accept-Encoding: {encoding}\r\n" if encoding else ""
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Prometheus/2.53.0\r\n"
            f"Accept: {ACCEPT}\r\n{accept_encoding}X-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n"
        ).encode()
        self._socket: socket.socket | None = None

    def scrape(self) -> Scrape:
        """Scrape once; raise OSError where nothing listens."""
        start = time.perf_counter()
        connection = self._connection()
        connection.sendall(self._request)
        body, keep = _read(connection)
        seconds = time.perf_counter() - start
        if not keep:
            self.close()
        return Scrape(seconds, body)

    def close(self) -> None:
        """Close the connection."""
        if self._socket:
            self._socket.close()
            self._socket = None

    def _connection(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket


def _read(connection: socket.socket) -> tuple[bytes, bool]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _receive(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    if b" 200 " not in lines[0]:
        raise RuntimeError(lines[0].decode())
    headers = dict(line.split(b": ", 1) for line in lines[1:])
    keep = headers.get(b"connection") != b"close" and not lines[0].startswith(b"http/1.0")
    if b"content-length" in headers:
        size = int(headers[b"content-length"])
        while len(body) < size:
            body += _receive(connection)
    elif headers.get(b"transfer-encoding") == b"chunked":
        while not body.endswith(b"0\r\n\r\n"):
            body += _receive(connection)
    else:
        while piece := connection.recv(1 << 16):
            body += piece
        keep = False
    return body, keep


def _receive(connection: socket.socket) -> bytes:
    piece = connection.recv(1 << 18)
    if not piece:
        raise ConnectionError("the connection was closed in the middle of an answer")
    return piece
