"""A report in its formats: hostile names stay names, and the page is whole, in Chromium and on paper."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, sync_playwright

from tachograph_exporter.report.formats import FORMATS
from tachograph_exporter.report.markdown import escaped
from tachograph_exporter.report.report import Report
from tachograph_exporter.report.table import columns
from tests.fixtures.accessibility import barriers
from tests.fixtures.past import HOSTILE
from tests.fixtures.process import command

SHOWN = HOSTILE.replace("\u202e", "\\u202e")


class Elements(HTMLParser):
    """The elements, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_html_is_one_file_without_script_in_which_names_are_text(bad: Report) -> None:
    page = FORMATS["html"](bad)
    elements = Elements(page)
    assert SHOWN in elements.texts
    assert elements.tags & {"script", "img", "link", "iframe", "object", "a"} == set()
    assert [name for name in elements.attributes if name.startswith("on") or name in ("src", "href")] == []
    assert re.findall(r"url\(|@import|https?://(?!127[.]0[.]0[.]1)", page) == []


def test_markdown_shows_names_as_they_are(bad: Report) -> None:
    tokens = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").parse(FORMATS["markdown"](bad))
    inline = [child for token in tokens for child in token.children or ()]
    kinds = {child.type for child in inline}
    texts = "".join(child.content for child in inline)
    assert SHOWN in texts
    assert kinds & {"html_inline", "link_open", "image"} == set()
    assert all(token.type != "html_block" for token in tokens)
    widths = {line.count(" | ") for line in FORMATS["markdown"](bad).splitlines() if "SELECT" in line and "|" in line}
    assert widths == {6}


@pytest.mark.parametrize("name", ["a|b", "*a* _b_ `c`", "# a", "<b>", "[a](http://x)", "a\nb", "@team", "1. a", "- a"])
def test_markdown_in_a_cell_is_text(name: str) -> None:
    html = MarkdownIt("commonmark").enable("table").render(f"| x | y |\n| - | - |\n| {escaped(name)} | z |\n")
    cells = re.findall(r"<td>(.*?)</td>", html)
    text = name.replace("\n", " ").replace("<", "&lt;").replace(">", "&gt;")
    assert cells == [text, "z"]


def test_text_cannot_steer_a_terminal(bad: Report) -> None:
    text = FORMATS["text"](bad)
    assert SHOWN in text
    assert columns(("a", "b"), [("\x1b[2J\r\n\u2028", "1")], left=1) == [
        "a                  b",
        "\\u001b[2J  \\u2028  1",
    ]
    assert [letter for letter in text if ord(letter) < 32 and letter != "\n"] == []


def test_every_format_tells_the_same(quiet: Report) -> None:
    score = f"{quiet.score.value:.0f}"
    told = {name: write(quiet) for name, write in FORMATS.items()}
    assert f"{score} of 100" in told["text"]
    assert f"**{score} of 100**" in told["markdown"]
    assert f"{score} of 100" in told["html"]
    assert f"{json.loads(told['json'])['score']['value']:.0f}" == score
    for one in quiet.recommendations:
        assert all(one.title in text for text in (told["text"], told["html"], told["json"]))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=command("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def test_the_page_fits_screens_and_paper_and_asks_for_nothing(bad: Report, browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(FORMATS["html"](bad), encoding="utf-8")
    asked: list[str] = []
    seen = []
    for scheme, width in (("light", 1280), ("dark", 390)):
        page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        wide = page.evaluate("document.documentElement.scrollWidth")
        plots = page.locator("figure svg[role=img]")
        seen.append(
            (wide <= width, plots.count() >= 10, page.evaluate("getComputedStyle(document.body).backgroundColor"))
        )
        assert "owned" not in page.title()
        assert barriers(page) == []
    paper = page.pdf(prefer_css_page_size=True)
    assert seen == [(True, True, "rgb(246, 247, 249)"), (True, True, "rgb(18, 22, 28)")]
    assert asked == [file.as_uri()] * 2
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 8
