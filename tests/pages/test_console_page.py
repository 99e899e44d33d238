"""The pages of what is watched in a real browser: they fit, can be read, and ask for nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.console import pages
from incidentbot.rehearsal.pages import Served
from incidentbot.store import Store, migrate
from incidentbot.store import models as rows
from tests.pages.test_postmortem_page import CONTRAST, FLAGS
from tests.unit import console_cases as cases
from tests.unit.console_cases import LONG, S3, dependency, settings

SHOTS = os.environ.get("INCIDENTBOT_SHOTS")  # a folder, to look at the pages by eye
ALL_CONTRAST = CONTRAST.replace("'main *", "'.page *")  # the header says the state
SHAPES = """[...document.querySelectorAll('.all .state')]
  .map(state => state.querySelector('use').href.baseVal)"""
NARROWEST = """Math.min(...[...document.querySelectorAll('.bar .b-down')]
  .map(bar => bar.getBoundingClientRect().width))"""
STATES = ("degraded", "held", "stale", "unknown", "up")

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class World:
    browser: Browser
    url: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """40 dependencies in every state; S3 fails and has all that a page can show."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('console')}/incidentbot.db")
    await asyncio.to_thread(migrate.upgrade, store)
    await store.tx(fill)
    ups = [dependency(f"up-{n}", f"Store number {n} in eu-central-1") for n in range(33)]
    titles = [dependency(name, f"The {name} one") for name in STATES]
    app = web.Application()
    all_ = settings(dependency(), dependency("long", LONG), *titles, *ups)
    pages.add_routes(app, store, all_, cases.health)
    site = Served(app)
    url = await site.start()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield World(browser, url.rstrip("/"))
        await browser.close()
    await site.stop()
    store.close()


def fill(session: Session) -> None:
    now = clock.now()
    why = "2 of 2 checks are failing (canary: answered 503, image: no answer within 3 s)"
    cases.put(session, S3, "down", now, reason=why)
    cases.put(session, "long", "down", now, reason=LONG)
    cases.put(session, "held", "down", now, held="A maintenance window of ours is on.")
    cases.put(session, "stale", "up", now, seen=2400)
    for state in ("degraded", "unknown", "up"):
        cases.put(session, state, state, now)
    for number in range(33):
        cases.put(session, f"up-{number}", "up", now)
    cases.put_incident(session, now)
    cases.put_incident(session, now, 6, status="resolved", resolved_at=now, title=LONG)
    cases.put_document(session, now, 6)
    session.add(rows.Channel(incident_id="INC-7", channel_id="C1", name="inc-s3", state="open"))
    cases.put_word(session, now, "partial_outage", "Errors for S3")
    cases.put_alert(session, now, "major_outage", f"38 % of GETs fail at {LONG}")
    cases.put_notice(session, now, "blind", "None of 3 anchors answers.")


async def opened(world: World, path: str, width: int = 1280, dark: bool = False) -> Page:
    """The page; what it asked for besides itself, and what went wrong in it, fails here."""
    page = await world.browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    faults: list[str] = []
    page.on("request", lambda request: faults.append(request.url))
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    address = f"{world.url}{path}?still"
    await page.goto(address)
    assert faults == [address]
    if SHOTS:
        name = f"console{path.replace('/', '-')}-{width}-{'dark' if dark else 'light'}.png"
        await page.screenshot(path=Path(SHOTS) / name, full_page=True)
    return page


@pytest.mark.parametrize(
    "path", ["/", f"/dependencies/{S3}", "/dependencies/long", "/dependencies/stale"]
)
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (360, False)])
async def test_it_fits_and_every_text_has_enough_contrast(
    world: World, path: str, width: int, dark: bool
) -> None:
    page = await opened(world, path, width, dark)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert (
        await page.evaluate(CONTRAST.replace("'main *:not(svg *)'", "'.page *:not(svg *)'")) == []
    )
    ground = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is not dark
    await page.close()


async def test_forty_at_a_glance_the_worst_first_each_with_a_word_and_a_shape(
    world: World,
) -> None:
    page = await opened(world, "/")
    names = await page.locator(".all .state").all_inner_texts()
    order = ["down", "down", "down, held", "not seen", "unknown", "degraded", *["up"] * 34]
    assert [name.strip() for name in names] == order
    assert len(set(await page.evaluate(SHAPES))) == 5
    heights = "[...document.querySelectorAll('#up tr:not(.group)')].map(r => r.offsetHeight)"
    assert max(await page.evaluate(heights)) <= 36
    await page.close()


PAINT = """kind => {
  const of = document.querySelector('.key .b-' + kind);
  return [getComputedStyle(of).fill, of.getBBox().height];
}"""


async def test_states_differ_in_height_and_pattern_and_no_data_is_hatched(world: World) -> None:
    page = await opened(world, f"/dependencies/{S3}")
    kinds = ("up", "degraded", "down", "unknown")
    found = {kind: await page.evaluate(PAINT, kind) for kind in kinds}
    assert len({round(height) for _, height in found.values()}) == 4
    assert "p-unknown" in found["unknown"][0]
    assert "p-down" in found["down"][0]
    assert "p-degraded" in found["degraded"][0]
    assert await page.evaluate(NARROWEST) > 1
    await page.close()


async def test_a_screen_reader_finds_landmarks_headings_tables_and_strips_in_words(
    world: World,
) -> None:
    page = await opened(world, f"/dependencies/{S3}")
    assert await page.get_attribute("html", "lang") == "en"
    assert (await page.title()).startswith("Down: Amazon S3")
    assert await page.locator("main").count() == 1
    assert await page.get_by_role("navigation", name="Pages").count() == 1
    assert await page.get_by_role("heading", level=1).count() == 1
    strips = page.get_by_role("img", name="In the last")
    assert await strips.count() == 4
    said = await strips.first.get_attribute("aria-label") or ""
    assert said.startswith("Amazon S3 in us-east-1: In the last 24 hours: down 12\u00a0min")
    assert await page.locator("th:not([scope])").count() == 0
    assert await page.get_by_role("columnheader", name="Last looked").count() == 1
    await page.close()


async def test_it_prints_light_even_from_a_dark_screen(world: World) -> None:
    page = await opened(world, "/", dark=True)
    await page.emulate_media(media="print", color_scheme="dark")
    ground = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    widths = "[...document.querySelectorAll('.all thead th')].map(cell => cell.offsetWidth)"
    await page.set_viewport_size({"width": 680, "height": 900})  # the width of A4 between margins
    assert min(await page.evaluate(widths)) > 80
    assert await page.evaluate("document.documentElement.scrollWidth") <= 680
    made = await page.pdf(prefer_css_page_size=True)
    assert made.startswith(b"%PDF")
    if SHOTS:
        (Path(SHOTS) / "console.pdf").write_bytes(made)
    await page.close()
