"""Telling people, and writing down."""

from tests.stories.gestures.walk import Deeds, Walk

does = Deeds()


@does("command update", "click incident.update", "submit incident.update")
async def update(walk: Walk) -> None:
    await walk.declare("Pages hang")
    await walk.type("maya", "update Half of the pages hang")
    await walk.card("Half of the pages hang")
    await walk.type("maya", "update")
    await walk.form("maya", "Half of the pages hang", "When does the next update come?")
    await walk.fault("maya", "text", "a few words", text=" ")
    await walk.fill("maya", text="A tenth hangs", changed="reads switched", next="20")
    await walk.shown("A tenth hangs")
    await walk.press_in_room("jonas", "incident.update")
    await walk.form("jonas", "A tenth hangs")
    await walk.fill("jonas", text="Nearly none hangs")
    await walk.card("Nearly none hangs")


@does("click update.snooze", "click update.dismiss")
async def reminders(walk: Walk) -> None:
    await walk.type("maya", "role commander")
    await walk.type("maya", "severity 1")
    await walk.card("Sev 1, acknowledged")
    await walk.hurry("update")
    await walk.told("maya", f"Update on {walk.number} was due")
    await walk.press("maya", "update.snooze:10")
    await walk.told("maya", "I remind you again at")
    asked = walk.bot.heard("maya").count('"update.dismiss"')
    await walk.hurry("update")
    await walk.bot.until(lambda: walk.bot.heard("maya").count('"update.dismiss"') > asked)
    await walk.press("maya", "update.dismiss")
    await walk.told("maya", "no more reminders until the next update names a time")


@does("command subscribe", "command mute", "click subscription.end", "click subscription.choose",
      "submit subscription.choose")  # fmt: skip
async def subscribe(walk: Walk) -> None:
    await walk.type("ana", "subscribe 2", "general")
    await walk.told("ana", "severity 2 or worse")
    await walk.press("ana", "subscription.end")
    await walk.type("ana", "subscribe", "general")
    await walk.press("ana", "subscription.choose")
    await walk.form("ana", "What you are told")
    await walk.fill("ana", severity="4")
    await walk.told("ana", "severity 4 or worse")
    await walk.type("ana", f"mute {walk.number}", "general")
    await walk.told("ana", f"You hear no more of {walk.number}")
    await walk.type("ana", f"subscribe {walk.number}", "general")
    await walk.told("ana", f"You are told of {walk.number} from now on")


@does("command statuspage", "submit statuspage.draft", "click statuspage.discard",
      "click statuspage.approve", "click statuspage.again")  # fmt: skip
async def statuspage(walk: Walk) -> None:
    await walk.type("maya", "statuspage A text that nobody wants")
    await walk.press_in_room("maya", "statuspage.discard")
    await walk.bot.until(lambda: "statuspage.discard" not in walk.bot.text(walk.room))
    await walk.type("maya", "statuspage")
    await walk.form("maya", "What the public reads")
    await walk.fault("maya", "text", "a few words", text=" ")
    walk.wire.mishaps = ["422"]
    await walk.fill("maya", name="Pages are slow", status="investigating", text="Pages hang.")
    await walk.press_in_room("jonas", "statuspage.approve")
    await walk.shown("The public was not told")
    await walk.press_in_room("jonas", "statuspage.again")
    await walk.shown("says now: Pages are slow")
    (told,) = walk.wire.incidents
    assert [one["body"] for one in told["incident_updates"]] == ["Pages hang."]


@does("command note", "submit incident.note")
async def note(walk: Walk) -> None:
    await walk.type("maya", "note The queue grew")
    await walk.shown("The queue grew")
    await walk.type("maya", "note")
    await walk.form("maya", "What happened?")
    await walk.fault("maya", "text", "a few words", text=" ")
    await walk.fill("maya", text="The queue shrank")
    await walk.entry("note", "The queue shrank")
    await walk.shown("The queue shrank")


