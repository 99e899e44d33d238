"""The shop in a real browser: a customer sees what is missing, and sees it come back."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from incidentbot.rehearsal.edge import Edge
from incidentbot.rehearsal.images import pictures
from incidentbot.rehearsal.pages import Served
from incidentbot.rehearsal.regions import Region, start_regions, stop_regions
from incidentbot.rehearsal.shop import SHOWN, shop_app
from incidentbot.rehearsal.vendor import Vendor, vendor_app

SHOTS = os.environ.get("INCIDENTBOT_SHOTS")  # a folder, to look at the pages by eye
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class World:
    primary: Region
    shop_url: str
    vendor: Vendor
    vendor_url: str
    browser: Browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(chromium: str) -> AsyncIterator[World]:
    primary, backup = await start_regions(pictures()[: SHOWN + 1])
    edge = Edge({r.name: r for r in (primary, backup)}, backup, timeout_s=1.5)
    shop, vendor = Served(shop_app(edge, pictures(), every_s=0.4)), Vendor()
    status = Served(vendor_app(vendor))
    shop_url, vendor_url = await shop.start(), await status.start()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield World(primary, shop_url, vendor, vendor_url, browser)
        await browser.close()
    await shop.stop()
    await status.stop()
    await stop_regions((primary, backup))


@pytest_asyncio.fixture(loop_scope="module")
async def page(world: World) -> AsyncIterator[Page]:
    await world.primary.proxy.set_mode("healthy")
    context = await world.browser.new_context(viewport={"width": 1180, "height": 900})
    page = await context.new_page()
    outside: list[str] = []
    page.on("request", lambda r: None if "//127.0.0.1" in r.url else outside.append(r.url))
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    yield page
    await context.close()
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
    assert faults == []


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png")


async def test_all_pictures_load_and_the_page_says_from_where(world: World, page: Page) -> None:
    await page.goto(world.shop_url)
    await expect(page.locator("#words")).to_have_text(f"All {SHOWN} pictures load.")
    await expect(page.locator("#origin")).to_have_text("us-east-1")
    widths = await page.locator(".picture img").evaluate_all("all => all.map(i => i.naturalWidth)")
    assert len(widths) == SHOWN
    assert all(width > 0 for width in widths)
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await shot(page, f"shop-{scheme}")


async def test_broken_pictures_are_counted_in_words_and_come_back_by_themselves(
    world: World, page: Page
) -> None:
    await page.goto(world.shop_url)
    await expect(page.locator("#words")).to_have_text(f"All {SHOWN} pictures load.")
    await world.primary.proxy.set_mode("errors")
    await expect(page.locator("#words")).to_have_text(
        f"{SHOWN} of {SHOWN} pictures cannot be loaded: origin us-east-1 answers 503."
    )
    await expect(page.locator("li.broken")).to_have_count(SHOWN)
    await expect(page.locator(".missing").first).to_be_visible()
    assert "missing" in await page.title()
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await shot(page, f"shop-broken-{scheme}")
    await world.primary.proxy.set_mode("healthy")
    await expect(page.locator("#words")).to_have_text(f"All {SHOWN} pictures load.")
    await expect(page.locator("li.broken")).to_have_count(0)
    await expect(page.locator(".missing").first).to_be_hidden()
    widths = await page.locator(".picture img").evaluate_all("all => all.map(i => i.naturalWidth)")
    assert all(width > 0 for width in widths)


async def test_a_shop_opened_during_the_outage_tells_it_too(world: World, page: Page) -> None:
    await world.primary.proxy.set_mode("timeouts")
    await page.goto(world.shop_url, wait_until="commit")
    await expect(page.locator("#words")).to_contain_text(
        "origin us-east-1 does not answer", timeout=15_000
    )
    await world.primary.proxy.set_mode("healthy")
    await expect(page.locator("#words")).to_have_text(f"All {SHOWN} pictures load.", timeout=15_000)


async def test_nothing_is_touched_while_all_is_well(world: World, page: Page) -> None:
    await page.goto(world.shop_url)
    await expect(page.locator("#words")).to_have_text(f"All {SHOWN} pictures load.")
    await page.evaluate(
        """() => { window.touched = 0;
        new MutationObserver(seen => { window.touched += seen.length; }).observe(document.body,
        {subtree: true, childList: true, attributes: true, characterData: true}); }"""
    )
    swept = world.primary.proxy.count() + 2 * SHOWN
    while world.primary.proxy.count() < swept:
        await page.wait_for_timeout(50)
    assert await page.evaluate("window.touched") == 0


async def test_it_fits_a_narrow_screen(world: World, page: Page) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.goto(world.shop_url)
    await expect(page.locator("#words")).to_have_text(f"All {SHOWN} pictures load.")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await shot(page, "shop-narrow")
    await world.primary.proxy.set_mode("errors")
    await expect(page.locator("li.broken")).to_have_count(SHOWN)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await shot(page, "shop-narrow-broken")


async def test_the_vendor_page_is_green_until_it_admits(world: World, page: Page) -> None:
    await page.goto(world.vendor_url)
    await expect(page.locator(".banner")).to_have_text("All Systems Operational")
    await shot(page, "vendor-light")
    world.vendor.admit()
    await page.reload()
    await expect(page.locator(".banner")).to_have_text("Partial System Outage")
    await expect(page.locator("article")).to_contain_text("investigating elevated error rates")
    await page.emulate_media(color_scheme="dark")
    await shot(page, "vendor-dark")
