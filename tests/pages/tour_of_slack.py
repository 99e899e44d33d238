"""Where the gallery goes, and what it takes there: one outage, and what lies beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents import lifecycle
from incidentbot.store.models import Timer
from tests.stories.house import RUNBOOKS
from tests.stories.test_running import press
from tests.stories.test_telling import _hurry as hurry

if TYPE_CHECKING:
    from tests.pages.gallery import Tour

CHANGES: dict[str, str] = {}  # of the configuration
DIRECT = "@incidentbot"
SWITCH = "runbook.plan:serve-from-backup"
BACK = "runbook.plan:serve-from-primary"


def runbooks(_: Path) -> Path:
    """Those that are shipped."""
    return RUNBOOKS


def late(session: Session) -> None:
    """The promised update has not come for six minutes."""
    for timer in session.scalars(select(Timer).filter_by(kind="update")):
        timer.data = {**timer.data, "due": clock.iso(clock.now() - timedelta(minutes=6))}
    hurry(session, "update")


def room_of(t: Tour, number: int = 0) -> str:
    """The name of an incident's channel, in the order in which they were made."""
    return str(t.bot.rooms()[number].name)


async def outage(t: Tour) -> None:
    """A region breaks, and nobody answers at first."""
    bot = t.bot
    await bot.until(lambda: t.world.primary.proxy.count() > 6)
    await t.world.stage.break_region("errors")
    room = await bot.room()
    await bot.until(lambda: bot.channel(room).pins)
    await bot.do(do="join", user="maya", channel=room)
    await bot.do(do="join", user="jonas", channel=room)
    await bot.until(lambda: "503" in bot.card(room))
    await t.card("card", "maya", room)
    await t.message("announcement", "is failing", "maya", "incidents")
    await t.message("asked", "You are asked to take", "maya", room)
    await t.message("escalated", "Nobody has answered", "maya", room)
    await t.message("nobody", "Please call", "maya", room)
    await bot.until(lambda: "Nobody owns this" in bot.card(room))
    await t.card("card-nobody", "maya", room)
    await bot.click("maya", room, "incident.command")
    await bot.until(lambda: "acknowledged" in bot.card(room))


async def looking(t: Tour) -> None:
    """What anybody may ask."""
    room = room_of(t)
    for name, command, words in (
        ("menu", "", "What would you like to do?"),
        ("help", " help", "What I can do"),
        ("nearest", " stauts", "Did you mean"),
        ("status", " status", "Failing since"),
        ("list", " list", "INC-1"),
        ("search", " search S3", "Found"),
        ("search-nothing", " search unicorns", "No incident found"),
        ("timeline", " timeline", "Timeline of INC-1"),
        ("whois", " whois", "Maya"),
        ("oncall", " oncall", "On call"),
        ("readiness", " readiness shop-images", "Readiness of"),
        ("settings", " settings", "How it is set up"),
    ):
        await t.answer(name, f"/incident{command}", words, "maya", room)
    await t.answer("refusal-right", "/incident settings", "Not done", "jonas", room)
    await t.form("form-search", "/incident search", "maya", room)
    await press(t.bot, "maya", "timeline.narrow")
    await t.modal("form-timeline", "maya")
    await t.form("form-readiness", "/incident readiness", "maya", room)


async def running(t: Tour) -> None:
    """Running it: each form, and the command on its way to somebody else."""
    bot, room = t.bot, room_of(t)
    await bot.do(do="global_shortcut", user="maya", callback_id="incident.declare")
    await t.modal("form-declare", "maya")
    for verb in ("severity", "mitigate", "rename", "page", "take", "role", "private"):
        await t.form(f"form-{verb}", f"/incident {verb}", "maya", room)
    await t.answer("refusal-words", "/incident severity 9", "severity", "maya", room)
    await bot.say("maya", room, "/incident assign communications @jonas")
    await t.message("role-given", "communications", "maya", room)
    await bot.say("maya", room, "/incident assign commander @jonas")
    await bot.until(lambda: "offers you the command" in bot.heard("jonas"))
    await t.message("handover", "offers you the command", "jonas", DIRECT)
    await t.message("handover-giver", "is asked to take the command", "maya", room)


async def telling(t: Tour) -> None:
    """Updates, what reminds of them, and who hears of it elsewhere."""
    bot, room = t.bot, room_of(t)
    words = "You are told directly of"
    await t.answer("subscriptions", "/incident subscribe 2", words, "jonas", room)
    await press(bot, "jonas", "subscription.choose")
    await t.modal("form-subscribe", "jonas")
    await t.page("maya", room)
    await bot.say("maya", room, "/incident update")
    await t.modal("form-update", "maya", close=False)
    await t.fill(
        "maya", text="Sev 2, investigating: no pictures in the shop since 14:02.",
        changed="The probes confirm it: the region answers 503.",
        doing="Maya prepares the switch to us-west-2.", unknown="When the vendor will be back.",
        next="20",
    )  # fmt: skip
    await t.message("update", "Being done", "maya", room)
    await t.message("direct", "Mute this incident", "jonas", DIRECT)
    await bot.app.store.tx(late)
    await t.message("reminder", "Snooze", "jonas", DIRECT)
    await bot.app.store.tx(late)
    await t.message("overdue", "Update was due", "maya", room)
    await t.bot.app.store.tx(hurry, "digest")
    await bot.until(lambda: "Incidents open" in bot.text("incidents"))
    await t.message("digest", "Open: 1", "maya", "incidents")


