"""The postmortem in a real browser: it fits, it is legible, it asks nothing of the network."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from incidentbot.postmortem.compose import compose
from incidentbot.postmortem.exporters import html
from incidentbot.postmortem.model import Facts
from tests.unit import postmortem_cases as cases

SHOTS = os.environ.get("INCIDENTBOT_SHOTS")  # a folder, to look at the pages by eye
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
WRITTEN = {
    "complete": cases.complete(),
    "hostile": cases.hostile(),
    "unanswered": cases.nobody_came(),
    "long": cases.stretched(55),
    "short": cases.stretched(0.015),
}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield found
        await found.close()


async def opened(
    browser: Browser, folder: Path, facts: Facts, *, width: int = 1100, dark: bool = False
) -> tuple[Page, list[str]]:
    """The page, and every address it asked for besides its own."""
    file = folder / "postmortem.html"
    file.write_bytes(html.export(compose(facts)))
    page = await browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(str(error)))
    page.on("console", lambda message: asked.append(message.text))
    await page.goto(file.as_uri())
    return page, [url for url in asked if url != file.as_uri()]


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"postmortem-{name}.png", full_page=True)


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize(
    ("width", "dark"), [(1100, False), (1100, True), (360, False), (320, True)]
)
async def test_the_page_fits_and_asks_for_nothing(
    browser: Browser, tmp_path: Path, name: str, width: int, dark: bool
) -> None:
    page, asked = await opened(browser, tmp_path, WRITTEN[name], width=width, dark=dark)
    assert asked == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await page.locator("figure svg:visible").count() == 1
    await shot(page, f"{name}-{width}-{'dark' if dark else 'light'}")
    await page.close()


OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll('figure svg')]
    .filter(svg => svg.getClientRects().length)
    .flatMap(svg => [...svg.querySelectorAll('text.flag')]
      .map(t => [t.textContent, t.getBBox(), svg]));
  const found = [];
  for (const [a, p, svg] of boxes) {
    if (p.x < 0 || p.x + p.width > svg.viewBox.baseVal.width) found.push('outside: ' + a);
    for (const [b, q] of boxes) {
      if (a === b) continue;
      const apart = p.x + p.width <= q.x || q.x + q.width <= p.x
        || p.y + p.height <= q.y + 1 || q.y + q.height <= p.y + 1;
      if (!apart) found.push(a + ' meets ' + b);
    }
  }
  return found;
}"""


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("width", [1100, 360])
async def test_the_labels_of_the_chart_stay_apart_in_the_letters_of_this_machine(
    browser: Browser, tmp_path: Path, name: str, width: int
) -> None:
    page, _ = await opened(browser, tmp_path, WRITTEN[name], width=width)
    assert await page.evaluate(OVERLAPS) == []
    await page.close()


CONTRAST = """() => {
  const light = c => {
    const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(Number).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = node => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (color !== 'rgba(0, 0, 0, 0)') return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = new Set();
  for (const node of document.querySelectorAll('main *:not(svg *)')) {
    if (!node.getClientRects().length || !node.textContent.trim()) continue;
    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.add(node.className + ' ' + node.tagName + ' ' + ratio.toFixed(2));
  }
  return [...found];
}"""


@pytest.mark.parametrize("dark", [False, True])
async def test_every_text_has_enough_contrast(browser: Browser, tmp_path: Path, dark: bool) -> None:
    page, _ = await opened(browser, tmp_path, cases.complete(), dark=dark)
    assert await page.evaluate(CONTRAST) == []
    await page.close()


async def test_printing_is_light_on_a4_even_from_a_dark_screen(
    browser: Browser, tmp_path: Path
) -> None:
    page, _ = await opened(browser, tmp_path, cases.complete(), dark=True)
    await page.emulate_media(media="print", color_scheme="dark")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    assert await page.evaluate(paper) == "rgb(255, 255, 255)"
    file = tmp_path / "postmortem.pdf"
    await page.pdf(path=file, prefer_css_page_size=True)
    made = file.read_bytes()
    assert made.startswith(b"%PDF")
    assert b"/MediaBox [0 0 594.95" in made or b"/MediaBox [0 0 595" in made
    if SHOTS:
        (Path(SHOTS) / "postmortem.pdf").write_bytes(made)
    await page.close()


async def test_a_screen_reader_finds_headings_a_language_and_the_chart_in_words(
    browser: Browser, tmp_path: Path
) -> None:
    page, _ = await opened(browser, tmp_path, cases.complete())
    assert await page.get_attribute("html", "lang") == "en"
    assert "INC-1" in await page.title()
    assert await page.locator("h1").count() == 1
    assert await page.get_by_role("heading", level=2).count() == 12
    chart = page.get_by_role("img", name="The incident on one line")
    assert await chart.count() == 1
    await page.close()
