"""The provider's HTTP server: a thread a connection, the routes, the delays, and the control."""

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from . import replies
from .conduct import Conduct

_FIRST_WORD_SECONDS = 0.18
_WORD_SECONDS = 0.012
_EMBEDDING_SECONDS = 0.025
_THROTTLED_EVERY = 60  # so often a call is told to come back in a moment, as a busy provider does


class Provider:
    """A provider on a port of its own on loopback (0: a free one), until `close`."""

    def __init__(self, conduct: Conduct, *, port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"conduct": conduct, "calls": count(1)})
        self._server = _Server(("127.0.0.1", port), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="provider", daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent on a client that went away: the demo stops while answers are under way."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    conduct: Conduct
    calls: "count[int]"

    def do_GET(self) -> None:
        routes: dict[str, Callable[[], Mapping[str, Any]]] = {
            "/v1/models": replies.models,
            "/control": lambda: asdict(self.conduct.settings),
        }
        route = routes.get(self.path)
        self._answer(200, route()) if route else self._unknown()

    def do_PUT(self) -> None:
        body = self._body()
        if self.path != "/control":
            self._unknown()
        elif not isinstance(body, dict):
            self._answer(400, {"error": 'send a JSON object, such as {"slow_seconds": 6}'})
        else:
            try:
                self._answer(200, asdict(self.conduct.change(body)))
            except ValueError as wrong:
                self._answer(400, {"error": str(wrong)})

    def do_POST(self) -> None:
        route = {"/v1/chat/completions": self._chat, "/v1/embeddings": self._embed}.get(self.path)
        body = self._body()
        if route is None:
            self._unknown()
        elif not isinstance(body, dict) or "model" not in body:
            self._answer(400, replies.error("invalid_request_error", "you must provide a model parameter"))
        elif not self._refused(str(body["model"])):
            route(body)

    def _refused(self, model: str) -> bool:
        if self.conduct.fails():
            limited = random.random() < 0.5
            kind = "insufficient_quota" if limited else "server_error"
            # the header keeps the SDK from trying again, so the ratio asked for is the ratio of failed calls
            self._answer(429 if limited else 500, replies.error(kind, "asked for"), {"x-should-retry": "false"})
            return True
        if self.conduct.overloads(model):
            self._answer(503, replies.error("overloaded", "try another model"), {"x-should-retry": "false"})
            return True
        if next(self.calls) % _THROTTLED_EVERY == 0:
            self._answer(429, replies.error("rate_limit_exceeded", "slow down"), {"retry-after-ms": "150"})
            return True
        return False

    def _embed(self, body: dict[str, Any]) -> None:
        time.sleep(_EMBEDDING_SECONDS * random.uniform(0.7, 1.8))
        self._answer(200, replies.embeddings(body))

    def _chat(self, body: dict[str, Any]) -> None:
        words = random.randint(16, 40)
        time.sleep(self.conduct.settings.slow_seconds + _FIRST_WORD_SECONDS * random.lognormvariate(0, 0.4))
        if body.get("stream"):
            self._stream(body, words)
        else:
            time.sleep(words * _WORD_SECONDS)
            self._answer(200, replies.completion(body, words))

    def _stream(self, body: dict[str, Any], words: int) -> None:
        self._begin(200, {"content-type": "text/event-stream; charset=utf-8", "transfer-encoding": "chunked"})
        for chunk in replies.chunks(body, words):
            self._event(json.dumps(chunk))
            time.sleep(_WORD_SECONDS)
        self._event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, data: str) -> None:
        event = f"data: {data}\n\n".encode()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))

    def _body(self) -> object:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            return json.loads(body)
        except ValueError:
            return None

    def _answer(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        encoded = json.dumps(body).encode()
        lengths = {"content-type": "application/json", "content-length": str(len(encoded))}
        self._begin(status, lengths | dict(headers or {}))
        self.wfile.write(encoded)

    def _begin(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("x-request-id", f"req_{random.getrandbits(64):016x}")
        self.send_header("x-ratelimit-limit-requests", "500")
        self.send_header("x-ratelimit-remaining-requests", str(random.randint(380, 499)))
        self.send_header("x-ratelimit-remaining-tokens", str(random.randint(120_000, 199_000)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _unknown(self) -> None:
        self._answer(404, replies.error("invalid_request_error", f"Invalid URL ({self.command} {self.path})"))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Keep the terminal for what the user wants to read."""
