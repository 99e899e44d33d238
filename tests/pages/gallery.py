"""Takes the pictures of docs/slack.md: every message and form, from the running bot.

    python -m tests.pages.gallery [part of a name ...]

The bot of the rehearsal lives in its local workspace; a browser is the person. Each picture is
taken of what the bot really sent, at one reading width, light; run it again after a change of
a message, and look at what came out. It writes docs/pictures/slack/*.png; where it goes is in
tour_of_slack.py and, in a second world with bolder runbooks, in tour_of_runs.py. What could not
be taken is named at the end, and fails the run.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from playwright.async_api import Browser, Locator, Page, ViewportSize, async_playwright
from playwright.async_api import Error as PlaywrightError

from incidentbot.rehearsal.workspace.server import Running
from incidentbot.rehearsal.world import World, world
from tests.pages import tour_of_runs, tour_of_slack
from tests.pages.workspace_world import FLAGS
from tests.stories.house import House, living, settings_of
from tests.stories.status_wire import StatusWire, status_page

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
DIRECT = "@incidentbot"
QUIET = """
.tools {display: none !important}
.modal, .modal form {max-height: none !important}
.modal :focus {outline: none !important}
"""
ACCESS = {
    "oncall: [maya],": "oncall: [maya], private: true, rights: {commander: [maya], admin: [maya]},"
    ' meeting: "https://meet.shop.example/{incident}",'
}
MORE = """
people:
  - {name: Maya Okafor, slack: maya, phone: "+49 30 901820"}
  - {name: Jonas Weber, slack: jonas, phone: "+49 30 901821"}
paging:
  then:
    - {after: 4s, to: [{kind: people, people: [jonas]}]}
    - {after: 8s}
statuspages:
  - {name: shop-status, page_id: shop1234, api_key: HOOK_SECRET, api_url: "URL",
     allow_private: true, components: {s3-us-east-1: comp1}, url: "https://status.shop.example"}
"""


@dataclass
class Tour:
    """The running house, a browser, and the pictures taken so far ."""

    world: World
    bot: House
    browser: Browser
    only: tuple[str, ...] = ()
    wire: StatusWire = field(default_factory=StatusWire)
    taken: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    pages: dict[str, Page] = field(default_factory=dict)

    async def page(self, who: str, where: str) -> Page:
        """That person's browser, at that channel, or with @incidentbot in their conversation."""
        person = self.bot.slack.workspace.person(who).id
        return await self.go(
            who, f"{self.world.url}/channels/{self._place(who, where)}?as={person}"
        )

    def _place(self, who: str, where: str) -> str:
        if where != DIRECT:
            return str(self.bot.channel(where).id)
        ws = self.bot.slack.workspace
        person, bot = ws.person(who).id, ws.app.bot_user_id
        both = {person, bot}
        found = [c.id for c in ws.channels.values() if c.is_im and both <= set(c.members)]
        assert found, f"the bot has written nothing to {who}"
        return str(found[0])

    async def home(self, who: str) -> Page:
        """That person's App Home."""
        ws = self.bot.slack.workspace
        return await self.go(who, f"{self.world.url}/apps/{ws.app.app_id}?as={ws.person(who).id}")

    async def go(self, who: str, url: str) -> Page:
        if who not in self.pages:
            context = await self.browser.new_context(
                viewport=SIZE, timezone_id="Europe/Berlin", bypass_csp=True
            )
            self.pages[who] = await context.new_page()
        page = self.pages[who]
        if page.url != url:
            await page.goto(url)
            await page.wait_for_selector("body[data-connected]", state="attached")
            await page.add_style_tag(content=QUIET)
        return page

    async def message(self, name: str, words: str, who: str, where: str) -> None:
        """The newest message in the channel, also an ephemeral one, that holds these words."""
        page = await self.page(who, where)
        await self.take(name, page.locator("#messages [id^='m-']", has_text=words).last)

    async def card(self, name: str, who: str, where: str) -> None:
        """The card that is pinned there."""
        page = await self.page(who, where)
        await self.take(name, page.locator("#messages .message.pinned").first)

    async def answer(self, name: str, command: str, words: str, who: str, where: str) -> None:
        """What the bot answers to a command."""
        await self.page(who, where)
        await self.bot.say(who, where, command)
        await self.message(name, words, who, where)

    async def form(self, name: str, command: str, who: str, where: str) -> None:
        """The form that a command opens, then closed again."""
        await self.page(who, where)
        await self.bot.say(who, where, command)
        await self.modal(name, who)

    async def modal(self, name: str, who: str, *, close: bool = True) -> None:
        """The form that is open."""
        found = self.pages[who].locator("dialog.modal[open]")
        await self.take(name, found)
        if close:
            await self.bot.do(do="close", user=who)
            await found.wait_for(state="hidden")

    async def fill(self, who: str, **values: Any) -> None:
        given = {name: {"value": value} for name, value in values.items()}
        done = await self.bot.do(do="submit", user=who, values=given)
        assert done.ok, done

    async def take(self, name: str, what: Locator) -> None:
        try:
            await what.wait_for(timeout=8_000)
            await what.scroll_into_view_if_needed()
            await asyncio.sleep(0.3)  # fonts and the last edit of a card
            if not self.only or any(part in name for part in self.only):
                await what.screenshot(path=FOLDER / f"{name}.png")
                _smaller(FOLDER / f"{name}.png")
                print(f"  {name}", flush=True)
            self.taken.append(name)
        except PlaywrightError as error:
            self.miss(name, error)

    def miss(self, name: str, error: Exception) -> None:
        """Said at once, and the tour goes on."""
        self.missing.append(name)
        print(f"  MISSING {name}: {str(error)[:400]}", flush=True)

    async def other(self, name: str, url: str, locator: str, words: str, **context: Any) -> None:
        """The same once more in another light or width."""
        made = await self.browser.new_context(
            timezone_id="Europe/Berlin", bypass_csp=True, **context
        )
        page = await made.new_page()
        await page.goto(url)
        await page.add_style_tag(content=QUIET)
        await self.take(name, page.locator(locator, has_text=words).last)
        await made.close()


