"""Pictures of every board from a running Grafana, and what is wrong on them: `make screenshots GRAFANA_URL=...`.

Opens each board in headless Chromium, dark and light, wide and narrow, with its collapsed rows opened, waits until no
panel is loading, and ends with 1 where a panel has an error or no data.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import APIRequest, Browser, Page, StorageState, sync_playwright
from playwright.sync_api import Error as Unreachable
from playwright.sync_api import TimeoutError as TooLate

BOARDS = Path(__file__).parent / "dashboards"
WIDTHS = {"wide": 1600, "narrow": 720}
THEMES = ("dark", "light")
TALL = 9000
PATIENCE_MS, LOOK_MS, CALM_LOOKS = 60_000, 700, 3
# Panels that say this are empty because nothing went wrong, or because of what this machine has or was told to watch.
BROKEN = "An unexpected error happened"
FINE = (
    "No alert is firing", "Every collector succeeds", "No model had to stand in for another", "Switched off",
    "No operation failed", "No LLM call failed", "No database call failed", "No GPU is reported",
    "No endpoint is probed", "No group is watched", "No budget is set", "No vectors were searched",
    "The kernel has no PSI", "No statement was slow", "No fault was found", "No operation ran one statement",
)  # fmt: skip
# Panels are found by what Grafana calls them for its own end-to-end tests (packages/grafana-e2e-selectors).
FOUND = """() => [...document.querySelectorAll('section[data-testid^="data-testid Panel header"]')].map(panel => ({
  title: panel.dataset.testid.replace("data-testid Panel header ", ""),
  loading: !!panel.querySelector('[aria-label="Panel loading bar"]')
    || panel.querySelector('[data-testid="data-testid panel content"]')?.childElementCount === 0,
  error: !!panel.querySelector('[data-testid="data-testid Panel status error"]'),
  text: panel.innerText,
  rowless: [...panel.querySelectorAll('[role="grid"]')].some(grid => !grid.querySelector('[role="gridcell"]')),
  bottom: panel.getBoundingClientRect().bottom + window.scrollY,
}))"""
QUIET = f"() => {{ const all = ({FOUND})(); return all.length > 0 && all.every(panel => !panel.loading) }}"


@dataclass(frozen=True)
class Shot:
    """One picture to take."""

    uid: str
    theme: str
    width: str

    @property
    def file(self) -> str:
        """The picture's file name."""
        return f"{self.uid}.{self.theme}.{self.width}.png"


@dataclass(frozen=True)
class Site:
    """The Grafana that is looked at, the time and variables chosen there, and the session of who looks."""

    url: str
    query: str
    session: StorageState


class RefusedError(Exception):
    """Grafana does not show its boards; the message says what to do."""


def shots(uids: Sequence[str], themes: Sequence[str], widths: Sequence[str]) -> Iterator[Shot]:
    """Yield every combination."""
    for uid in uids:
        yield from (Shot(uid, theme, width) for theme in themes for width in widths)


def explanations(board: dict[str, Any]) -> dict[str, str]:
    """Return what each panel says when it has no data, by its title."""
    panels = [inner for item in board["panels"] for inner in (item, *item.get("panels", [])) if inner["type"] != "row"]
    return {panel["title"]: panel["fieldConfig"]["defaults"]["noValue"] for panel in panels}


def signed_in(requests: APIRequest, url: str, uids: Sequence[str]) -> StorageState:
    """Sign in where there is a password, see that the boards can be read, and return the session's cookies."""
    user, password = os.environ.get("GRAFANA_USER", "admin"), os.environ.get("GRAFANA_PASSWORD", "")
    context = requests.new_context()
    if password and not context.post(f"{url}/login", data={"user": user, "password": password}).ok:
        raise RefusedError(f"{url} does not take the password of {user}: see GRAFANA_USER and GRAFANA_PASSWORD")
    for uid in uids:
        status = context.get(f"{url}/api/dashboards/uid/{uid}").status
        if status in {401, 403}:
            raise RefusedError(f"{url} shows its boards to nobody unknown: set GRAFANA_PASSWORD")
        if status != 200:
            raise RefusedError(f"{url} has no board {uid} ({status}): provision grafana/dashboards")
    session = context.storage_state()
    context.dispose()
    return session


