"""The relay: takes Alertmanager's webhook, signs it for whoever acts upon it, and shows it on the desktop."""

import hashlib
import hmac
import json
import logging
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

logger = logging.getLogger(__name__)

TIMESTAMP = "X-Tachograph-Timestamp"
SIGNATURE = "X-Tachograph-Signature"
BODY_MAX_BYTES = 4 << 20
_TIMEOUT_SECONDS = 10
_URGENCY = {"critical": "critical", "warning": "normal"}

# Does something with a message; what it returns is what went wrong, empty for nothing.
Action = Callable[[bytes], str]


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return the signature of a message: HMAC-SHA256 over `timestamp.body`, in hexadecimal."""
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def forwarding(url: str, secret: bytes) -> Action:
    """Return an action that posts a message to a URL with a time and a signature."""

    def forward(body: bytes) -> str:
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP: timestamp,
            SIGNATURE: signature(secret, timestamp, body),
        }
        try:
            request = urllib.request.Request(url, body, headers)  # noqa: S310 - the user's URL
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310 - the user's URL
                return ""
        except urllib.error.HTTPError as error:
            error.close()
            return f"the action's address answered {error.code}"
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            return f"the action's address does not answer: {getattr(error, 'reason', error)}"

    return forward


def notifying(command: str = "notify-send") -> Action:
    """Return an action that shows a message on the desktop."""

    def notify(body: bytes) -> str:
        try:
            subprocess.run([command, *_words(json.loads(body))], check=True, capture_output=True, timeout=10)  # noqa: S603 - no shell
        except (OSError, subprocess.SubprocessError) as error:
            return f"{command}: {error}"
        return ""

    return notify


def _words(message: Mapping[str, Any]) -> list[str]:
    """Return notify-send's arguments for a message."""
    labels = message.get("commonLabels", {})
    title = f"{message['status'].upper()}: {labels.get('alertname', 'alerts')}"
    texts = [alert["annotations"].get("summary", "") for alert in message["alerts"]]
    urgency = _URGENCY.get(labels.get("severity", ""), "low") if message["status"] == "firing" else "low"
    return ["--app-name=Tachograph", f"--urgency={urgency}", "--", title, "\n".join(filter(None, texts[:5]))]


class Relay:
    """An HTTP server for Alertmanager's webhook; 502 makes Alertmanager try again."""

    def __init__(self, host: str, port: int, actions: tuple[Action, ...]) -> None:
        handler = type("Handler", (_Handler,), {"actions": actions})
        self._server = ThreadingHTTPServer((host, port), handler)
        self.port: int = self._server.server_address[1]

    def run(self) -> None:
        """Serve until `stop` is called from another thread."""
        self._server.serve_forever(poll_interval=0.2)

    def stop(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    actions: tuple[Action, ...]
    timeout = _TIMEOUT_SECONDS

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > BODY_MAX_BYTES:
            self._answer(413 if length.isdigit() else 411, "send a body of known length")
            return
        body = self.rfile.read(int(length))
        if not _is_message(body):
            self._answer(400, "not a message of Alertmanager")
            return
        wrong = [error for error in (action(body) for action in self.actions) if error]
        for error in wrong:
            logger.warning("%s", error)
        self._answer(502 if wrong else 200, "; ".join(wrong) or "done")

    def _answer(self, status: int, text: str) -> None:
        body = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Log nothing of each request; errors have their own line."""


def _is_message(body: bytes) -> bool:
    try:
        message = json.loads(body)
        return message["status"] in ("firing", "resolved") and all(
            isinstance(alert["annotations"], dict) and isinstance(alert["labels"], dict) for alert in message["alerts"]
        )
    except (ValueError, KeyError, TypeError):
        return False
