"""Slack misbehaves, and people see one of everything all the same."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.rehearsal.workspace.gate import Fault
from incidentbot.rehearsal.workspace.links import Envelope
from incidentbot.rehearsal.workspace.payloads import slash
from incidentbot.rehearsal.workspace.server import running
from incidentbot.slack.inbound.inbox import Inbox, Item
from incidentbot.store import Store, migrate
from incidentbot.store.models import InboxItem
from tests.stories.house import CONFIG, House, house, living, settings_for

BOTH = pytest.mark.parametrize("transport", ["socket", "http"], indirect=True)
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FAULTS = ("500_html", "200_html", "truncated", "reset_before", "reset_after_commit",
          "fatal_after_commit")  # fmt: skip
TITLES = [f"Number {n} hangs" for n in range(len(FAULTS))]
MAYA = Person("U1", "Maya")


def broken(bot: House, *faults: Fault) -> None:
    bot.slack.hub.gate.faults.extend(faults)


def opened(session: Session, title: str) -> str:
    """An incident as the watcher opens it: nobody typed anything."""
    now = clock.now()
    made = lifecycle.open_incident(
        session, key=title, title=title, severity=2, opened_by="incidentbot", started_at=now,
        detected_at=now, text=f"{title}: its probes fail.",
    )  # fmt: skip
    return made[0]


def envelope(bot: House, kind: str) -> Envelope:
    return next(e for e in reversed(bot.slack.hub.log.kept) if e.kind == kind)


def again(bot: House, kind: str) -> list[Envelope]:
    """Deliver the newest of its kind once more, and once more under a new event id."""
    known = envelope(bot, kind).id
    hub = bot.slack.hub
    return [hub.redeliver(known), hub.redeliver(known, new_event_id=True)]


async def acked(bot: House, envelopes: list[Envelope]) -> None:
    await bot.until(lambda: all(e.state == "acked" for e in envelopes))


def one_of_everything(bot: House, titles: list[str]) -> None:
    """One channel, one card, one pin, one announcement for each."""
    rooms = [room.name for room in bot.rooms()]
    assert len(rooms) == len(titles)
    cards = Counter(m["text"] for room in rooms for m in bot.messages(room))
    lines = Counter(m["text"] for m in bot.messages("incidents"))
    assert cards == lines == Counter(f"🔴 Sev 2, open: {title}" for title in titles)
    assert all(len(bot.channel(room).pins) == 1 for room in rooms)


@pytest.mark.parametrize("method", ["conversations.create", "chat.postMessage"])
async def test_each_fault_of_a_call_leaves_one_channel_one_card_and_one_line(
    bot: House, method: str
) -> None:
    broken(bot, *(Fault(mode, method) for mode in FAULTS))
    for title in TITLES:
        await bot.app.store.tx(opened, title)
    await bot.until(lambda: all(fault.hit == 1 for fault in bot.slack.hub.gate.faults))
    await bot.room(len(TITLES))
    await bot.until(lambda: sum(len(room.pins) for room in bot.rooms()) == len(TITLES))
    await bot.quiet()
    one_of_everything(bot, TITLES)


@SQLITE
async def test_a_rate_limit_is_honoured_and_nothing_is_lost(bot: House) -> None:
    limits = [Fault("429", m, retry_after=1) for m in ("conversations.create", "chat.postMessage")]
    broken(bot, *limits)
    for title in TITLES[:2]:
        await bot.app.store.tx(opened, title)
    await bot.room(2)
    await bot.until(lambda: sum(len(room.pins) for room in bot.rooms()) == 2)
    await bot.quiet()
    one_of_everything(bot, TITLES[:2])
    for method in ("conversations.create", "chat.postMessage"):
        (refused,) = [c for c in bot.calls(method) if c["error"] == "ratelimited"]
        channel = refused["args"].get("channel")  # a limit of posts is that of their channel
        calls = [c for c in bot.calls(method) if c["args"].get("channel") == channel]
        later = [c["at"] - refused["at"] for c in calls if c["n"] > refused["n"]]
        # Calls that were on their way when Slack said so may still arrive.
        assert any(wait >= 1.0 for wait in later), (method, later)
        assert all(wait >= 1.0 or wait < 0.3 for wait in later), (method, later)


@BOTH
@SQLITE
async def test_a_command_delivered_again_declares_one_incident(bot: House) -> None:
    await bot.say("maya", "general", "/incident declare Uploads hang")
    await bot.room()
    await acked(bot, again(bot, "slash_commands"))
    await bot.until(lambda: bot.channel(bot.rooms()[0].name).pins)
    await bot.quiet()
    assert len(bot.rooms()) == 1
    assert bot.heard_in_all("INC-1 is open.") == 1
    assert len(await bot.app.store.tx(lifecycle.listed)) == 1


@SQLITE
async def test_a_note_delivered_again_is_one_line(bot: House) -> None:
    room = await bot.declared()
    await bot.say("maya", room, "/incident timeline add Cache flushed")
    await bot.until(lambda: "Cache flushed" in bot.text(room))
    await acked(bot, again(bot, "slash_commands"))
    await bot.quiet()
    assert len(await bot.story("note")) == 1
    assert len([m for m in bot.messages(room) if m["text"] == "Cache flushed"]) == 1


@BOTH
@SQLITE
async def test_a_click_delivered_again_has_one_effect_and_one_answer(bot: House) -> None:
    room = await bot.declared()
    await bot.click("maya", room, "incident.ack")
    await acked(bot, again(bot, "interactive"))
    await bot.until(lambda: "Sev 3, acknowledged" in bot.card(room))
    await bot.quiet()
    assert len(await bot.story("state")) == 2
    assert bot.heard_in_all("acknowledged before") == 0


@BOTH
@SQLITE
async def test_a_form_delivered_again_has_one_effect(bot: House) -> None:
    await bot.say("maya", "general", "/incident declare")
    maya = bot.slack.workspace.person("maya").id
    await bot.until(lambda: bot.slack.workspace.modal_of(maya))
    assert (await bot.do(do="submit", user="maya", values={"title": {"value": "Slow"}})).ok
    await acked(bot, again(bot, "interactive"))
    room = await bot.room()
    await bot.until(lambda: bot.channel(room).pins)
    await bot.quiet()
    assert len(bot.rooms()) == 1
    assert len(await bot.app.store.tx(lifecycle.listed)) == 1
    assert bot.heard_in_all("INC-1 is open.") == 1


@pytest.mark.parametrize(
    ("database_url", "transport"),
    [("sqlite", "socket"), ("postgresql", "http")],
    indirect=True,
)
async def test_slack_is_away_at_the_start_and_the_story_catches_up_in_order(
    tmp_path: Path, database_url: str, free_port: int, transport: str
) -> None:
    starting = house(tmp_path, database_url, port=free_port, down=True, transport=transport)
    async with starting as bot:
        incident = await bot.app.store.tx(opened, "Uploads hang")
        for text in ("first", "second", "third"):
            await bot.app.store.tx(lifecycle.note, incident, text, MAYA)
        await bot.app.store.tx(lifecycle.set_severity, incident, 1, MAYA)
        await bot.until(lambda: bot.calls("conversations.create"))
        if transport == "socket":
            assert not (await bot.app.health())["slack_connected"]
        await bot.slack.hub.set_down(False)
        room = await bot.room()
        await bot.until(lambda: len(bot.messages(room)) == 5)
        await bot.quiet()
        said = [m["text"] for m in bot.messages(room)]
        assert said == [
            "🔴 Sev 1, open: Uploads hang",
            "first",
            "second",
            "third",
            "Maya changed the severity from 2 to 1 (critical).",
        ]
        assert bot.slack.workspace.person("jonas").id in bot.channel(room).members
        await bot.until(lambda: bot.slack.hub.links.open or transport == "http")
        assert (await bot.say("maya", room, "/incident ack")).ok
        await bot.until(lambda: "Sev 1, acknowledged" in bot.card(room))


@BOTH
@SQLITE
async def test_an_outage_in_the_middle_loses_nothing(bot: House) -> None:
    room = await bot.declared()
    await bot.slack.hub.set_down(True)
    await bot.app.store.tx(lifecycle.note, "INC-1", "said during the outage", MAYA)
    await bot.app.store.tx(lifecycle.set_severity, "INC-1", 1, MAYA)
    await bot.until(lambda: any(c["fault"] == "down" for c in bot.calls("chat.postMessage")))
    await bot.slack.hub.set_down(False)
    await bot.until(lambda: "Sev 1, open" in bot.card(room), 30)
    await bot.until(lambda: "changed the severity" in bot.text(room))
    texts = [m["text"] for m in bot.messages(room)]
    assert texts.count("said during the outage") == 1
    await bot.until(lambda: bot.slack.hub.links.open or bot.slack.workspace.app.addresses.events)
    assert (await bot.say("maya", room, "/incident ack")).ok
    await bot.until(lambda: "Sev 1, acknowledged" in bot.card(room))


@SQLITE
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_blocks_that_slack_refuses_arrive_as_plain_text(bot: House, method: str) -> None:
    room = await bot.declared()
    broken(bot, Fault("error:invalid_blocks", method))
    await bot.say("maya", room, "/incident severity 1")
    await bot.until(lambda: "changed the severity from 3 to 1" in bot.text(room))
    await bot.until(lambda: "Sev 1, open" in bot.card(room))
    await bot.quiet()
    posted = [m for m in bot.messages(room) if "changed the severity" in m["text"]]
    assert len(posted) == 1
    refused = next(c for c in bot.calls(method) if c["error"] == "invalid_blocks")
    where = ("channel", "ts") if method == "chat.update" else ("metadata",)
    same = [c for c in bot.calls(method) if c["n"] > refused["n"] and c["ok"]]
    plain = next(c for c in same if all(c["args"][w] == refused["args"][w] for w in where))
    assert "blocks" not in plain["args"]
    assert plain["args"]["text"] == refused["args"]["text"]


@SQLITE
async def test_the_bot_joins_the_announcement_channel_by_itself_and_no_other(bot: House) -> None:
    me = bot.slack.workspace.app.bot_user_id
    assert me not in bot.channel("incidents").members
    await bot.declared()
    await bot.until(lambda: "Pictures do not load" in bot.text("incidents"))
    assert me in bot.channel("incidents").members
    assert len(bot.messages("incidents")) == 1
    assert me not in bot.channel("general").members


@SQLITE
async def test_a_name_that_somebody_else_has_gets_a_number(bot: House) -> None:
    maya = bot.slack.workspace.person("maya").id
    name = f"inc-{clock.now():%Y%m%d}-uploads-hang"
    theirs = bot.slack.workspace.create_channel(maya, name)
    await bot.say("jonas", "general", "/incident declare Uploads hang")
    await bot.until(lambda: len(bot.rooms()) == 2)
    await bot.until(lambda: bot.channel(f"{name}-2").pins)
    assert not [m for m in theirs.messages if m["user"] != maya]


@SQLITE
@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_goodbye_of_the_socket_in_the_middle_loses_nothing(bot: House, reason: str) -> None:
    room = await bot.declared()
    for n in range(3):
        pressing = asyncio.create_task(bot.say("maya", room, f"/incident timeline add line {n}"))
        await bot.slack.hub.links.disconnect(reason)
        # Slack delivers a command once. Where the goodbye cut off its acknowledgement, the person
        # is told so; they look whether it arrived all the same, and else type it again.
        said = (await pressing).ok
        await bot.quiet()
        if not said and f"line {n}" not in bot.text(room):
            assert (await bot.say("maya", room, f"/incident timeline add line {n}")).ok
    await bot.until(lambda: bot.text(room).count("line ") >= 6)
    assert sorted(e.text for e in await bot.story("note")) == ["line 0", "line 1", "line 2"]
    assert await bot.app.slack.connected()


@SQLITE
async def test_quick_edits_become_few_calls_and_the_last_one_is_shown(bot: House) -> None:
    room = await bot.declared()
    for n in range(20):
        await bot.app.store.tx(lifecycle.set_severity, "INC-1", 1 + n % 2, MAYA)
    await bot.until(lambda: "Sev 2, open" in bot.card(room), 30)
    await bot.until(lambda: bot.channel(room).topic["value"].startswith("Sev 2"))
    await bot.until(lambda: bot.text("incidents").startswith("🔴 Sev 2, open"))
    assert len(await bot.story("severity")) == 20
    edits = Counter(call["args"]["channel"] for call in bot.calls("chat.update"))
    assert max(edits.values()) <= 8, edits
    assert len(bot.calls("conversations.setTopic")) <= 8


@pytest.mark.parametrize("method", ["conversations.create", "conversations.list"])
async def test_a_bot_that_is_told_to_stop_goes_on_where_it_was_when_it_starts_again(
    tmp_path: Path, database_url: str, free_port: int, method: str
) -> None:
    async with running() as slack:
        settings = settings_for(slack, tmp_path, database_url, CONFIG, free_port)
        slack.hub.gate.faults += [
            Fault("reset_after_commit", "conversations.create"),
            Fault("hang", method),
        ]
        async with living(slack, settings, tmp_path) as bot:
            await bot.app.store.tx(opened, "Uploads hang")
            await bot.until(lambda: slack.hub.gate.faults[1].hit == 1)
        async with living(slack, settings, tmp_path) as bot:
            await bot.until(lambda: bot.rooms() and bot.channel(bot.rooms()[0].name).pins, 30)
            await bot.quiet()
            one_of_everything(bot, ["Uploads hang"])


@SQLITE
async def test_a_form_asked_for_before_a_restart_is_asked_for_again_and_opens_none(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    async with running() as slack:
        ws, hub = slack.workspace, slack.hub
        settings = settings_for(slack, tmp_path, database_url, CONFIG, free_port)
        maya, general = ws.person("maya").id, ws.channel_named("general")
        assert general is not None
        asked = slash(hub, ws.app, maya, general, ws.app.commands[0], "declare")
        hub.options.trigger_seconds = 0.0  # it was some time ago
        store = Store(database_url)
        migrate.upgrade(store)
        await Inbox(store, nobody, nobody).put("command", asked)
        store.close()
        async with living(slack, settings, tmp_path) as bot:
            await bot.until(lambda: "too late for Slack to show a form" in bot.heard("maya"))
            assert not ws.modal_of(maya)
            assert await bot.app.store.tx(states) == ["done"]


async def nobody(item: Item) -> None:
    raise AssertionError(f"nobody is at work: {item.key}")


def states(session: Session) -> list[str]:
    return list(session.scalars(select(InboxItem.state)))
