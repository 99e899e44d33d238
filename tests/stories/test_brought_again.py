"""Whatever Slack brings again, in whichever way: one effect.

Each kind of what comes in (a command, a click, a form, a shortcut, an event) happens once, is
brought again in every way that Slack has, and once more to the bot after a restart.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from incidentbot.rehearsal.app_manifest import install
from incidentbot.rehearsal.workspace.envelopes import Envelope
from incidentbot.rehearsal.workspace.server import running
from incidentbot.timeline import Entry
from tests.stories.gestures.walk import Walk
from tests.stories.house import CONFIG, House, living, settings_for
from tests.stories.status_wire import StatusWire

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

KINDS = ("command", "click", "form", "shortcut", "event")


async def one_of_each(walk: Walk) -> dict[str, Envelope]:
    """A note, a press, a filled form, a kept message, a pushpin: what brought each of them."""
    brought: dict[str, Envelope] = {}
    await walk.type("maya", "note From a command")
    await walk.entry("note", "From a command")
    brought["command"] = newest(walk, lambda p: p.get("text") == "note From a command")
    await walk.press_in_room("maya", "incident.ack")
    await walk.entry("state", "acknowledged")
    brought["click"] = newest(walk, lambda p: p.get("type") == "block_actions")
    await walk.type("maya", "note")
    await walk.form("maya", "What happened?")
    await walk.fill("maya", text="From a form")
    await walk.entry("note", "From a form")
    brought["form"] = newest(walk, lambda p: p.get("type") == "view_submission")
    ts = await walk.say("jonas", "From a shortcut")
    order = {"channel": walk.room, "ts": ts, "callback_id": "timeline.keep"}
    await walk.do("message_shortcut", "maya", **order)
    await walk.entry("message", "From a shortcut")
    brought["shortcut"] = newest(walk, lambda p: p.get("type") == "message_action")
    ts = await walk.say("jonas", "From an event")
    await walk.do("react", "maya", channel=walk.room, ts=ts, name="pushpin")
    await walk.entry("message", "From an event")
    brought["event"] = newest(walk, lambda p: p.get("event", {}).get("type") == "reaction_added")
    return brought


def newest(walk: Walk, fits: Callable[[dict[str, Any]], bool]) -> Envelope:
    return next(e for e in reversed(walk.bot.slack.hub.log.kept) if fits(e.payload))


async def again(bot: House, envelope: Envelope) -> None:
    """The same, a twin under another id, and the same on every socket at once.

    Over HTTP what is delivered again has the number and the reason of the retry in its headers.
    """
    hub = bot.slack.hub
    copies = [hub.redeliver(envelope.id), hub.redeliver(envelope.id, new_event_id=True)]
    copies += [hub.redeliver(envelope.id) for _ in range(2)]
    frame = json.dumps(hub.links._frame(envelope))
    for link in hub.links.open:
        await link.ws.send_str(frame)
    await bot.until(lambda: all(copy.state == "acked" for copy in copies))


async def told(bot: House) -> tuple[list[Entry], list[str], int, list[str]]:
    """What there is of it: the story, the channel, whispers, incidents."""
    await bot.quiet()
    (room,) = bot.rooms()
    people = bot.slack.workspace.ephemerals
    said = [m["text"] for m in bot.messages(room.name)]
    return await bot.story(), said, sum(map(len, people.values())), [room.name]


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_each_kind_brought_again_in_each_way_has_one_effect(
    tmp_path: Path, database_url: str, free_port: int, transport: str
) -> None:
    async with running() as slack:
        install(slack.workspace.app)
        settings = settings_for(slack, tmp_path, database_url, CONFIG, free_port, transport)
        async with living(slack, settings, tmp_path) as bot:
            walk = Walk(bot, StatusWire())
            await walk.declare("Uploads hang")
            brought = await one_of_each(walk)
            await walk.card("acknowledged")
            before = await told(bot)
            assert set(brought) == set(KINDS)
            for envelope in brought.values():
                await again(bot, envelope)
            await walk.type("jonas", "note After all of them")
            await walk.entry("note", "After all of them")
            assert await without_the_last(bot) == before
        async with living(slack, settings, tmp_path) as bot:
            for envelope in brought.values():
                await again(bot, envelope)
            assert await without_the_last(bot) == before


async def without_the_last(bot: House) -> tuple[list[Entry], list[str], int, list[str]]:
    entries, said, whispers, rooms = await told(bot)
    assert (entries[-1].text, said[-1]) == ("After all of them", "After all of them")
    return entries[:-1], said[:-1], whispers, rooms