@does("command link", "submit incident.link")
async def link(walk: Walk) -> None:
    await walk.type("maya", "link https://x.example/graph The graph")
    await walk.card("https://x.example/graph|The graph")
    await walk.type("maya", "link")
    await walk.form("maya", "Address, or an incident")
    await walk.fault("maya", "url", "not a web address", url="javascript:alert(1)")
    await walk.fill("maya", url="https://meet.example/1", kind="meeting")
    await walk.card("https://meet.example/1")


@does("command actions", "click action.new", "submit action.add", "click action.done",
      "click action.reassign", "submit action.assign", "click action.drop")  # fmt: skip
async def actions(walk: Walk) -> None:
    await walk.type("maya", "actions add Purge the cache")
    await walk.entry("note", "ACT-1: Purge the cache")
    await walk.type("maya", "actions")
    await walk.press("maya", "action.new")
    await walk.form("maya", "What will be done?")
    await walk.fault("maya", "text", "a few words", text=" ")
    await walk.fill("maya", text="Rotate the key", owner=walk.id("maya"))
    await walk.told("maya", "ACT-2 is on the list")
    await walk.card("2 action items open")
    await walk.type("jonas", "actions")
    await walk.told("jonas", "Rotate the key")
    await walk.press("jonas", "action.reassign:ACT-2")
    await walk.form("jonas", "users_select")
    await walk.fill("jonas", owner=walk.id("jonas"))
    await walk.told("jonas", "Jonas Weber does ACT-2 now")
    await walk.press("jonas", "action.done:ACT-2")
    await walk.entry("note", "ACT-2 is done (Jonas Weber)")
    await walk.type("maya", "actions")
    await walk.press("maya", "action.drop:ACT-1")
    await walk.entry("note", "ACT-1 is dropped (Maya Okafor)")


@does("shortcut timeline.keep", "submit timeline.keep", "shortcut action.make",
      "shortcut message.link", "submit message.link")  # fmt: skip
async def menu_of_a_message(walk: Walk) -> None:
    ts = await walk.say("jonas", "Users see 503, @maya please ask the vendor", "random")
    order = {"channel": "random", "ts": ts}
    await walk.do("message_shortcut", "maya", **order, callback_id="timeline.keep")
    await walk.form("maya", walk.number)
    await walk.fill("maya", incident=walk.number)
    await walk.entry("message", "Users see 503, @Maya Okafor please ask the vendor")
    await walk.do("message_shortcut", "maya", **order, callback_id="action.make")
    await walk.form("maya", "please ask the vendor")
    await walk.fill("maya", incident=walk.number, text="Ask the vendor", owner=walk.id("jonas"))
    await walk.told("jonas", "is yours: Ask the vendor")
    await walk.do("message_shortcut", "maya", **order, callback_id="message.link")
    await walk.form("maya", "Link to an incident")
    await walk.fill("maya", incident=walk.number)
    await walk.card("Jonas Weber: Users see 503")


@does("event reaction_added", "event message/message_changed", "event reaction_removed",
      "event message/message_deleted")  # fmt: skip
async def pushpin(walk: Walk) -> None:
    ts = await walk.say("maya", "Cache flushed")
    order = {"channel": walk.room, "ts": ts}
    await walk.do("react", "jonas", **order, name="pushpin")
    await walk.entry("message", "Cache flushed")
    await walk.do("edit", "maya", **order, text="Cache flushed twice")
    await walk.entry("message", "it says now: Cache flushed twice")
    await walk.do("unreact", "jonas", **order, name="pushpin")
    await walk.entry("note", "The last pushpin was taken off a message of Maya Okafor")
    await walk.do("delete", "maya", **order)
    await walk.entry("message", "A message of Maya Okafor was deleted in Slack")


@does("click kept.choose")
async def choose_where_it_is_kept(walk: Walk) -> None:
    ts = await walk.say("maya", "The vendor called us", "incidents")
    await walk.do("react", "jonas", channel="incidents", ts=ts, name="pushpin")
    await walk.told("jonas", "Which incident's timeline shall this message be kept in?")
    value = f"{walk.number}|{walk.bot.channel('incidents').id}|{ts}"
    await walk.press("jonas", "kept.choose", value)
    await walk.entry("message", "The vendor called us")