def take(browser: Browser, shot: Shot, *, site: Site, output: Path) -> list[str]:
    """Save one picture and return what is wrong on it."""
    context = browser.new_context(viewport={"width": WIDTHS[shot.width], "height": TALL}, storage_state=site.session)
    page = context.new_page()
    page.goto(f"{site.url}/d/{shot.uid}?kiosk&theme={shot.theme}&{site.query}", timeout=PATIENCE_MS)
    try:
        _open_rows(page)
        _settle(page)
    except TooLate:
        return [f"{shot.file}: a panel was still loading after {PATIENCE_MS // 1000} s"]
    panels = page.evaluate(FOUND)
    height = min(TALL, int(max(panel["bottom"] for panel in panels)) + 16)
    page.screenshot(path=output / shot.file, clip={"x": 0, "y": 0, "width": WIDTHS[shot.width], "height": height})
    context.close()
    said = explanations(json.loads((BOARDS / f"{shot.uid}.json").read_text(encoding="utf-8")))
    return [f"{shot.file}: {fault}" for panel in panels for fault in _faults(panel, said)]


def _open_rows(page: Page) -> None:
    page.wait_for_function(QUIET, timeout=PATIENCE_MS)
    closed = page.locator('[aria-label="Expand row"]')
    while closed.count():
        closed.first.click()


def _settle(page: Page) -> None:
    """Wait until no panel has been loading for a while: an opened row's panel is drawn before it loads."""
    calm = 0
    for _ in range(PATIENCE_MS // LOOK_MS):
        page.wait_for_function(QUIET, timeout=PATIENCE_MS)
        page.wait_for_timeout(LOOK_MS)
        calm = calm + 1 if page.evaluate(QUIET) else 0
        if calm == CALM_LOOKS:
            return


def _faults(panel: dict[str, Any], said: dict[str, str]) -> Iterator[str]:
    title = panel["title"]
    if panel["error"] or BROKEN in panel["text"]:
        yield f"{title}: an error"
        return
    why = said.get(title, "")
    empty = why and (panel["rowless"] or why in panel["text"] or "No data" in panel["text"])
    if empty and not why.startswith(FINE):
        yield f"{title}: no data"


def main() -> int:
    """Take the pictures that were asked for; return 1 where a panel failed or there is nothing to see."""
    asked = _arguments()
    asked.output.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    url = asked.url.rstrip("/")
    with sync_playwright() as playwright:
        try:
            site = Site(url, asked.query, signed_in(playwright.request, url, asked.board))
        except RefusedError as refusal:
            sys.exit(f"Error: {refusal}")
        except Unreachable:
            sys.exit(f"Error: no Grafana answers at {url}")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for shot in shots(asked.board, asked.theme, asked.width):
            faults += take(browser, shot, site=site, output=asked.output)
        browser.close()
    sys.stdout.write("".join(f"{fault}\n" for fault in faults) or f"pictures of every board in {asked.output}\n")
    return 1 if faults else 0


def _arguments() -> argparse.Namespace:
    known = sorted(path.stem for path in BOARDS.glob("*.json"))
    parser = argparse.ArgumentParser(prog="python -m grafana.screenshots", description=__doc__)
    parser.add_argument("url", help="Grafana's address, such as http://127.0.0.1:3000; GRAFANA_PASSWORD is read")
    parser.add_argument("--output", type=Path, default=Path("build/screenshots"), help="folder for the PNGs")
    parser.add_argument("--board", nargs="*", choices=known, default=known, help="uids of boards (default: all)")
    parser.add_argument("--theme", nargs="*", choices=THEMES, default=THEMES)
    parser.add_argument("--width", nargs="*", choices=list(WIDTHS), default=list(WIDTHS))
    parser.add_argument("--query", default=urlencode({"from": "now-1h", "to": "now"}), help="time and variables")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
