"""HTTP and HTTPS servers for the probes to try."""

import contextlib
import http.server
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Endpoint:
    """A server that is up: where it is, and the certificate authority that vouches for it."""

    url: str
    authority: Path | None = None


_HEAD = b"HTTP/1.1 200 OK\r\nX-Stored-Content-Length: 99\r\n"
_RAW = {
    "/drip": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nwe \r\n2\r\nup\r\n0\r\n\r\n",
    "/announced": b"HTTP/1.1 103 Early Hints\r\n\r\n" + _HEAD + b"Content-Length: 5\r\n\r\nwe up",
    "/to-the-end": _HEAD + b"\r\nwe up",
    "/cut": _HEAD + b"Content-Length: 50\r\n\r\nwe up",
    "/cut-chunks": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nwe ",
    "/no-http": b"SSH-2.0-OpenSSH_9.2\r\n",
}


class _Answers(http.server.BaseHTTPRequestHandler):
    """Answers /ok with 200, /missing with 404, some in other ways, and /silent never."""

    protocol_version = "HTTP/1.1"
    silence = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/silent":
            self.silence.wait(30)
        elif self.path in _RAW:
            self.wfile.write(_RAW[self.path])
            self.close_connection = True
        else:
            self.send_response(200 if self.path == "/ok" else 404)
            self.send_header("Content-Length", "7")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(b"we work")

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class says so
        pass


@contextlib.contextmanager
def endpoint(folder: Path | None = None) -> Iterator[Endpoint]:
    """Serve HTTP on a free port of loopback, or HTTPS where a folder for the authority's certificate is given."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.daemon_threads = True
    port = server.server_address[1]
    found = Endpoint(f"http://127.0.0.1:{port}")
    if folder is not None:
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        authority.cert_pem.write_to_path(str(folder / "authority.pem"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        found = Endpoint(f"https://localhost:{port}", folder / "authority.pem")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield found
    finally:
        _Answers.silence.set()
        server.shutdown()
        server.server_close()
        thread.join()
        _Answers.silence.clear()