def _smaller(picture: Path) -> None:
    """With fewer colours, where the machine has a program for it (Debian: pngquant)."""
    if program := shutil.which("pngquant"):
        command = [program, "--force", "--ext", ".png", "--speed", "1", "64", str(picture)]
        subprocess.run(command, check=True)


@asynccontextmanager
async def tour(only: tuple[str, ...], more: ModuleType) -> AsyncIterator[Tour]:
    """`more` says what is else in the configuration, and which runbooks there are."""
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
        async with (
            world(0, lambda _: None) as made,
            status_page() as wire,
            async_playwright() as playwright,
        ):
            text = made.settings(folder, more.runbooks(folder)) + MORE.replace("URL", wire.url)
            for old, new in (QUICKER | ACCESS | more.CHANGES).items():
                assert old in text, old
                text = text.replace(old, new)
            may = made.hub.workspace.app
            may.scopes |= {"groups:write", "groups:read", "groups:history"}
            may.events |= {"message.groups", "group_archive", "group_rename"}
            slack = Running(made.hub, int(made.url.rpartition(":")[2]))
            settings = settings_of(slack, folder, f"sqlite:///{folder}/incidentbot.db", text)
            browser = await playwright.chromium.launch(
                executable_path=chromium, args=[*FLAGS, "--disable-lcd-text"]
            )
            async with living(slack, settings, folder) as bot:
                yield Tour(made, bot, browser, only, wire)
            await browser.close()


async def main(only: tuple[str, ...]) -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    taken: list[str] = []
    missing: list[str] = []
    for way in (tour_of_slack, tour_of_runs):
        async with tour(only, way) as made:
            for stop in way.STOPS:
                print(stop.__name__, flush=True)
                try:
                    await stop(made)
                except (AssertionError, LookupError, RuntimeError, PlaywrightError) as error:
                    made.miss(stop.__name__, error)
        taken += made.taken
        missing += made.missing
    if not only and not missing:
        for picture in FOLDER.glob("*.png"):
            if picture.stem not in taken:
                picture.unlink()
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(tuple(sys.argv[1:]))))
