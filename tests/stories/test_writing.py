"""What people write down: kept messages, notes, action items, links, and finding them again."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.rehearsal.app_manifest import install
from incidentbot.rehearsal.workspace import deeds
from incidentbot.rehearsal.workspace.gate import Fault
from tests.stories.house import House
from tests.stories.writing import blocks_of, declared, entries, event, id_of, modal, said

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def bot(bot: House) -> House:
    """With the scopes, events and shortcuts of the manifest, and no others."""
    install(bot.slack.workspace.app)
    return bot


async def test_a_pushpin_keeps_a_message_once_and_what_becomes_of_it_is_told(bot: House) -> None:
    room = await declared(bot)
    ts = await said(bot, "maya", room, "Cache <flushed> & refilled, see https://x.example @jonas")
    for who, name in (("jonas", "pushpin"), ("maya", "pushpin"), ("maya", "round_pushpin")):
        await bot.do(do="react", user=who, channel=room, ts=ts, name=name)
    await bot.until(lambda: '"memo"' in blocks_of(bot, room, ts))  # our mark on it
    (entry,) = await entries(bot, "message", 1)
    assert entry.text == "Cache <flushed> & refilled, see https://x.example @Jonas Weber"
    assert entry.actor == id_of(bot, "maya")
    assert entry.data["name"] == "Maya Okafor"
    assert entry.data["by_name"] in ("Maya Okafor", "Jonas Weber")  # whoever was read first
    assert entry.data["link"].endswith(f"/archives/{bot.channel(room).id}/p{ts.replace('.', '')}")
    assert entry.at == datetime.fromtimestamp(float(ts), UTC)

    await bot.do(do="edit", user="maya", channel=room, ts=ts, text="Cache flushed twice")
    (_, edit) = await entries(bot, "message", 2)
    assert edit.text == "Maya Okafor edited a message in Slack; it says now: Cache flushed twice"

    for who, name in (("jonas", "pushpin"), ("maya", "pushpin"), ("maya", "round_pushpin")):
        assert not await bot.story("note")  # until the last one
        await bot.do(do="react", user=who, channel=room, ts=ts, name=name, remove=True)
    (off,) = await entries(bot, "note", 1)
    assert off.text.startswith("The last pushpin was taken off a message of Maya Okafor: Cache")
    await bot.do(do="react", user="jonas", channel=room, ts=ts, name="pushpin")
    (_, again) = await entries(bot, "note", 2)
    assert again.text.startswith("A pushpin is back on a message of Maya Okafor: Cache")

    await bot.do(do="delete", user="maya", channel=room, ts=ts)
    (*_, gone) = await entries(bot, "message", 3)
    assert gone.text.startswith("A message of Maya Okafor was deleted in Slack: Cache")
    assert "pushpin" not in bot.text(room)  # told in the timeline, not in the channel


async def test_replies_files_and_what_apps_say_are_kept_too(bot: House) -> None:
    room = await declared(bot)
    first = await said(bot, "maya", room, "What does the graph say?")
    reply = await said(bot, "jonas", room, "Errors fall", thread_ts=first)
    shared = await deeds.share(
        bot.slack.hub, id_of(bot, "jonas"), bot.channel(room).id, [("graph.png", b"png")]
    )
    card = bot.channel(room).pins[0]["ts"]
    for ts in (reply, str(shared.ts), card):
        await bot.do(do="react", user="maya", channel=room, ts=ts, name="pushpin")
    found = {e.data["ts"]: e for e in await entries(bot, "message", 3)}
    assert found[reply].text == "Errors fall"
    assert f"thread_ts={first}" in found[reply].data["link"]
    assert found[str(shared.ts)].text == "Files: graph.png"
    assert found[str(shared.ts)].data["files"][0]["link"].startswith("http")
    assert found[card].text == "🔴 Sev 3, open: Pictures do not load"
    # Our own card is edited all day; that is no news about what was kept.
    await bot.say("maya", room, "/incident ack")
    await bot.until(lambda: "acknowledged" in bot.card(room))
    await bot.do(do="delete", user="maya", channel=room, ts=first)  # leaves a tombstone
    await bot.do(do="delete", user="jonas", channel=room, ts=reply)
    assert "deleted" in (await entries(bot, "message", 4))[-1].text
    await bot.quiet()
    assert len(await bot.story("message")) == 4


async def test_events_in_any_order_leave_what_is_true_now(bot: House) -> None:
    room = await declared(bot)
    channel = bot.channel(room).id
    ts = await said(bot, "maya", room, "First words")
    item = {"type": "message", "channel": channel, "ts": ts}
    # Put on and taken off again, told the other way round.
    event(bot, "reaction_removed", "jonas", reaction="pushpin", item=item)
    event(bot, "reaction_added", "jonas", reaction="pushpin", item=item)
    event(bot, "reaction_added", "jonas", reaction="pushpin", item=item | {"ts": "12.000001"})
    await bot.until(lambda: "not there any more; nothing was kept" in bot.whispers("jonas"))
    # Edited before anybody kept it; then kept, and its pushpin told twice, as Slack may; and
    # Slack does not let us look at once.
    await bot.do(do="edit", user="maya", channel=room, ts=ts, text="Second words")
    await bot.quiet()
    limit = Fault("429", "conversations.history", retry_after=1)
    bot.slack.hub.gate.faults.append(limit)
    await bot.do(do="react", user="jonas", channel=room, ts=ts, name="pushpin")
    bot.slack.hub.redeliver("last")
    bot.slack.hub.redeliver("last", new_event_id=True)
    (entry,) = await entries(bot, "message", 1)
    assert (entry.text, limit.hit) == ("Second words", 1)
    # An edit from before is told late: it is in what was kept.
    stale = {"type": "message", "ts": ts, "text": "Old", "edited": {"user": "U1", "ts": "1.0"}}
    event(
        bot,
        "message",
        "maya",
        subtype="message_changed",
        channel=channel,
        message=stale,
        previous_message={"ts": ts, "text": "First words"},
    )
    await bot.say("maya", room, "/incident note Later")
    await entries(bot, "note", 1)
    assert [e.text for e in await bot.story("message")] == ["Second words"]


async def test_whoever_may_not_work_on_incidents_keeps_nothing_and_is_told_why(bot: House) -> None:
    room = await declared(bot)
    ws = bot.slack.workspace
    guest = ws.add_person("gina", "Gina Guest", is_restricted=True)
    ws.invite(id_of(bot, "maya"), bot.channel(room).id, [guest.id])
    ts = await said(bot, "maya", room, "Only we keep this")
    await bot.do(do="react", user="gina", channel=room, ts=ts, name="pushpin")
    await bot.told("gina", "Keeping a message takes the right of a responder.")
    await bot.do(do="say", user="gina", channel=room, text="@incidentbot note me too")
    await bot.until(lambda: bot.heard_in_all("takes the right of a responder") == 2)
    assert not await bot.story("message")
    assert not await bot.story("note")


async def test_elsewhere_the_person_is_asked_which_incident(bot: House) -> None:
    ts = await said(bot, "maya", "incidents", "The vendor called us")
    room = await declared(bot, "Uploads hang")
    await declared(bot, "Search is slow")
    await bot.do(do="react", user="jonas", channel="incidents", ts=ts, name="pushpin")
    await bot.told("jonas", "Which incident's timeline shall this message be kept in?")
    channel = bot.channel("incidents").id
    (asked,) = bot.slack.workspace.ephemerals[id_of(bot, "jonas"), channel]
    await bot.do(
        do="click",
        user="jonas",
        channel="incidents",
        ts=asked["ts"],
        action_id="kept.choose",
        selected=f"INC-1|{channel}|{ts}",
    )
    await bot.told("jonas", "The message is in the timeline of INC-1.")
    await bot.until(lambda: "Maya Okafor said: The vendor called us" in bot.text(room))
    (entry,) = await bot.story("message")
    assert entry.data["by"] == id_of(bot, "jonas")
    assert not await bot.story("message", "INC-2")
    assert '"memo"' not in blocks_of(bot, "incidents", ts)


async def test_the_menu_of_a_message_works_where_the_bot_is_not(bot: House) -> None:
    room = await declared(bot, "Uploads hang")
    ts = await said(bot, "jonas", "random", "Users see 503 since 9, @maya please ask the vendor")
    shortcut = {"do": "message_shortcut", "user": "maya", "channel": "random", "ts": ts}

    await bot.do(**shortcut, callback_id="timeline.keep")
    await modal(bot, "maya")
    await bot.do(do="submit", user="maya", values={"incident": {"value": "INC-1"}})
    (entry,) = await entries(bot, "message", 1)
    assert entry.text == "Users see 503 since 9, @Maya Okafor please ask the vendor"
    assert entry.actor == id_of(bot, "jonas")

    await bot.do(**shortcut, callback_id="action.make")
    view = await modal(bot, "maya")
    shown = json.dumps(view.body)
    assert "please ask the vendor" in shown
    assert f'"initial_user": "{id_of(bot, "maya")}"' in shown
    values = {
        "incident": {"value": "INC-1"},
        "text": {"value": "Ask the vendor"},
        "owner": {"value": id_of(bot, "jonas")},
        "due": {"value": "2027-03-02"},
    }
    await bot.do(do="submit", user="maya", values=values)
    (made,) = await entries(bot, "note", 1)
    assert made.text == "ACT-1, for Jonas Weber, due 2027-03-02: Ask the vendor"
    await bot.until(lambda: "is yours: Ask the vendor" in bot.heard("jonas"))
    assert f"p{ts.replace('.', '')}" in bot.heard("jonas")

    await bot.do(**shortcut, callback_id="message.link")
    await modal(bot, "maya")
    await bot.do(do="submit", user="maya", values={"incident": {"value": "INC-1"}})
    await bot.until(lambda: "Jonas Weber: Users see 503" in bot.card(room))
    random = bot.channel("random")
    await bot.until(lambda: any("This belongs to INC-1" in m["text"] for m in random.thread(ts)))
    assert bot.slack.workspace.app.bot_user_id not in random.members


async def test_action_items_are_made_given_done_and_drafted(bot: House) -> None:
    room = await declared(bot, "Uploads hang")
    await bot.say("maya", room, "/incident actions")
    await bot.told("maya", "None yet.")
    await bot.say("maya", room, "/incident actions add Purge <old> keys & tell @jonas")
    await entries(bot, "note", 1)
    await bot.say("maya", room, "/incident actions add Rotate the key")
    await bot.until(lambda: "2 action items open" in bot.card(room))
    await bot.until(lambda: bot.heard("jonas").count("is yours: Purge") == 2)  # text and block
    assert "ACT-1, for Jonas Weber: Purge &lt;old&gt; keys &amp; tell" in bot.text(room)

    dm = next(c for c in bot.slack.workspace.channels.values()
              if c.is_im and id_of(bot, "jonas") in c.members and c.messages)  # fmt: skip
    message = dm.messages[-1]
    click = {"do": "click", "user": "jonas", "channel": dm.id, "ts": message["ts"]}
    await bot.do(**click, action_id="action.done:ACT-1")
    await bot.until(lambda: "ACT-1 is done: Purge" in json.dumps(dm.find(message["ts"])))
    await bot.until(lambda: "1 action item open" in bot.card(room))

    await bot.say("jonas", room, "/incident actions")
    await bot.told("jonas", "*Action items of INC-1*")
    channel = bot.channel(room).id
    shown = bot.slack.workspace.ephemerals[id_of(bot, "jonas"), channel][-1]
    assert "action.done:ACT-2" in json.dumps(shown)
    click = {"do": "click", "user": "jonas", "channel": room, "ts": shown["ts"]}
    await bot.do(**click, action_id="action.reassign:ACT-2")
    await modal(bot, "jonas")
    await bot.do(do="submit", user="jonas", values={"owner": {"value": id_of(bot, "maya")}})
    await bot.until(lambda: bot.heard("maya").count("is yours: Rotate the key") == 2)
    await bot.do(**click, action_id="action.drop:ACT-2")
    await bot.until(lambda: "☒ *ACT-2* Rotate the key" in bot.whispers("jonas"))
    await bot.say("jonas", room, "/incident actions reopen ACT-2")
    await bot.say("jonas", room, "/incident actions give ACT-2 @jonas")
    await bot.say("jonas", room, "/incident actions done ACT-9")
    await bot.told("jonas", "There is no action item ACT-9.")
    assert [e.text.partition(":")[0] for e in await entries(bot, "note", 7)] == [
        "ACT-1, for Jonas Weber",
        "ACT-2",
        "ACT-1 is done (Jonas Weber)",
        "Jonas Weber gave Maya Okafor ACT-2",
        "ACT-2 is dropped (Jonas Weber)",
        "ACT-2 is open again (Jonas Weber)",
        "Jonas Weber took ACT-2",
    ]
    await bot.say("jonas", room, "/incident postmortem")
    await bot.told("jonas", "Postmortem of INC-1")
    draft = (bot.folder / "documents" / "INC-1" / "postmortem.md").read_text(encoding="utf-8")
    assert "Maya Okafor made it ACT-2; Jonas Weber does it." in draft.replace("\\", "")
    await bot.say("maya", room, "/incident export")
    await bot.told("maya", "*Documents of INC-1*")
    for name in ("postmortem.md", "postmortem.html", "postmortem.json"):
        assert f"/documents/INC-1/{name}" in bot.whispers("maya")


async def test_a_note_may_be_late_and_the_timeline_has_pages_and_filters(bot: House) -> None:
    room = await declared(bot, "Uploads hang")
    await bot.say("maya", room, "/incident note")
    await modal(bot, "maya")
    empty = await bot.do(do="submit", user="maya", values={"text": {"value": " "}})
    assert empty.errors == {"text": "Please write a few words."}
    hour = int((clock.now() - timedelta(hours=1)).timestamp())
    values = {"text": {"value": "Queue grew"}, "at": {"value": hour}}
    await bot.do(do="submit", user="maya", values=values)
    await bot.until(lambda: "Queue grew" in bot.text(room))
    assert "written down" in bot.text(room)
    (note,) = await bot.story("note")
    assert (note.at.timestamp(), note.kind) == (hour, "note")

    def more(session: Session) -> None:
        for number in range(45):
            person = Person(id_of(bot, "jonas"), "Jonas Weber")
            lifecycle.note(session, "INC-1", f"Step {number:02}", person)

    await bot.app.store.tx(more)
    many = len(await bot.app.store.tx(timeline.read, "INC-1"))
    await bot.say("jonas", room, "/incident timeline")
    await bot.told("jonas", f"({many - 19} to {many} of {many})")
    assert "Step 44" in bot.whispers("jonas")
    shown = bot.slack.workspace.ephemerals[id_of(bot, "jonas"), bot.channel(room).id][-1]
    click = {"do": "click", "user": "jonas", "channel": room, "ts": shown["ts"]}
    for first in (many - 39, 1):
        await bot.do(**click, action_id="timeline.page:older")
        await bot.told("jonas", f"({first} to {first + 19} of {many})")
    # By the time it happened, not by when it was written down.
    assert bot.whispers("jonas").index("Queue grew") < bot.whispers("jonas").index("declared")
    await bot.do(**click, action_id="timeline.narrow")
    await modal(bot, "jonas")
    values = {"kinds": {"value": ["note", "message"]}, "who": {"value": id_of(bot, "maya")}}
    await bot.do(do="submit", user="jonas", values=values)
    await bot.told("jonas", "*Timeline of INC-1*, filtered")
    found = json.dumps(
        bot.slack.workspace.ephemerals[id_of(bot, "jonas"), bot.channel(room).id][-1]
    )
    assert "Queue grew" in found
    assert "Step" not in found
    assert "declared" not in found
