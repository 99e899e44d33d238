"""Telling people: updates and their reminders, subscribers, channels with filters, the digest."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline, timers
from incidentbot.store import changed
from incidentbot.store.models import ActionItem, Delivery, Incident, Timer
from tests.stories.house import CONFIG, House, house

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ALSO = (
    '"#incidents", also_announce: [{{channel: random, severity: 2}},'
    ' {{channel: "#general", tests: true}}],'
)
FILTERED = CONFIG.replace('"#incidents",', ALSO, 1)
PRIVATE = "oncall: [jonas], private: true"
GROUPS = {"groups:write", "groups:read", "groups:history"}  # what a private channel takes
LONG = "\n".join(f"line {number} of the report" for number in range(1, 1001))


def _hurry(session: Session, kind: str) -> int:
    due = list(session.scalars(select(Timer).filter_by(kind=kind)))
    for timer in due:
        timer.due_at = clock.now() - timedelta(seconds=1)
    changed(session, timers.TOPIC)
    return len(due)


async def hurry(bot: House, kind: str) -> None:
    """Let what waits for its time be due now, until it was done."""
    await eventually(bot, kind, there=True)
    assert await bot.app.store.tx(_hurry, kind) == 1

    def waits(session: Session) -> bool:
        rows = session.scalars(select(Timer.due_at).filter_by(kind=kind))
        return any(due_at <= clock.now() for due_at in rows)

    for _ in range(500):
        if not await bot.app.store.tx(waits):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"the timer {kind} was not taken")


async def has_timer(bot: House, kind: str, stage: int | None = None) -> bool:
    def look(session: Session) -> bool:
        rows = session.scalars(select(Timer).filter_by(kind=kind))
        return any(stage is None or row.data.get("stage") == stage for row in rows)

    return await bot.app.store.tx(look)


async def eventually(bot: House, kind: str, there: bool, stage: int | None = None) -> None:
    """Wait until a timer of this kind is there, or is not."""
    for _ in range(1500):
        if await has_timer(bot, kind, stage) is there:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"timer {kind}: not {there}")


def direct(bot: House, who: str) -> str:
    """The conversation of the bot with one person."""
    person = bot.slack.workspace.person(who).id
    rooms = bot.slack.workspace.channels.values()
    mine = [m for c in rooms if c.is_im and person in c.members for m in c.messages]
    return json.dumps(mine, ensure_ascii=False)


async def press(bot: House, who: str, action: str) -> None:
    """Press a button of the newest direct message that has it."""
    person = bot.slack.workspace.person(who).id
    for channel in bot.slack.workspace.channels.values():
        if channel.is_im and person in channel.members:
            message = next(m for m in reversed(channel.messages) if action in json.dumps(m))
            done = await bot.do(
                do="click", user=who, channel=channel.id, ts=message["ts"], action_id=action
            )
            assert done.ok, done


def whispered(bot: House, who: str) -> list[dict[str, Any]]:
    """What only this person sees, oldest first, each with its channel."""
    person = bot.slack.workspace.person(who).id
    kept = bot.slack.workspace.ephemerals.items()
    mine = [dict(m) | {"channel": c} for (user, c), all in kept if user == person for m in all]
    return sorted(mine, key=lambda message: str(message["ts"]))


def last_whisper(bot: House, who: str) -> str:
    return json.dumps(whispered(bot, who)[-1], ensure_ascii=False)


async def press_whispered(bot: House, who: str, action: str) -> None:
    """Press a button of the newest answer that has it."""
    message = next(m for m in reversed(whispered(bot, who)) if action in json.dumps(m))
    channel, ts = message["channel"], message["ts"]
    done = await bot.do(do="click", user=who, channel=channel, ts=ts, action_id=action)
    assert done.ok, done


async def opened(bot: House, who: str, words: str) -> Any:
    person = bot.slack.workspace.person(who).id

    def look() -> Any:
        modal = bot.slack.workspace.modal_of(person)
        return modal if modal and words in json.dumps(modal.body, ensure_ascii=False) else None

    return await bot.until(look)


async def test_an_update_says_what_changed_and_when_the_next_one_comes(bot: House) -> None:
    room = await bot.declared("Uploads hang")
    await bot.say("maya", room, "/incident update INC-1 Half of the uploads hang")
    await bot.until(lambda: "Half of the uploads hang" in bot.card(room))
    # Severity 3 has no rhythm.
    await bot.until(lambda: "Next update when something changes" in bot.text(room))
    await bot.say("maya", room, "/incident severity 2")
    await bot.until(lambda: "*Next update*" in bot.card(room))
    await bot.say("maya", room, "/incident update")
    form = await opened(bot, "maya", "Update INC-1")
    shown = json.dumps(form.body, ensure_ascii=False)
    assert "Maya Okafor changed the severity from 3 to 2" in shown
    assert '"initial_value": "Half of the uploads hang"' in shown
    assert '"initial_option": {"text": {"type": "plain_text", "text": "in 60 minutes"' in shown
    values = {
        "text": {"value": "A tenth hangs <!channel>"},
        "changed": {"value": "reads switched"},
        "doing": {"value": "waiting for the vendor"},
        "unknown": {"value": "the cause"},
        "next": {"value": "20"},
    }
    assert (await bot.do(do="submit", user="maya", values=values)).ok
    message = await bot.until(lambda: next(
        (m for m in bot.messages(room) if "A tenth hangs" in m["text"]), None)
    )  # fmt: skip
    said = json.dumps(message["blocks"], ensure_ascii=False)
    order = [
        "Sev 2, open",
        "A tenth",
        "*Changed*",
        "*Being done*",
        "*Not known yet*",
        "Next update",
    ]
    assert [said.index(words) for words in order] == sorted(said.index(words) for words in order)
    assert "<!channel>" not in said
    entry = (await bot.story("update"))[-1]
    assert entry.data["changed"] == "reads switched"
    at = clock.parse(entry.data["next_update"])
    assert abs(at - entry.at - timedelta(minutes=20)) < timedelta(seconds=5)
    await bot.until(lambda: f"*Next update*\\n<!date^{int(at.timestamp())}" in bot.card(room))

    await bot.say("jonas", room, f"/incident update {LONG}")
    await bot.until(lambda: "980 more lines" in bot.text(room))
    assert "line 500 of" not in bot.text(room)
    assert (await bot.story("update"))[-1].text == LONG


async def test_a_late_update_is_said_to_its_owner_and_then_to_the_channel(bot: House) -> None:
    room = await bot.declared("Uploads hang")
    await bot.say("maya", room, "/incident role commander")
    await bot.say("maya", room, "/incident severity 1")
    await eventually(bot, "update", there=True, stage=0)
    await hurry(bot, "update")
    await bot.until(lambda: "Update on INC-1 was due" in direct(bot, "maya"))
    assert "the channel hears of it at" in direct(bot, "maya")
    assert "Update was due" not in bot.text(room)
    assert "was due" not in direct(bot, "jonas")

    await press(bot, "maya", "update.snooze:10")
    await bot.until(lambda: "I remind you again at" in direct(bot, "maya"))
    await eventually(bot, "update", there=True, stage=0)
    await hurry(bot, "update")
    await bot.until(lambda: direct(bot, "maya").count("was due <!date") == 1)
    await eventually(bot, "update", there=True, stage=1)
    await hurry(bot, "update")
    await bot.until(lambda: "Update was due" in bot.text(room))
    maya = bot.slack.workspace.person("maya").id
    assert f"<@{maya}> owes it" in bot.text(room)
    await eventually(bot, "update", there=False)

    await bot.click("jonas", room, "incident.update")
    await opened(bot, "jonas", "Update INC-1")
    done = await bot.do(do="submit", user="jonas", values={"text": {"value": "Half is back"}})
    assert done.ok
    await eventually(bot, "update", there=True, stage=0)
    await hurry(bot, "update")
    await eventually(bot, "update", there=True, stage=1)
    await bot.until(lambda: "update.dismiss" in direct(bot, "maya"))
    await press(bot, "maya", "update.dismiss")
    await bot.until(lambda: "no more reminders until" in direct(bot, "maya"))
    await eventually(bot, "update", there=False)
    await bot.until(lambda: "*Next update*" not in bot.card(room))
    await bot.until(lambda: "The promised update is taken back" in bot.text(room))

    await bot.say("maya", room, "/incident update Nearly there")
    await eventually(bot, "update", there=True)
    await bot.say("maya", room, "/incident resolve It was DNS")
    await eventually(bot, "update", there=False)


async def test_without_a_commander_the_channel_hears_once(bot: House) -> None:
    room = await bot.declared("Uploads hang")
    await bot.say("maya", room, "/incident severity 2")
    await eventually(bot, "update", there=True)
    await hurry(bot, "update")
    await bot.until(lambda: "nobody commands this incident" in bot.text(room))
    await eventually(bot, "update", there=False)
    assert "was due" not in direct(bot, "maya") + direct(bot, "jonas")


async def test_subscribers_and_channels_hear_what_they_asked_for(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    async with house(tmp_path, database_url, config=FILTERED, port=free_port) as bot:
        await bot.say("jonas", "general", "/incident subscribe 2")
        await bot.told("jonas", "severity 2 or worse")
        await bot.say("jonas", "general", "/incident subscribe blob-of-nobody")
        await bot.told("jonas", "Name a severity (1 to 5)")
        room = await bot.declared("Uploads hang")
        await bot.until(lambda: "Sev 3, open: Uploads hang" in bot.text("general"))
        assert "Uploads hang" not in bot.text("random") + direct(bot, "jonas")

        await bot.say("maya", room, "/incident severity 1")
        await bot.until(lambda: "Sev 1, open: Uploads hang" in direct(bot, "jonas"))
        for channel in ("incidents", "random", "general"):
            await bot.until(lambda c=channel: "Sev 1, open: Uploads hang" in bot.text(c))  # type: ignore[misc]
            assert bot.text(channel).count(f"<#{bot.channel(room).id}>") == 1
        await bot.say("maya", room, "/incident update We serve from the backup")
        await bot.until(lambda: "We serve from the backup" in direct(bot, "jonas"))
        await bot.quiet()
        assert len(bot.calls("conversations.open")) == 0

        await bot.say("jonas", "general", "/incident mute INC-1")
        await bot.told("jonas", "You hear no more of INC-1")
        before = direct(bot, "jonas")
        await bot.say("maya", room, "/incident resolve It was DNS")
        await bot.until(lambda: "Sev 1, resolved" in bot.text("random"))
        await bot.quiet()
        assert direct(bot, "jonas") == before

        await bot.say("jonas", "general", "/incident subscribe")
        await bot.told("jonas", "INC-1: muted")
        await bot.say("jonas", "general", "/incident subscribe INC-1")
        await bot.told("jonas", "You are told of INC-1 from now on")

        await press_whispered(bot, "jonas", "subscription.choose")
        await opened(bot, "jonas", "What you are told")
        assert (await bot.do(do="submit", user="jonas", values={"severity": {"value": "1"}})).ok
        await bot.told("jonas", "every incident, severity 1")
        await press_whispered(bot, "jonas", "subscription.end:0")
        await bot.until(lambda: "severity 1" not in last_whisper(bot, "jonas"))
        assert "INC-1" in last_whisper(bot, "jonas")
        await press(bot, "jonas", "verb:mute")
        await bot.until(lambda: bot.heard("jonas").count("You hear no more of INC-1") == 4)


async def declared_as(bot: House, how: str, title: str, severity: str = "1") -> None:
    await bot.say("maya", "general", "/incident declare")
    await opened(bot, "maya", "Declare")
    values = {"title": {"value": title}, "severity": {"value": severity}, "how": {"value": how}}
    assert (await bot.do(do="submit", user="maya", values=values)).ok


def _hide(session: Session, incident: str) -> None:
    session.get_one(Incident, incident).private = True
    timeline.append(session, incident, "note", "Only for members from now on.")


async def test_what_is_private_or_a_test_goes_nowhere_it_should_not(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    config = FILTERED.replace("oncall: [jonas]", PRIVATE)
    async with house(tmp_path, database_url, config=config, port=free_port) as bot:
        bot.slack.workspace.app.scopes |= GROUPS
        await bot.say("jonas", "general", "/incident subscribe 5")
        await bot.told("jonas", "any severity")
        await declared_as(bot, "private", "Payroll leaks")
        await declared_as(bot, "test", "Autumn drill")
        await bot.until(lambda: "TEST · Sev 1, open" in bot.text("general"))
        await bot.until(lambda: "TEST · Sev 1, open" in bot.text("incidents"))
        await bot.room(2)
        room = await bot.declared("Uploads hang")
        await bot.until(lambda: "Uploads hang" in direct(bot, "jonas"))
        await bot.until(lambda: "Uploads hang" in bot.text("incidents"))
        await bot.quiet()
        heard = direct(bot, "jonas") + "".join(map(bot.text, ("general", "random", "incidents")))
        assert "Payroll" not in heard
        assert "drill" not in direct(bot, "jonas") + bot.text("random")

        await bot.app.store.tx(_hide, "INC-3")
        for channel in ("general", "incidents"):
            await bot.until(lambda c=channel: "Uploads hang" not in bot.text(c))  # type: ignore[misc]
        before = direct(bot, "jonas")
        await bot.say("maya", room, "/incident update Secret words")
        await bot.until(lambda: "Secret words" in bot.text(room))
        await bot.quiet()
        assert direct(bot, "jonas") == before
        assert "Secret" not in "".join(map(bot.text, ("general", "random", "incidents")))


def _overdue(session: Session) -> None:
    then = clock.now() - timedelta(days=1)
    common = {"owner": None, "state": "open", "due_at": then, "created_by": "U1", "closed_at": None}
    for number, incident in ((1, "INC-1"), (2, "INC-2")):
        session.add(
            ActionItem(
                id=f"ACT-{number}", key=f"k{number}", incident_id=incident, text=f"Fix {incident}",
                created_at=then, **common,
            )
        )  # fmt: skip


async def test_the_digest_comes_once_a_day_while_something_is_open(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    config = CONFIG.replace("oncall: [jonas]", PRIVATE)
    async with house(tmp_path, database_url, config=config, port=free_port) as bot:
        bot.slack.workspace.app.scopes |= GROUPS
        await hurry(bot, "digest")  # nothing is open yet
        await bot.declared("Uploads hang")
        await declared_as(bot, "private", "Payroll leaks")
        await bot.room(2)
        await bot.app.store.tx(_overdue)
        await hurry(bot, "digest")
        await bot.until(lambda: "*Open: 1*" in bot.text("incidents"))
        said = next(m for m in bot.messages("incidents") if "Incidents open: 1" in m["text"])
        text = json.dumps(said, ensure_ascii=False)
        assert "INC-1 sev 3, open, no owner, since" in text
        assert "*Overdue follow-ups: 1*" in text
        assert "ACT-1 Fix INC-1" in text
        assert "Payroll" not in text and "INC-2" not in text
        await hurry(bot, "digest")
        await bot.quiet()

        def digests(session: Session) -> int:
            rows = session.scalars(select(Delivery.id).where(Delivery.id.startswith("digest:")))
            return len(list(rows))

        assert await bot.app.store.tx(digests) == 1
        assert bot.text("incidents").count("*Open: 1*") == 1
