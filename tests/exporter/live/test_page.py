"""The live page in Chromium, over a running exporter: what a person sees of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.fixtures.accessibility import barriers
from tests.fixtures.process import command
from tests.fixtures.service import Exporter, exporter

from .reporting import HOSTILE, calls, report, shop, spans


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=command("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Yield a page that fails its test by what the browser complains about, and by any request to elsewhere."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    page.on("request", lambda asked: None if "127.0.0.1" in asked.url else complaints.append(asked.url))
    yield page
    page.close()
    assert complaints == []


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    with exporter(tmp_path_factory.mktemp("page")) as running:
        shop(running.endpoint)
        yield running


def opened(page: Page, running: Exporter) -> Page:
    page.goto(f"http://{running.target}/")
    expect(page.locator("#connection")).to_have_text("live")
    return page


def names(page: Page, table: str = "operations") -> list[str]:
    return page.locator(f"#{table} tbody th").all_inner_texts()


def cell(page: Page, table: str, name: str, title: str) -> Any:
    heads = page.locator(f"#{table} thead th").all_inner_texts()
    place = next(number for number, head in enumerate(heads) if head.startswith(title))
    return page.locator(f"#{table} tbody tr", has=page.get_by_text(name, exact=True)).locator("th, td").nth(place)


def test_it_shows_what_was_reported(page: Page, running: Exporter) -> None:
    opened(page, running)
    expect(cell(page, "operations", "checkout", "Errors")).to_have_text("9.09 %")
    expect(cell(page, "llm", "gpt-4o-mini", "Cost")).to_have_text("$0.25")
    expect(cell(page, "cache", "sessions", "Hits")).to_have_text("60 %")
    expect(page.locator("#database tbody th")).to_have_text(["SELECT orders"])
    expect(page.locator("#statements code")).to_have_text("SELECT * FROM orders")
    expect(page.locator("#statements")).to_contain_text("Name the columns")
    expect(page.locator("#alerts")).to_contain_text("checkout of shop fails", timeout=15_000)
    expect(page.locator("#indicators li")).to_have_count(11)
    expect(page.locator("#charts svg")).to_have_count(4)
    expect(page.locator("#processes tbody tr").first).to_be_visible()


def test_what_is_left_out_is_shown_at_a_press(page: Page, tmp_path: Path) -> None:
    with exporter(tmp_path) as running:
        report(running.endpoint, *(calls(f"job {number}", (0, 0, 0, 9, 9)) for number in range(120)))
        opened(page, running)
        expect(page.locator(".alerts li")).to_have_count(6, timeout=15_000)  # looked at every few seconds
        page.locator("#more-alerts").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".alerts")).to_contain_text("job 119 of shop is slow")
        expect(page.locator("#limits")).to_contain_text("at the default thresholds")


def test_it_waits_for_little_the_seconds_are_in_the_benchmarks(page: Page, running: Exporter) -> None:
    opened(page, running)
    loaded = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map(entry => [new URL(entry.name).origin, entry.transferSize, entry.renderBlockingStatus])"
    )
    blocking = [status for _, _, status in loaded].count("blocking")
    assert ({origin for origin, _, _ in loaded}, len(loaded) <= 12, sum(size for _, size, _ in loaded) < 40_000) == (
        {f"http://{running.target}"},
        True,
        True,
    )
    assert blocking == 1  # the style sheet


def test_it_is_brought_up_to_date_by_itself(page: Page, running: Exporter) -> None:
    opened(page, running)
    report(running.endpoint, calls("refund"))
    expect(cell(page, "operations", "refund", "Active")).to_have_text("0")
    report(running.endpoint, calls("refund", (0, 90, 9, 1, 100), at=2))
    expect(cell(page, "operations", "refund", "p95")).to_have_text("10 s")


def test_a_trace_opens_as_a_waterfall_from_the_keyboard(page: Page, running: Exporter) -> None:
    spans(running.endpoint, "checkout", trace=7)
    opened(page, running)
    page.locator("#traces button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#waterfall li .what")).to_have_text(["checkout", "SELECT orders"])
    expect(page.locator("#waterfall li .number")).to_have_text(["2 s", "500 ms"])
    page.get_by_role("button", name="Close").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#waterfall li")).to_have_count(0)
    expect(page.locator("#traces button").first).to_be_focused()


def test_it_survives_the_exporters_restart(page: Page, tmp_path: Path) -> None:
    with exporter(tmp_path) as first:
        shop(first.endpoint)
        opened(page, first)
    expect(page.locator("#connection")).to_contain_text("the figures are of")
    again = [f"--web.listen-address={first.target}", f"--otlp.listen-address=127.0.0.1:{first.otlp_port}"]
    with exporter(tmp_path, *again):
        report(first.endpoint, calls("after the restart"))
        expect(page.locator("#connection")).to_have_text("live", timeout=15_000)
        expect(page.locator("#operations tbody th")).to_have_text(["after the restart"], timeout=15_000)


def test_five_hundred_operations_stay_quick(page: Page, tmp_path: Path) -> None:
    with exporter(tmp_path) as running:
        report(running.endpoint, *(calls(f"operation {number:03}") for number in range(500)))
        opened(page, running)
        expect(page.locator("#operations tbody tr")).to_have_count(20)
        page.get_by_role("button", name="Show all 500").click()
        expect(page.locator("#operations tbody tr")).to_have_count(500)
        page.locator("#operations input").fill("operation 4")
        expect(page.locator("#operations tbody tr")).to_have_count(100)
        page.locator("#operations thead button", has_text="Operation").click()
        assert names(page)[:2] == ["operation 400", "operation 401"]
        events = page.locator("body").get_attribute("data-events") or ""
        expect(page.locator("body")).not_to_have_attribute("data-events", events)
        rendered = page.evaluate("""() => {
            const began = performance.now();
            document.querySelector('#operations input').dispatchEvent(new Event('input'));
            document.body.offsetHeight;
            return performance.now() - began;
        }""")
        assert rendered < 200


def test_hostile_names_are_text_and_break_nothing(page: Page, tmp_path: Path) -> None:
    with exporter(tmp_path) as running:
        report(running.endpoint, *(calls(name.replace("\ud7ff", "")) for name in HOSTILE), service="<b>evil</b>")
        spans(running.endpoint, HOSTILE[0] * 50)
        opened(page, running)
        expect(page.locator("#operations tbody tr")).to_have_count(len(HOSTILE))
        expect(page.locator("#traces tbody tr").first).to_be_visible()
        page.locator("#traces button").first.click()
        expect(page.locator("#waterfall li")).to_have_count(2)
        injected = page.evaluate("document.querySelectorAll('main img, main script, main b:not(li b)').length")
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert (injected, wide, "owned" in page.title()) == (0, False, False)


@pytest.mark.parametrize("width", [360, 1280, 3840])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_screen_and_everybody_can_use_it(
    browser: Browser, running: Exporter, width: int, scheme: Any
) -> None:
    with browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}) as context:
        page = opened(context.new_page(), running)
        expect(page.locator("#indicators li").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.locator("#traces button").first.click()
        expect(page.locator("#waterfall li").first).to_be_visible()
        assert barriers(page) == []
