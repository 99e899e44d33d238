"""Looking around, and what is asked in words."""

import json

from tests.stories.gestures.walk import Deeds, Walk

does = Deeds()


@does("command ", "command help")
async def menu_and_help(walk: Walk) -> None:
    await walk.type("ana", "", "general")
    await walk.told("ana", "verb:declare")
    await walk.type("ana", "help", "general")
    await walk.told("ana", "What I can do")
    await walk.type("ana", "severty", "general")
    await walk.told("ana", "Did you mean `/incident severity`?")


@does("command list", "command status")
async def list_and_status(walk: Walk) -> None:
    await walk.type("ana", "list", "general")
    await walk.told("ana", f"*{walk.number}* sev")
    await walk.type("ana", f"status {walk.number}", "general")
    await walk.told("ana", "Sev 1, acknowledged: Pages hang")


@does("command timeline", "click timeline.page", "click timeline.narrow", "submit timeline.filter")
async def timeline(walk: Walk) -> None:
    for line in range(8):
        await walk.type("maya", f"timeline add Step {line}")
    await walk.entry("note", "Step 7")
    await walk.type("jonas", "timeline")
    await walk.told("jonas", f"*Timeline of {walk.number}*")
    await walk.press("jonas", "timeline.page:older")
    await walk.told("jonas", "timeline.page:newer")
    await walk.press("jonas", "timeline.narrow")
    await walk.form("jonas", "kinds")
    await walk.fill("jonas", kinds=["update"], who=walk.id("maya"))
    await walk.told("jonas", f"*Timeline of {walk.number}*, filtered")


@does("command search", "submit incident.search")
async def search(walk: Walk) -> None:
    await walk.type("tom", "search pages", "general")
    await walk.told("tom", f"*{walk.number}*")
    await walk.type("tom", "search", "general")
    await walk.form("tom", "Words", "Severity")
    await walk.fill("tom", words="qqqq", severity=["1"])
    await walk.told("tom", "No incident found for “qqqq”")


@does("command whois")
async def whois(walk: Walk) -> None:
    await walk.type("ana", f"whois {walk.number}", "general")
    await walk.told("ana", f"(Maya Okafor): commander of {walk.number} since")


@does("command oncall")
async def oncall(walk: Walk) -> None:
    await walk.type("ana", "oncall", "general")
    await walk.told("ana", "at once: ")


@does("command settings")
async def settings(walk: Walk) -> None:
    await walk.type("jonas", "settings", "general")
    await walk.told("jonas", "How it is set up")


@does("command readiness", "submit readiness.show")
async def readiness(walk: Walk) -> None:
    await walk.type("ana", "readiness shop-images", "general")
    await walk.told("ana", "Readiness of Shop images")
    await walk.type("tom", "readiness", "general")
    await walk.form("tom", "Shop images")
    await walk.fill("tom", asset="shop-images")
    await walk.told("tom", "us-west-2* (backup)")


@does("command postmortem", "command export")
async def documents(walk: Walk) -> None:
    await walk.type("maya", "postmortem")
    await walk.told("maya", f"Postmortem of {walk.number}")
    await walk.type("ana", f"export {walk.number}", "general")
    await walk.told("ana", f"/documents/{walk.number}/postmortem.md")


@does("event app_mention", "event message")
async def words(walk: Walk) -> None:
    await walk.say("jonas", f"@incidentbot whois {walk.number}")
    await walk.told("jonas", f"(Maya Okafor): commander of {walk.number} since")
    ws = walk.bot.slack.workspace
    conversation, _ = ws.open_im(walk.id("maya"), ws.app.bot_user_id)
    await walk.say("maya", "list", conversation.id)
    await walk.bot.until(
        lambda: f"*{walk.number}* sev" in json.dumps(conversation.messages, ensure_ascii=False)
    )


@does("event app_home_opened")
async def home(walk: Walk) -> None:
    ws = walk.bot.slack.workspace
    await walk.do("open_home", "maya")
    await walk.bot.until(lambda: (walk.id("maya"), ws.app.app_id) in ws.homes)
    shown = json.dumps(ws.homes[walk.id("maya"), ws.app.app_id].body)
    assert f"commander of *{walk.number}*" in shown
