"""Takes the pictures of docs/slack.md: every message and form, from the running bot.

    python -m tests.pages.gallery [part of a name ...]

The bot of the rehearsal lives in its local workspace; a browser is the person. Each picture is
taken of what the bot really sent, at one reading width, light; run it again after a change of
a message, and look at what came out. It writes docs/pictures/slack/*.png and docs/slack.md.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, ViewportSize, async_playwright

from incidentbot.rehearsal.workspace.server import Running
from incidentbot.rehearsal.world import World, world
from tests.pages.workspace_world import FLAGS
from tests.stories.house import RUNBOOKS, House, living, settings_of

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "pictures" / "slack"
SIZE: ViewportSize = {"width": 920, "height": 1400}
QUICKER = {
    "every: 5s": "every: 1s",
    "every: 3s": "every: 1s",
    "apart: 2s": "apart: 150ms",
    "every: 10s, sample: 20": "every: 1s, sample: 5",
    "healthy_for: 20s": "healthy_for: 4s",
}


@dataclass
class Tour:
    """The running house, a browser, and the pictures taken so far (name -> heading, words)."""

    world: World
    bot: House
    browser: Browser
    only: tuple[str, ...] = ()
    taken: list[tuple[str, str, str]] = field(default_factory=list)
    pages: dict[str, Page] = field(default_factory=dict)

    async def page(self, who: str, where: str) -> Page:
        """That person's browser, at that channel."""
        person = self.bot.slack.workspace.person(who).id
        room = self.bot.channel(where)
        url = f"{self.world.url}/channels/{room.id}?as={person}"
        return await self.go(who, url)

    async def home(self, who: str) -> Page:
        """That person's App Home."""
        person = self.bot.slack.workspace.person(who).id
        app = next(iter(self.bot.slack.workspace.apps.values()))
        return await self.go(who, f"{self.world.url}/apps/{app.app_id}?as={person}")

    async def go(self, who: str, url: str) -> Page:
        if who not in self.pages:
            context = await self.browser.new_context(viewport=SIZE, timezone_id="Europe/Berlin")
            self.pages[who] = await context.new_page()
        page = self.pages[who]
        if page.url != url:
            await page.goto(url)
            await page.wait_for_selector("body[data-connected]", state="attached")
        return page

    async def type(self, who: str, where: str, text: str) -> Page:
        page = await self.page(who, where)
        await page.fill("#composer textarea", text)
        await page.keyboard.press("Enter")
        return page

    async def message(self, name: str, words: str, about: str, who: str, where: str) -> None:
        """The newest message in the channel, also an ephemeral one, that holds these words."""
        page = await self.page(who, where)
        found = page.locator("#messages [id^='m-']", has_text=words).last
        await self.take(name, about, found)

    async def modal(self, name: str, about: str, who: str, words: str = "") -> None:
        """The form that is open, then closed again."""
        page = self.pages[who]
        found = page.locator("dialog[open], [role=dialog]", has_text=words).last
        await self.take(name, about, found)
        await page.keyboard.press("Escape")
        await found.wait_for(state="hidden")

    async def take(self, name: str, about: str, what: Locator) -> None:
        await what.wait_for(timeout=20_000)
        await what.scroll_into_view_if_needed()
        await asyncio.sleep(0.3)  # fonts and the last edit of a card
        if not self.only or any(part in name for part in self.only):
            await what.screenshot(path=FOLDER / f"{name}.png")
            print(f"  {name}")
        self.taken.append((name, about, ""))


@asynccontextmanager
async def tour(only: tuple[str, ...]) -> AsyncIterator[Tour]:
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("needs chromium (Debian: chromium)")
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        async with world(0, lambda _: None) as made, async_playwright() as playwright:
            text = made.settings(folder, RUNBOOKS)
            for long, short in QUICKER.items():
                text = text.replace(long, short)
            slack = Running(made.hub, int(made.url.rpartition(":")[2]))
            settings = settings_of(slack, folder, f"sqlite:///{folder}/incidentbot.db", text)
            browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            async with living(slack, settings, folder) as bot:
                yield Tour(made, bot, browser, only)
            await browser.close()


Stop = Callable[[Tour], Awaitable[None]]


async def outage(t: Tour) -> None:
    """A region breaks; what the channel shows from the first card to the postmortem."""
    bot = t.bot
    await bot.until(lambda: t.world.primary.proxy.count() > 6)
    await t.world.stage.break_region("errors")
    room = await bot.room()
    await bot.until(lambda: bot.channel(room).pins)
    await bot.do(do="join", user="maya", channel=room)
    await bot.do(do="join", user="jonas", channel=room)
    await bot.until(lambda: "503" in bot.card(room))
    await t.message("card", "Take command", "The first card, pinned and kept up to date", "maya",
                    room)  # fmt: skip
    await t.message("announcement", "is failing", "The announcement", "maya", "incidents")
    await t.type("maya", room, "/incident")
    await t.message("menu", "What would you like to do?", "`/incident` alone: the menu", "maya",
                    room)  # fmt: skip
    await t.type("maya", room, "/incident help")
    await t.message("help", "What I can do", "`/incident help`", "maya", room)
    await t.type("maya", room, "/incident stauts")
    await t.message("nearest", "Did you mean", "A mistyped word", "maya", room)


async def forms(t: Tour) -> None:
    """Each form, as it opens."""
    room = t.bot.rooms()[-1].name
    for verb, about in (
        ("declare", "Declare an incident"),
        ("update", "Tell stakeholders"),
        ("severity", "Change the severity"),
    ):
        await t.type("maya", room, f"/incident {verb}")
        await t.modal(f"form-{verb}", f"`/incident {verb}`: {about.lower()}", "maya")


TOUR: tuple[tuple[str, Stop], ...] = (("An outage", outage), ("Forms", forms))


async def main(only: tuple[str, ...]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    chapters: list[tuple[str, list[tuple[str, str, str]]]] = []
    async with tour(only) as made:
        for heading, stop in TOUR:
            print(heading)
            made.taken = []
            await stop(made)
            chapters.append((heading, made.taken))
    if not only:
        (DOCS / "slack.md").write_text(written(chapters), encoding="utf-8")


def written(chapters: list[tuple[str, list[tuple[str, str, str]]]]) -> str:
    """docs/slack.md: words and pictures in the order of the tour."""
    lines = [
        "# In Slack",
        "",
        "Every message and form, taken from the running bot in the local workspace by",
        "`python -m tests.pages.gallery`.",
    ]
    for heading, taken in chapters:
        lines += ["", f"## {heading}"]
        for name, about, _ in taken:
            lines += ["", f"{about}:", "", f"![{about}](pictures/slack/{name}.png)"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    asyncio.run(main(tuple(sys.argv[1:])))
