"""A person clicks through the whole story: a real browser, on the page of a real running demo."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import FrameLocator, Locator, Page, async_playwright, expect

from incidentbot.rehearsal.world import free_port
from tests.pages.workspace_world import FLAGS

SHOTS = os.environ.get("INCIDENTBOT_SHOTS")  # a folder for pictures of the story
SECOND = 1000


@pytest.mark.timeout(110)
async def test_a_person_tells_the_whole_story_by_hand(chromium: str, tmp_path: Path) -> None:
    async with demo(tmp_path) as url, browser_page(chromium) as page:
        await page.goto(url)
        shop = page.frame_locator("#pane iframe")
        await broken_and_told(page, shop)
        await switched_with_two_people(page, shop)
        await told_by_the_vendor_and_healed(page)
        await brought_back_home(page, shop)
        await resolved_and_written_down(page)


async def broken_and_told(page: Page, shop: FrameLocator) -> None:
    await expect(shop.locator("#words")).to_have_text("All 24 pictures load.")
    await expect(page.locator("#next")).to_contain_text("Break S3")
    await page.locator("#break-errors").click()
    await expect(shop.locator("#words")).to_contain_text("cannot be loaded", timeout=5 * SECOND)
    room = page.get_by_role("link", name="inc-").first
    await expect(room).to_be_visible(timeout=12 * SECOND)
    await room.click()
    await expect(page.locator(".message.pinned .block.header")).to_contain_text("is failing")
    await expect(page.locator(".message.pinned")).to_contain_text("all green")
    await expect(page.locator(".message.pinned")).to_contain_text("503 Service Unavailable")
    await shot(page, "story-1-card", height=940)  # the whole card
    await press(page, "Take command")
    await expect(page.locator(".message.pinned")).to_contain_text("@Maya Okafor")


async def switched_with_two_people(page: Page, shop: FrameLocator) -> None:
    await press(page, "Serve Shop images from us-west-2")
    plan = page.locator(".message", has=page.get_by_text("Proven ready"))
    await expect(plan).to_contain_text("before us-east-1 after us-west-2")
    await expect(plan).to_contain_text("does not depend on the failing region")
    await expect(shop.locator("#origin")).to_have_text("us-east-1")
    await shot(page, "story-2-plan", height=1080)  # the whole plan
    await page.get_by_role("button", name="Approve and run").last.click()
    await expect(page.locator(".message.ephemeral").last).to_contain_text("Somebody else must")
    await act_as(page, "Jonas")
    await approve(page, typed="shop-images")
    await expect(shop.locator("#words")).to_have_text("All 24 pictures load.", timeout=10 * SECOND)
    await expect(shop.locator("#origin")).to_have_text("us-west-2")
    await expect(messages(page)).to_contain_text("us-west-2 serves now, verified from outside")
    await act_as(page, "Maya")
    await expect(page.locator("main header")).to_contain_text("mitigated")
    await shot(page, "story-3-back")


async def told_by_the_vendor_and_healed(page: Page) -> None:
    await page.locator("#admit").click()
    await expect(messages(page)).to_contain_text("The vendor reports it now", timeout=8 * SECOND)
    await page.locator("#heal").click()
    await expect(page.locator("#heal")).to_be_disabled()
    back = messages(page).get_by_text("us-east-1 answers again")
    await expect(back.first).to_be_visible(timeout=25 * SECOND)


async def brought_back_home(page: Page, shop: FrameLocator) -> None:
    home = page.get_by_role("button", name="Serve Shop images from us-east-1 again")
    await expect(home.first).to_be_visible(timeout=25 * SECOND)
    await home.first.click()
    await expect(page.get_by_role("button", name="Approve and run")).to_be_visible()
    await act_as(page, "Jonas")
    await approve(page)
    await expect(shop.locator("#origin")).to_have_text("us-east-1", timeout=10 * SECOND)
    await expect(messages(page)).to_contain_text("us-east-1 serves now, verified from outside")
    await act_as(page, "Maya")


async def resolved_and_written_down(page: Page) -> None:
    box = page.locator("#composer textarea")
    await box.fill("/incident resolve The region failed, and is well again")
    await box.press("Enter")
    await expect(page.locator("main header")).to_contain_text("resolved")
    link = messages(page).locator("a[href$='postmortem.html']").first
    await expect(link).to_be_visible(timeout=10 * SECOND)
    async with page.context.expect_page() as opened:
        await link.click()
    paper = await opened.value
    await expect(paper.locator("h1")).to_contain_text("Amazon S3 in us-east-1 is failing")
    await expect(paper.locator("body")).to_contain_text("Ahead of the vendor")
    await expect(paper.locator("svg").first).to_be_visible()


# what a person does


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).first.click()


async def approve(page: Page, *, typed: str = "") -> None:
    """At a high risk the form asks for the target's name; else a question asks once more."""
    await page.get_by_role("button", name="Approve and run").last.click()
    if typed:
        form = page.locator("dialog.modal")
        await expect(form).to_contain_text("It runs at once, exactly as shown.")
        field = form.get_by_label("Type the name of the target")
        await field.fill(f"{typed}s")
        await form.get_by_role("button", name="Approve and run").click()
        await expect(form).to_contain_text("That is not the name of the target.")
        await field.fill(typed)
        await form.get_by_role("button", name="Approve and run").click()
        await expect(form).to_be_hidden()
        return
    dialog = page.get_by_role("alertdialog")
    await expect(dialog).to_contain_text("It runs at once, exactly as shown.")
    await dialog.get_by_role("button", name="Approve and run").click()
    await expect(dialog).to_be_hidden()


async def act_as(page: Page, name: str) -> None:
    await page.locator(".person", has_text=name).click()
    await expect(page.locator(".person[aria-current]")).to_contain_text(name)
    join = page.get_by_role("button", name="Join channel")
    await expect(join.or_(page.locator("#composer")).first).to_be_visible()
    if await join.is_visible():
        await join.click()
        await expect(page.locator("#composer")).to_be_visible()


def messages(page: Page) -> Locator:
    return page.locator("#messages")


async def shot(page: Page, name: str, height: int = 800) -> None:
    if SHOTS:
        await page.set_viewport_size({"width": 1280, "height": height})
        await page.wait_for_timeout(SECOND)  # the strip and the shop are drawn once a second
        await page.screenshot(path=Path(SHOTS) / f"{name}.png")
        await page.set_viewport_size({"width": 1280, "height": 800})


# the demo and the browser


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[str]:
    """The demo as `make demo` starts it; its one address."""
    command = ["-m", "incidentbot", "demo", "--port", str(free_port()), "--out", str(folder)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(40):
            while not (found := re.search(rb"Open +(http://\S+)", await process.stdout.readline())):
                assert not process.stdout.at_eof()
        yield found[1].decode()
    finally:
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.communicate(), 20)


@asynccontextmanager
async def browser_page(chromium: str) -> AsyncIterator[Page]:
    """A page that fails on script errors."""
    faults: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(15 * SECOND)
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        yield page
        await browser.close()
    assert not faults, faults
