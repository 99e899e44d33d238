"""Running an incident: each gesture by words and by its form, by two at once, and twice."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents import lifecycle
from incidentbot.rehearsal.workspace.server import running
from incidentbot.store.models import Channel, Timer
from tests.stories.house import CONFIG, House, living, settings_for
from tests.stories.test_delivery import acked, again

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

STRICT = CONFIG.replace(
    "approvers: [maya, jonas]}}",
    "approvers: [lena], rights: {{responder: [jonas, '@oncall', guests], commander: [lena]}}}}",
)


def id_of(bot: House, who: str) -> str:
    return bot.slack.workspace.person(who).id


async def modal(bot: House, who: str, holding: str) -> Any:
    """The form that this person sees, once it holds these words."""

    def seen() -> Any:
        view = bot.slack.workspace.modal_of(id_of(bot, who))
        return view if view and holding in json.dumps(view.body, ensure_ascii=False) else None

    return await bot.until(seen)


async def fill(bot: House, who: str, **values: Any) -> Any:
    """Submit the form that is open."""
    given = {name: {"value": value} for name, value in values.items()}
    return await bot.do(do="submit", user=who, values=given)


async def press(bot: House, who: str, action: str) -> Any:
    """Press a button that only this person sees: in their own messages, or whispered."""
    ws, person = bot.slack.workspace, id_of(bot, who)

    def found() -> Any:
        direct = [c for c in ws.channels.values() if c.is_im and person in c.members]
        kept = [(c.id, m) for c in direct for m in c.messages]
        kept += [(room, m) for (one, room), told in ws.ephemerals.items() if one == person
                 for m in told]  # fmt: skip
        return next(((r, m) for r, m in reversed(kept) if action in json.dumps(m)), None)

    room, message = await bot.until(found)
    return await bot.do(do="click", user=who, channel=room, ts=message["ts"], action_id=action)


async def test_a_role_is_taken_given_and_given_up_and_one_has_it_at_a_time(bot: House) -> None:
    room = await bot.declared()
    await bot.say("maya", room, "/incident take")
    await modal(bot, "maya", "Roles of INC-1")
    assert (await bot.do(do="click_view", user="maya", action_id="role.take:scribe")).ok
    await modal(bot, "maya", "role.leave:scribe")
    maya, jonas = id_of(bot, "maya"), id_of(bot, "jonas")
    await bot.until(lambda: f"scribe: <@{maya}>" in bot.card(room))
    await bot.until(lambda: "operations, communications: nobody" in bot.card(room))
    await bot.do(do="click_view", user="maya", action_id="role.leave:scribe")
    await bot.until(lambda: "gave up the role of scribe" in bot.text(room))
    await bot.do(do="close", user="maya")

    await asyncio.gather(*(bot.say(who, room, "/incident take ops") for who in ("maya", "jonas")))
    await bot.until(lambda: bot.heard_in_all("is operations of INC-1 already.") == 1)
    assert len(await bot.story("role")) == 3
    await bot.say("jonas", room, "/incident assign scribe @maya")
    await bot.until(lambda: "Jonas Weber made Maya Okafor scribe." in bot.text(room))
    await bot.say("maya", room, "/incident role scribe nobody")
    await bot.until(lambda: bot.text(room).count("Maya Okafor gave up the role of scribe") == 4)
    await bot.say("maya", room, "/incident assign scribe @incidentbot")
    await bot.told("maya", "is a program, and cannot have a role")

    await bot.say("jonas", room, "/incident role")
    await modal(bot, "jonas", '"type": "users_select"')
    done = await fill(bot, "jonas", commander=jonas, communications=maya, scribe=None)
    assert done.ok
    await bot.until(lambda: f"communications: <@{maya}>" in bot.card(room))
    await bot.until(lambda: "scribe: commander" in bot.card(room))
    await bot.until(lambda: "commander Jonas Weber" in bot.channel(room).topic["value"])
    assert (await bot.story("role"))[-1].data["role"] == "commander"
    await bot.say("maya", "random", "/incident whois")
    await bot.told("maya", "(Jonas Weber): commander of INC-1 since")
    await bot.told("maya", "in Europe/Berlin · <mailto:jonas@shop.example|jonas@shop.example>")
    await bot.say("maya", room, "/incident whois @jonas")
    await bot.until(lambda: bot.whispers("maya").count("commander of INC-1") >= 2)
    await bot.say("maya", room, "/incident whois king")
    await bot.told("maya", "There is no role 'king' (allowed: commander,")


async def test_the_command_is_offered_with_where_we_stand_and_changes_hands_once(
    bot: House,
) -> None:
    room = await bot.declared("Uploads hang")
    await bot.say("maya", room, "/incident take commander")
    await bot.until(lambda: "acknowledged" in bot.card(room))
    await bot.say("maya", room, "/incident update Half of the uploads fail")
    await bot.until(lambda: "*Now*\\nHalf of the uploads fail" in bot.card(room))
    await bot.say("jonas", room, "/incident take lead")
    await bot.told("jonas", "Maya Okafor commands INC-1 already.")
    await bot.say("maya", room, "/incident assign commander @jonas")
    await bot.told("maya", "Jonas Weber is asked to take the command of INC-1.")
    await bot.until(lambda: "Maya Okafor offers you the command of INC-1" in bot.heard("jonas"))
    asked = bot.heard("jonas")
    for words in (
        "Sev 3 (partial), acknowledged",
        "Half of the uploads fail",
        "*Last*",
        "declared",
    ):
        assert words in asked, words
    assert "offers you" not in bot.text(room)
    await press(bot, "maya", "handover.withdraw")
    await bot.until(
        lambda: "Maya Okafor keeps the command of INC-1 after all." in bot.heard("jonas")
    )
    await press(bot, "jonas", "handover.accept")
    await bot.until(lambda: "This offer is over" in bot.heard("jonas"))

    await bot.say("maya", room, "/incident assign commander @jonas")
    await bot.until(lambda: bot.heard("jonas").count('"handover.decline"') == 2)
    await press(bot, "jonas", "handover.decline")
    await bot.until(lambda: "Jonas Weber cannot take it now" in bot.heard("maya"))
    assert len(await bot.story("role")) == 1

    for who in ("maya", "maya"):
        await bot.say(who, room, "/incident assign commander @jonas")
    await bot.until(lambda: bot.heard("jonas").count("handover.accept") == 2)
    presses = [press(bot, "jonas", "handover.accept") for _ in range(2)]
    assert any(result.ok for result in await asyncio.gather(*presses))
    await bot.until(lambda: "Jonas Weber accepted: INC-1 is commanded" in bot.heard("maya"))
    await bot.until(lambda: "commander Jonas Weber" in bot.channel(room).topic["value"])
    assert [e.text for e in await bot.story("role")][1:] == [
        "Maya Okafor made Jonas Weber commander."
    ]

    await bot.say("jonas", room, "/incident assign commander @maya")
    await bot.until(lambda: "Jonas Weber offers you" in bot.heard("maya"))
    await bot.app.store.tx(_due_now, "handover:INC-1")
    await bot.until(lambda: "Maya Okafor did not answer: you command INC-1." in bot.heard("jonas"))
    await press(bot, "maya", "handover.accept")
    await bot.until(lambda: "This offer is over" in bot.heard("maya"))
    await bot.say("maya", room, "/incident assign commander @maya now")
    await bot.until(lambda: "commander Maya Okafor" in bot.channel(room).topic["value"])
    assert len(await bot.story("role")) == 3
    assert [e.data["event"] for e in await bot.story("note")] == [
        "command offered", "command withdrawn", "command offered", "command declined",
        "command offered", "command offered", "command offer expired",
    ]  # fmt: skip


def _due_now(session: Session, key: str) -> None:
    session.get_one(Timer, key).due_at = clock.now()


async def test_the_end_is_asked_about_and_can_be_taken_back(bot: House) -> None:
    room = await bot.declared()
    await bot.say("maya", room, "/incident severity")
    await modal(bot, "maya", "Severity of INC-1")
    assert (await fill(bot, "maya", severity="2", reason="Writes fail too")).ok
    await bot.until(lambda: "from 3 to 2 (major): Writes fail too" in bot.text(room))
    await bot.say("jonas", room, "/incident severity 1 as bad as INC-7")
    await bot.until(lambda: "Sev 1, open" in bot.card(room))

    await bot.click("jonas", room, "incident.ack")
    await bot.until(lambda: "verb:mitigate" in bot.card(room))
    await bot.click("jonas", room, "verb:mitigate")
    await modal(bot, "jonas", "What helped?")
    assert (await fill(bot, "jonas", text=" ")).errors == {"text": "Please write a few words."}
    assert (await fill(bot, "jonas", text="Reads are on the backup")).ok
    await bot.until(lambda: "Sev 1, mitigated" in bot.card(room))
    await bot.say("maya", room, "/incident mitigate Twice")
    await bot.told("maya", "INC-1 is mitigated already.")
    await bot.say("maya", room, "/incident reopen Pictures fail again")
    await bot.until(lambda: "says that the harm is back: Pictures fail again" in bot.text(room))

    for who in ("maya", "jonas"):
        await bot.click(who, room, "incident.resolve")
        view = await modal(bot, who, "Was data lost?")
        assert "anyway" not in json.dumps(view.body)
    assert (await fill(bot, "maya", text="A fuse", lost="unknown", left="Copy back")).ok
    await bot.until(lambda: "Sev 1, resolved" in bot.card(room))
    assert (await fill(bot, "jonas", text="A fuse", lost="no")).ok
    await bot.until(lambda: "INC-1 is resolved already." in bot.heard("jonas"))
    await acked(bot, again(bot, "interactive"))
    (end,) = [e for e in await bot.story("state") if e.data["status"] == "resolved"]
    assert end.text.endswith("A fuse. Data lost: not known yet. Left to do: Copy back.")
    assert (end.data["data_lost"], end.data["left"]) == ("unknown", "Copy back")
    for verb in ("mitigate", "rename", "severity", "merge", "resolve"):
        await bot.say("jonas", room, f"/incident {verb}")
    refusal = "INC-1 is resolved; nothing was changed."
    await bot.until(lambda: bot.whispers("jonas").count(f'"text": "{refusal}') == 5)

    await bot.say("maya", "random", "/incident reopen INC-1")
    await modal(bot, "maya", "Reopen INC-1")
    await bot.do(do="close", user="maya")
    await bot.say("maya", room, "/incident reopen")
    await modal(bot, "maya", "Reopen INC-1")
    assert (await fill(bot, "maya", text="The fuse again")).ok
    await bot.until(lambda: "Sev 1, acknowledged" in bot.card(room))
    await bot.until(lambda: "Sev 1, acknowledged" in bot.text("incidents"))
    await bot.say("maya", room, "/incident reopen Twice")
    await bot.told("maya", "INC-1 is open already.")


async def test_another_name_goes_everywhere_and_a_name_that_is_taken_is_said(bot: House) -> None:
    room = await bot.declared("Uploads hang")
    day = room.removesuffix("-uploads-hang")
    where = bot.channel(room)
    await bot.say("maya", room, "/incident rename")
    await modal(bot, "maya", '"initial_value": "Uploads hang"')
    assert (await fill(bot, "maya", title="Uploads & downloads hang")).ok
    await bot.until(lambda: where.name == f"{day}-uploads-downloads-hang")
    await bot.until(lambda: "Sev 3, open: Uploads & downloads hang" in bot.card(where.name))
    await bot.until(lambda: "Uploads &amp; downloads hang" in bot.text("incidents"))
    await bot.say("jonas", where.name, "/incident rename  Uploads &  downloads hang")
    await bot.told("jonas", "INC-1 has that title already.")

    taken = f"{day}-search-is-slow"
    bot.slack.workspace.create_channel(id_of(bot, "jonas"), taken)
    await bot.say("jonas", where.name, "/incident rename Search is slow")
    kept = f"The channel keeps its name: #{taken} is taken."
    await bot.until(lambda: kept in bot.text(where.name))
    assert where.name == f"{day}-uploads-downloads-hang"
    assert (await bot.app.store.tx(_room, "INC-1")) == where.name

    await bot.say("jonas", where.name, "/incident rename Search hangs")
    await bot.until(lambda: where.name == f"{day}-search-hangs")
    await bot.until(lambda: len(bot.calls("conversations.rename")) == 3)
    assert (await bot.do(do="rename", user="jonas", channel=where.id, name="inc-ours")).ok
    renamed = f"The channel #{day}-search-hangs is called #inc-ours now."
    for _ in range(500):
        told = [entry.text for entry in await bot.story("external")]
        if renamed in told:
            break
        await asyncio.sleep(0.02)
    assert renamed in told
    # A person's choice stays.
    await bot.say("jonas", where.name, "/incident rename It is DNS")
    await bot.until(lambda: "Sev 3, open: It is DNS" in bot.card(where.name))
    await bot.quiet()
    assert len(bot.calls("conversations.rename")) == 3
    assert [e.data["title"] for e in await bot.story("note")][-1] == "It is DNS"


def _room(session: Session, incident_id: str) -> str:
    return session.get_one(Channel, incident_id).name


async def test_a_merged_incident_goes_on_in_the_other_until_it_is_reopened(bot: House) -> None:
    first = await bot.declared("Uploads hang", who="jonas")
    second = await bot.declared("Pictures do not load")
    third = await bot.declared("Checkout fails")
    rooms = [bot.channel(name) for name in (first, second, third)]
    await bot.say("maya", second, "/incident merge INC-2")
    await bot.told("maya", "INC-2 cannot be part of itself. Name the one that goes on.")
    await bot.say("maya", second, "/incident merge INC-99")
    await bot.told("maya", "There is no incident INC-99.")
    await bot.do(do="leave", user="jonas", channel=second)
    await bot.say("maya", first, "/incident merge")
    await modal(bot, "maya", "Which one goes on?")
    assert (await fill(bot, "maya", into="INC-2")).ok
    link = f"<#{rooms[1].id}>"
    await bot.until(lambda: f"it goes on there. {link}" in bot.text(first))
    await bot.until(lambda: "Sev 3, merged into INC-2" in bot.card(first))
    await bot.until(
        lambda: (
            rooms[0].topic["value"] == f"Merged into INC-2, it goes on there in #{second} · INC-1"
        )
    )
    await bot.until(lambda: "merged into INC-2" in bot.text("incidents"))
    await bot.until(lambda: id_of(bot, "jonas") in rooms[1].members)
    await bot.until(
        lambda: "merged INC-1 (Uploads hang) into this. It began earlier" in bot.text(second)
    )

    await bot.say("jonas", first, "/incident ack")
    await bot.told("jonas", f"INC-1 was merged into INC-2; it goes on there in {link}.")
    await bot.say("maya", "random", "/incident merge INC-1 into INC-2")
    await bot.told("maya", "INC-1 was merged into INC-2 already.")
    both = ["/incident merge INC-2 INC-3", "/incident merge INC-3 INC-2"]
    await asyncio.gather(*(bot.say("maya", "random", words) for words in both))
    await bot.until(lambda: "cannot be part of itself, and INC-" in bot.heard("maya"))
    rest = await bot.app.store.tx(
        lambda s: [r.id for r in lifecycle.listed(s) if r.status == "open"]
    )
    assert len(rest) == 1
    goes_on = rooms[int(rest[0][-1]) - 1]
    await bot.say("jonas", first, "/incident update Where am I?")
    await bot.told("jonas", f"it goes on there in <#{goes_on.id}>.")
    assert not await bot.story("document", "INC-1")

    await bot.say("maya", first, "/incident reopen It is another thing")
    await bot.until(lambda: "Sev 3, open: Uploads hang" in bot.card(first))
    await bot.until(lambda: "INC-1 (Uploads hang) goes on by itself again." in bot.text(second))
    await bot.say("jonas", first, "/incident ack")
    await bot.until(lambda: "Sev 3, acknowledged" in bot.card(first))


@pytest.fixture
async def strict(tmp_path: Path, database_url: str, free_port: int) -> AsyncIterator[House]:
    """Where only some may do something; lena, gil (a guest) and sam (a stranger) are there too."""
    async with running() as slack:
        ws = slack.workspace
        ws.add_person("lena", "Lena Park")
        ws.add_person("omar", "Omar Haddad")
        ws.add_person("gil", "Gil Guest", is_restricted=True)
        ws.add_person("sam", "Sam Stranger", team_id="TELSEWHERE")
        config = settings_for(slack, tmp_path, database_url, STRICT, free_port)
        async with living(slack, config, tmp_path) as made:
            yield made


async def test_who_may_do_what_and_a_refusal_says_who(strict: House) -> None:
    bot = strict
    room = await bot.declared()  # maya is in the group @oncall
    where = bot.channel(room).id
    await bot.until(lambda: id_of(bot, "jonas") in bot.channel(room).members)
    others = [id_of(bot, who) for who in ("omar", "gil", "lena")]  # a guest is brought in
    bot.slack.workspace.invite(id_of(bot, "maya"), where, others)
    bot.slack.workspace.connect(id_of(bot, "sam"), where)
    for who in ("omar", "sam"):
        await bot.click(who, room, "incident.ack")
    allowed = "takes the right of a responder. Who has it: jonas, @\u200boncall, guests."
    await bot.until(lambda: allowed in bot.heard("omar"))
    await bot.until(lambda: allowed in bot.heard("sam"))
    await bot.click("gil", room, "incident.ack")
    await bot.until(lambda: "Gil Guest acknowledged the incident." in bot.text(room))
    await bot.say("omar", room, "/incident whois")
    await bot.told("omar", "INC-1 has no crew yet.")

    await bot.say("jonas", room, "/incident merge")
    await bot.told(
        "jonas",
        "`/incident merge` takes the right of a commander. Who has it: lena.".replace(
            "`", "\u200b`"
        ),
    )
    await bot.say("jonas", room, "/incident take commander")
    await bot.until(lambda: "commander Jonas Weber" in bot.channel(room).topic["value"])
    await bot.say("jonas", room, "/incident merge")
    await bot.told("jonas", "No other incident is open")
    await bot.say("maya", room, "/incident assign commander @maya now")
    await bot.told("maya", "Moving the command of somebody else takes the right of a commander.")
    await bot.say("jonas", room, "/incident assign scribe @omar")
    await bot.told("jonas", "Omar Haddad cannot have a role: that takes the right of a responder.")
    await bot.say("jonas", room, "/incident assign scribe @gil")
    await bot.until(lambda: "Jonas Weber made Gil Guest scribe." in bot.text(room))
    await bot.say("jonas", room, "/incident assign scribe @sam")
    await bot.told("jonas", "Sam Stranger cannot have a role: that takes the right of a responder.")
    await bot.say("lena", room, "/incident assign commander @maya now")  # an admin, by approving
    await bot.until(lambda: "commander Maya Okafor" in bot.channel(room).topic["value"])
    assert [e.data["name"] for e in await bot.story("role")] == [
        "Jonas Weber", "Gil Guest", "Maya Okafor",
    ]  # fmt: skip