async def public(t: Tour) -> None:
    """The status page: drafted, let out by a second person, refused, tried again."""
    bot, room = t.bot, room_of(t)
    await t.page("maya", room)
    await bot.say("maya", room, "/incident statuspage")
    await t.modal("form-statuspage", "maya", close=False)
    await t.fill("maya", name="Pictures do not load")
    await t.message("statuspage-draft", "waits for a second person", "maya", room)
    await bot.click("maya", room, "statuspage.approve")
    await t.message("statuspage-own", "Somebody else must approve", "maya", room)
    t.wire.mishaps = ["422"]
    await bot.click("jonas", room, "statuspage.approve")
    await t.message("statuspage-failed", "The public was not told", "maya", room)
    await bot.click("jonas", room, "statuspage.again")
    await t.message("statuspage-posted", "says now", "maya", room)


async def switching(t: Tour) -> None:
    """The plan, its approval, the proof."""
    bot, room = t.bot, room_of(t)
    await t.answer("runbooks", "/incident runbook", "Runbooks for INC-1", "maya", room)
    await bot.click("maya", room, SWITCH)
    await t.message("plan", "Plan: ", "maya", room)
    await bot.click("maya", room, "plan.approve")
    await t.message("plan-own", "Somebody else must approve", "maya", room)
    await bot.click("jonas", room, "plan.approve")
    jonas = bot.slack.workspace.person("jonas").id
    await bot.until(lambda: bot.slack.workspace.modal_of(jonas))
    await t.fill("jonas", typed="shop-images")
    await bot.until(lambda: "serves now, verified" in bot.text(room), 40)
    await t.message("plan-done", "Approved by", "maya", room)
    await t.message("result", "serves now, verified", "maya", room)
    t.world.stage.admit()
    await bot.until(lambda: "vendor says" in bot.card(room).lower())
    await t.card("card-mitigated", "maya", room)


async def writing(t: Tour) -> None:
    """Notes, action items, links, kept messages."""
    bot, room = t.bot, room_of(t)
    for verb in ("note", "link"):
        await t.form(f"form-{verb}", f"/incident {verb}", "maya", room)
    await bot.say("maya", room, "/incident note The CDN keeps old pictures for five minutes")
    await t.message("note", "keeps old pictures", "maya", room)
    await bot.say("maya", room, "/incident actions add Copy the new pictures back @jonas")
    await bot.say("maya", room, "/incident actions add Alert on the age of the backup")
    await t.message("action-owner", "is yours", "jonas", DIRECT)
    await t.answer("actions", "/incident actions", "Action items of INC-1", "maya", room)
    await press(bot, "maya", "action.reassign:ACT-1")
    await t.modal("form-reassign", "maya")
    await bot.say("jonas", room, "The checkout is not affected")
    await bot.say("jonas", "general", "Customers in France report empty pages since 14:01")
    said = bot.channel(room).messages[-1]["ts"]
    await bot.do(do="react", user="maya", channel=room, ts=said, name="pushpin")
    await t.message("kept", "The checkout is not affected", "maya", room)
    elsewhere = bot.channel("general").messages[-1]["ts"]
    await t.page("jonas", "general")
    for name, callback in (
        ("form-keep", "timeline.keep"), ("form-action", "action.make"),
        ("form-belongs", "message.link"),
    ):  # fmt: skip
        await bot.do(do="message_shortcut", user="jonas", channel="general", ts=elsewhere,
                     callback_id=callback)  # fmt: skip
        await t.modal(name, "jonas", close=name != "form-belongs")
    await t.fill("jonas", incident="INC-1")
    await bot.until(lambda: "belongs to INC-1" in bot.text("general"))
    thread = f"{t.world.url}/channels/{bot.channel('general').id}"
    page = await t.go(
        "jonas", f"{thread}?as={bot.slack.workspace.person('jonas').id}&thread={elsewhere}"
    )
    await t.take("linked", page.locator("[id^='tm-']", has_text="belongs to INC-1").last)


async def newcomers(t: Tour) -> None:
    """Somebody comes in late, and a guest who was granted nothing."""
    bot, ws, room = t.bot, t.bot.slack.workspace, room_of(t)
    ws.add_person("ana", "Ana Duarte")
    ws.add_person("rita", "Rita Guest", is_restricted=True)
    ws.invite(ws.app.bot_user_id, bot.channel(room).id, [ws.person("rita").id])

    def earlier(session: Session) -> None:
        lifecycle.get(session, "INC-1").detected_at -= timedelta(minutes=20)

    await bot.app.store.tx(earlier)
    await bot.do(do="join", user="ana", channel=room)
    await t.message("catch-up", "Where we stand", "ana", room)
    await t.answer("refusal-guest", "/incident resolve", "Not done", "rita", room)


