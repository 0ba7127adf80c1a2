"""A small service to load: slow where there are many at once, failing where asked to."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SERVED_AT_ONCE = 8


class Target:
    """The running service: its address, how often each path was asked for, and the seconds that it takes."""

    def __init__(self, server: ThreadingHTTPServer, asked: Counter[str], pause: list[float]) -> None:
        self.pause = pause
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.asked = asked


@contextmanager
def target() -> Iterator[Target]:
    asked: Counter[str] = Counter()
    pause = [0.02]
    free = threading.Semaphore(SERVED_AT_ONCE)
    handler = type("Handler", (_Handler,), {"asked": asked, "free": free, "pause": pause})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield Target(server, asked, pause)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent on clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    asked: Counter[str]
    free: threading.Semaphore
    pause: list[float]

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        self.asked[f"{self.command} {self.path} {self.headers.get('x-told', '')} {body}".strip()] += 1
        status = 503
        if self.path == "/elsewhere":
            status = 302
        elif self.path == "/broken":
            status = 500
        elif self.free.acquire(blocking=False):
            time.sleep(self.pause[0])
            self.free.release()
            status = 200
        self.send_response(status)
        self.send_header("content-length", "0")
        if status == 302:
            self.send_header("location", "/broken")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Keep the terminal for the tests."""
