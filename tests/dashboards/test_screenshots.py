"""Who takes the pictures signs in first, is told why nothing is shown, and sees which panels have no data.

Grafana itself is in no package registry; what answers here has its paths, its session and its marks on panels alone.
"""

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from .boards import CHECKOUT

PASSWORD = "geheim"
PANEL = '<section data-testid="data-testid Panel header {}"><h2>{}</h2>{}</section>'
TABLE = '<div role="grid"><div role="row">Cache</div>{}</div>'
ROW = '<div role="row"><div role="gridcell">sessions</div></div>'
PAGE = "<html><body>" + PANEL.format("Hits", "Hits", "{}") + PANEL.format("Caches", "Caches", TABLE)
EMPTY = "No cache was used in this time"
FAULT = "tachograph-cache.dark.wide.png: {}: no data"


class Grafana(http.server.BaseHTTPRequestHandler):
    """Signs in who knows the password, and shows a board with two panels to them alone."""

    said = ("88 %", ROW)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = self.path == "/login" and asked == {"user": "admin", "password": PASSWORD}
        self._answer(200 if known else 401, "{}", session="grafana_session=1; Path=/" if known else "")

    def do_GET(self) -> None:
        known = "grafana_session=1" in self.headers.get("Cookie", "")
        self._answer(200 if known else 401, PAGE.format(*self.said))

    def _answer(self, status: int, body: str, *, session: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        if session:
            self.send_header("Set-Cookie", session)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Grafana)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def pictures(url: str, folder: Path, password: str) -> tuple[int, str]:
    argv = [sys.executable, "-m", "grafana.screenshots", url, "--output", str(folder), "--board", "tachograph-cache"]
    argv += ["--theme", "dark", "--width", "wide"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GRAFANA_PASSWORD": password}
    done = subprocess.run(argv, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (("88 %", ROW), (0, "pictures of every board in {}")),
        ((EMPTY, ""), (1, f"{FAULT.format('Hits')}\n{FAULT.format('Caches')}")),
    ],
    ids=["with data", "without data"],
)
def test_a_picture_is_taken_by_who_signed_in_and_an_empty_panel_is_a_fault(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: tuple[str, str], outcome: tuple[int, str]
) -> None:
    monkeypatch.setattr(Grafana, "said", said)
    code, told = outcome
    assert pictures(url, tmp_path, PASSWORD) == (code, told.format(tmp_path))
    assert (tmp_path / "tachograph-cache.dark.wide.png").read_bytes()[1:4] == b"PNG"


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("wrong", "does not take the password of admin: see GRAFANA_USER and GRAFANA_PASSWORD"),
        ("", "shows its boards to nobody unknown: set GRAFANA_PASSWORD"),
    ],
    ids=["wrong", "none"],
)
def test_without_the_password_it_says_so_and_does_not_wait(url: str, tmp_path: Path, password: str, told: str) -> None:
    assert pictures(url, tmp_path, password) == (1, f"Error: {url} {told}")