async def ending(t: Tour) -> None:
    """The region is back: the way back, the end, the postmortem."""
    bot, room = t.bot, room_of(t)
    maya = bot.slack.workspace.person("maya").id
    await t.form("form-resolve", "/incident resolve", "maya", room)
    await t.answer("refusal-resolve", "/incident resolve It works", "Not done", "maya", room)
    await t.world.stage.heal()
    await bot.until(lambda: BACK in bot.card(room), 40)
    await bot.click("maya", room, BACK)
    await bot.until(lambda: '"plan.approve"' in bot.text(room))
    await bot.click("jonas", room, "plan.approve")
    await bot.until(lambda: "us-east-1 again: done" in bot.text(room), 40)
    await bot.say("maya", room, "/incident resolve")
    await bot.until(lambda: bot.slack.workspace.modal_of(maya))
    await t.fill("maya", text="The vendor's index service failed", lost="no")
    await bot.until(lambda: ", resolved" in bot.card(room), 20)
    await bot.until(lambda: "Postmortem draft" in bot.card(room))
    await t.card("card-resolved", "maya", room)
    await t.message("announcement-end", "Postmortem draft", "maya", "incidents")
    await t.answer("postmortem", "/incident postmortem", "Postmortem", "maya", room)
    await t.form("form-reopen", "/incident reopen", "maya", room)
    await t.answer("documents", "/incident export", "Documents of INC-1", "maya", room)


async def beside(t: Tour) -> None:
    """A drill, two that are one, and one behind closed doors."""
    bot = t.bot
    await bot.say("maya", "general", "/incident declare --test Drill: uploads hang")
    drill = await bot.room(2)
    await bot.until(lambda: bot.channel(drill).pins)
    await t.card("drill", "maya", drill)
    await bot.say("maya", "general", "/incident declare Uploads hang")
    second = await bot.room(3)
    await bot.say("jonas", "general", "/incident declare Uploads answer 500")
    third = await bot.room(4)
    await bot.until(lambda: bot.channel(third).pins and bot.channel(second).pins)
    await bot.say("jonas", "incidents", "Uploads over 5 MB never end")
    said = bot.channel("incidents").messages[-1]["ts"]
    await t.page("jonas", "incidents")
    await bot.do(do="react", user="jonas", channel="incidents", ts=said, name="pushpin")
    await t.message("kept-which", "Which incident", "jonas", "incidents")
    await t.form("form-merge", "/incident merge", "maya", third)
    await bot.say("maya", third, "/incident merge INC-3")
    await bot.until(lambda: "merged into INC-3" in bot.card(third))
    await t.card("merged", "maya", third)
    await t.answer("refusal-merged", "/incident update Still hangs", "Not done", "maya", third)
    await bot.say("maya", second, "/incident private")
    await t.page("maya", second)
    await bot.until(lambda: bot.slack.workspace.modal_of(bot.slack.workspace.person("maya").id))
    await t.fill("maya", people=[bot.slack.workspace.person("jonas").id], sure=["yes"])
    await t.message("private-old", "in private", "maya", second)
    fifth = await bot.room(5)
    await bot.until(lambda: bot.channel(fifth).pins)
    await t.card("private", "maya", fifth)


async def home(t: Tour) -> None:
    page = await t.home("maya")
    await t.take("home", page.locator("#home", has_text="Open incidents"))


async def lights(t: Tour) -> None:
    """The same in the dark, and on a telephone."""
    bot, ws = t.bot, t.bot.slack.workspace
    await bot.say("maya", "general", "/incident declare Thumbnails are broken")
    room = await bot.room(6)
    await bot.until(lambda: bot.channel(room).pins)
    maya = ws.person("maya").id
    url = f"{t.world.url}/channels/{bot.channel(room).id}?as={maya}"
    own = f"{t.world.url}/apps/{ws.app.app_id}?as={maya}"
    await t.page("maya", room)
    await bot.say("maya", room, "/incident resolve")
    await t.bot.until(lambda: ws.modal_of(maya))
    dark = {"color_scheme": "dark", "viewport": {"width": 920, "height": 1400}}
    narrow = {"viewport": {"width": 400, "height": 1400}}
    for light, context in (("dark", dark), ("narrow", narrow)):
        await t.other(f"form-{light}", url, "dialog.modal[open]", "Resolve", **context)
    await bot.do(do="close", user="maya")
    for light, context in (("dark", dark), ("narrow", narrow)):
        await t.other(f"card-{light}", url, "#messages .message.pinned", "Take command", **context)
        await t.other(f"home-{light}", own, "#home", "Open incidents", **context)


Stop = Callable[["Tour"], Awaitable[None]]
STOPS: tuple[Stop, ...] = (
    outage, looking, running, telling, public, switching, writing, newcomers, ending, beside, home,
    lights,
)  # fmt: skip
