"""The whole story: a region breaks, two people serve from the other one, and go back."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from incidentbot.rehearsal import story_look as look
from incidentbot.rehearsal.images import pictures
from incidentbot.rehearsal.regions import BACKUP, PRIMARY
from incidentbot.rehearsal.workspace.acting import snapshot
from incidentbot.rehearsal.workspace.server import Running
from incidentbot.rehearsal.world import World, world
from incidentbot.store.models import Readiness
from tests.stories.house import RUNBOOKS, House, living, settings_of

# The rehearsal's own settings, with shorter pauses.
QUICKER = {
    "every: 5s": "every: 1s",
    "every: 3s": "every: 1s",
    "apart: 2s": "apart: 150ms",
    "every: 10s, sample: 20": "every: 1s, sample: 5",
    "healthy_for: 20s": "healthy_for: 4s",
}


@dataclass
class Shop:
    """The world outside, and the bot that watches it."""

    world: World
    bot: House

    @property
    def writes(self) -> int:
        return self.world.backup.proxy.count("PutParameter")

    async def picture(self) -> tuple[int, str]:
        """Status and origin of one picture, as a visitor gets it."""
        url = f"{self.world.shop_url}/assets/{pictures()[7].key}"
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            await answer.read()
            return answer.status, answer.headers["x-asset-origin"]

    async def proven(self) -> None:
        """Wait until the backup is proven ready: without that nothing is offered."""
        row = select(Readiness.state).filter_by(origin=BACKUP)
        for _ in range(400):
            if await self.bot.app.store.tx(lambda session: session.scalar(row)) == "ready":
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the backup is not proven ready")

    async def press(self, who: str, room: str, action: str) -> None:
        """Wait for a button of this action to be there, and press the newest."""
        await self.bot.until(lambda: self.button(room, action), 30)
        assert (await self.bot.click(who, room, action)).ok

    def button(self, room: str, action: str) -> bool:
        buttons = look.buttons(look.named(snapshot(self.world.hub.workspace), room), action)
        return bool(buttons)


@pytest.fixture
async def shop(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    async with world(0, lambda _: None) as made:
        text = made.settings(tmp_path, RUNBOOKS)
        for long, short in QUICKER.items():
            assert long in text
            text = text.replace(long, short)
        slack = Running(made.hub, int(made.url.rpartition(":")[2]))
        settings = settings_of(slack, tmp_path, database_url, text)
        async with living(slack, settings, tmp_path) as bot:
            yield Shop(made, bot)


def says(bot: House, room: str, *patterns: str) -> bool:
    """One message of the bot says all of this."""
    return any(look.says(message, *patterns) for message in bot.messages(room))


async def test_a_region_breaks_and_two_people_switch_once_and_back(shop: Shop) -> None:
    bot = shop.bot
    await shop.proven()
    assert await shop.picture() == (200, PRIMARY)

    await shop.world.stage.break_region("errors")
    room = await bot.room()
    await bot.until(lambda: bot.channel(room).pins)
    assert re.fullmatch(r"inc-\d{8}-amazon-s3-in-us-east-1-is-failing", room)
    await bot.until(lambda: look.says({"text": bot.card(room)}, "503", "all green", "Sev 2, open"))

    await shop.press("maya", room, "runbook.plan:serve-from-backup")
    change = ("before +us-east-1", "after +us-west-2", "does not depend", "expires")
    await bot.until(lambda: says(bot, room, *change))
    await shop.press("maya", room, "plan.approve")
    await bot.told("maya", "Somebody else must approve: you asked for this plan yourself.")
    assert shop.writes == 0

    await bot.do(do="join", user="jonas", channel=room)
    await shop.press("jonas", room, "plan.approve")
    jonas = bot.slack.workspace.person("jonas").id
    form = await bot.until(lambda: bot.slack.workspace.modal_of(jonas))
    asked = json.dumps(form.body, ensure_ascii=False)
    assert "before  us-east-1" in asked
    assert "Type the name of the target: shop-images" in asked
    wrong = await bot.do(do="submit", user="jonas", values={"typed": {"value": "shop-image"}})
    assert "It is: shop-images" in wrong.errors["typed"]
    assert shop.writes == 0
    name = {"typed": {"value": " shop-images "}}
    done = await asyncio.gather(
        bot.do(do="submit", user="jonas", values=name), bot.click("maya", room, "plan.approve")
    )
    assert all(result.ok for result in done)
    await bot.until(lambda: "Sev 2, mitigated" in bot.card(room), 30)
    assert await shop.picture() == (200, BACKUP)
    await bot.until(lambda: says(bot, room, look.PROOF, BACKUP, look.SEEN))
    assert shop.writes == 1
    runs = [e.data["event"] for e in await bot.story("runbook")]
    assert [runs.count(event) for event in ("approved", "started", "done")] == [1, 1, 1], runs

    await bot.say("maya", room, "/incident resolve All good now, closing!")
    await bot.told("maya", "Mitigated, not normal: Shop images is served by us-west-2, not by")
    await bot.click("maya", room, "incident.resolve")
    maya = bot.slack.workspace.person("maya").id
    view = await bot.until(lambda: bot.slack.workspace.modal_of(maya))
    assert "initial_date_time" in json.dumps(view.body)  # well since it was mitigated
    said = {"text": {"value": "The region failed"}, "lost": {"value": "no"}}
    unticked = await bot.do(do="submit", user="maya", values=said)
    assert set(unticked.errors) == {"anyway"}
    await bot.do(do="close", user="maya")

    shop.world.stage.vendor.admit()
    await bot.until(lambda: says(bot, room, *look.VENDOR_REPORTS))
    await bot.until(lambda: "Elevated error rates for Amazon S3" in bot.card(room))

    await shop.world.primary.proxy.set_mode("healthy")
    await bot.until(lambda: says(bot, room, "the way back is possible now"), 30)
    (offered,) = [e for e in await bot.story("runbook") if e.data["event"] == "offered"]
    assert "healthy for" in offered.text
    await bot.until(lambda: "runbook.plan:serve-from-primary" in bot.card(room))
    await shop.press("jonas", room, "runbook.plan:serve-from-primary")
    await bot.until(lambda: says(bot, room, "before +us-west-2", "after +us-east-1"))
    await shop.press("maya", room, "plan.approve")
    await bot.until(lambda: shop.writes == 2, 30)
    await bot.until(lambda: says(bot, room, "us-east-1 again: done"), 30)
    assert await shop.picture() == (200, PRIMARY)

    await bot.say("maya", room, "/incident resolve The region failed, and is well again")
    await bot.until(lambda: "is drafted from the recorded facts" in bot.text(room))
    assert len(bot.rooms()) == 1
    assert shop.writes == 2
