"""What the stories of writing down share: how things are said, and where they are found."""

import asyncio
import json
from typing import Any

from incidentbot.timeline import Entry
from tests.stories.house import House


def event(bot: House, kind: str, who: str, **more: Any) -> None:
    """Slack tells the bot of something, whether it is so or not."""
    hub = bot.slack.hub
    user, ts = bot.slack.workspace.person(who).id, bot.slack.workspace.new_ts()
    told = {"type": kind, "user": user, "event_ts": ts, **more}
    hub.post("events_api", hub.event_callback(bot.slack.workspace.app, told), app_id(bot))


def app_id(bot: House) -> str:
    found: str = bot.slack.workspace.app.app_id
    return found


def id_of(bot: House, who: str) -> str:
    found: str = bot.slack.workspace.person(who).id
    return found


async def declared(bot: House, title: str = "Pictures do not load") -> str:
    """An incident's channel, once both are in it."""
    room = await bot.declared(title)
    both = {id_of(bot, "maya"), id_of(bot, "jonas")}
    await bot.until(lambda: both <= set(bot.channel(room).members))
    return room


async def said(bot: House, who: str, where: str, text: str, **more: Any) -> str:
    result = await bot.do(do="say", user=who, channel=where, text=text, **more)
    assert result.ts
    return result.ts


async def entries(bot: House, kind: str, number: int) -> list[Entry]:
    """Those of a kind, once there are so many."""
    for _ in range(500):
        found = await bot.story(kind)
        if len(found) >= number:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"only {found}")


async def modal(bot: House, who: str) -> Any:
    return await bot.until(lambda: bot.slack.workspace.modal_of(id_of(bot, who)))


def blocks_of(bot: House, channel: str, ts: str) -> str:
    return json.dumps(bot.channel(channel).find(ts), ensure_ascii=False)
