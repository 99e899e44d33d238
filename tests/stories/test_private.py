"""Private incidents: nobody hears of one who was not let in, whatever they look at.

`outlets` is the list of all places where anything of an incident can show. Whoever adds one adds
it there, and the stories here find out whether it keeps quiet.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from incidentbot.incidents import lifecycle, privacy
from incidentbot.incidents.people import Person
from incidentbot.rehearsal.workspace.gate import Fault
from incidentbot.rehearsal.workspace.server import running
from tests.stories.house import CONFIG, House, living, settings_for
from tests.stories.terminal import people, typed

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WORD = "zarquon"  # in titles, updates and notes: wherever it shows, something leaks
GROUPS = {"groups:write", "groups:read", "groups:history"}
ADMIN = "private: true, rights: {{admin: [jonas]}}, oncall: [jonas]"
PRIVATE = CONFIG.replace("oncall: [jonas]", ADMIN) + (
    "webhooks: [{{name: other, url: URL, allow_private: true, on: [incident]}}]\n"
    + people("tom").replace("{", "{{").replace("}", "}}")  # who types commands in these stories
)


@dataclass
class Ear:
    """Another system that follows incidents by a webhook."""

    url: str = ""
    heard: list[str] = field(default_factory=list)

    async def hear(self, request: web.Request) -> web.Response:
        self.heard.append(await request.text())
        return web.Response()


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    made, app = Ear(), web.Application()
    app.router.add_post("/", made.hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    made.url = f"http://{host}:{port}/"
    yield made
    await runner.cleanup()


@pytest.fixture
async def bot(tmp_path: Path, database_url: str, free_port: int, ear: Ear) -> AsyncIterator[House]:
    """Tom is in no incident. Slack grants no private channels so far."""
    async with running() as slack:
        slack.workspace.app.events |= {"message.groups", "group_archive", "group_rename"}
        for name in ("ana", "tom"):
            slack.workspace.add_person(name, name.capitalize())
        config = PRIVATE.replace("URL", json.dumps(ear.url))
        settings = settings_for(slack, tmp_path, database_url, config, free_port)
        async with living(slack, settings, tmp_path) as made:
            yield made


async def outlets(bot: House, who: str, ear: Ear, number: str) -> dict[str, str]:
    """Everything that this person can look at, by place; `number` is not for them."""
    ws = bot.slack.workspace
    person = ws.person(who).id
    seen: dict[str, Any] = {}
    for channel in ws.channels.values():
        if person in channel.members or not (channel.is_private or channel.is_im):
            seen[f"channel {channel.name}"] = [
                channel.name,
                channel.topic,
                channel.purpose,
                channel.messages,
                channel.bookmarks,
            ]
    seen["whispers"] = bot.whispers(who)
    seen["home"] = [view.body for (one, _), view in ws.homes.items() if one == person]
    for words in ("list", f"search {WORD[:4]}", *(f"{verb} {number}" for verb in VERBS)):
        assert (await bot.say(who, "random", f"/incident {words}")).ok
    await bot.do(do="open_home", user=who)
    await bot.quiet()
    seen["answers"] = bot.heard(who)
    seen["webhook"] = ear.heard
    for path in PATHS:
        seen[path] = await fetched(bot, path.replace("NUMBER", number))
    listed = await typed(bot.folder, "incident", "list")
    seen["command list"] = listed.out
    seen["command timeline"] = (await typed(bot.folder, "timeline", number)).all
    for words in (f"show {number}", f"note {number} Hello", f"ack {number}", f"update {number} x"):
        said = await typed(bot.folder, "incident", *words.split())
        assert (said.code, said.all) == (1, f"There is no incident {number}.")
    return {place: json.dumps(what, ensure_ascii=False) for place, what in seen.items()}


VERBS = ("status", "timeline", "runbook", "postmortem", "export", "whois")
PATHS = ("/", "/api/dependencies", "/healthz", "/incidents", "/api/incidents", "/incidents/NUMBER",
         "/documents/NUMBER/postmortem.html", "/documents/NUMBER/postmortem.md",
         "/documents/NUMBER/postmortem.json")  # fmt: skip


async def fetched(bot: House, path: str) -> str:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{bot.app.settings.web.public_url}{path}") as answer,
    ):
        return await answer.text()


async def test_of_a_private_incident_only_those_hear_who_were_let_in(bot: House, ear: Ear) -> None:
    ws = bot.slack.workspace
    # Slack does not let us make a private channel: then there is none, and no public one either.
    await bot.say("maya", "general", f"/incident declare --private {WORD} one")
    await bot.until(lambda: "INC-1 is open and private, but it has no channel" in bot.heard("maya"))
    assert "groups:write" in bot.heard("maya")
    assert not bot.rooms()
    ws.app.scopes |= GROUPS

    await bot.say("maya", "general", f"/incident declare --private --test {WORD} two")
    room = await bot.room()
    await bot.until(lambda: bot.channel(room).pins)
    await bot.quiet()
    channel = bot.channel(room)
    assert channel.is_private
    assert room.startswith("inc-test-private-")
    assert channel.topic["value"].startswith("TEST · PRIVATE · Sev 3")
    assert "TEST · PRIVATE · Sev 3, open: zarquon two" in bot.messages(room)[0]["text"]
    people = {ws.person("maya").id, ws.app.bot_user_id}
    assert set(channel.members) == people, "who is on call is not let in by itself"

    # An invitation by a person in it lets somebody in, everywhere.
    ana = ws.person("ana").id
    await bot.do(do="invite", user="maya", channel=room, who=ana)
    await bot.until(lambda: ana in channel.members)
    await bot.say("maya", room, f"/incident update {WORD} is contained")
    await bot.say("maya", room, f"/incident timeline add {WORD} was seen")
    await bot.say("maya", room, "/incident role commander")
    await bot.say("maya", room, "/incident severity 1")
    await bot.say("maya", room, f"/incident resolve {WORD} is over")
    await bot.until(lambda: "is drafted from the recorded facts" in bot.text(room))
    await bot.until(lambda: "on the bot's machine only" in bot.card(room))
    await bot.quiet()
    assert WORD in bot.text(room)
    files = [*(bot.folder / "documents" / "INC-2").iterdir()]
    assert "TEST · PRIVATE · zarquon two" in "".join(f.read_text() for f in files)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}

    leaks = {p for p, said in (await outlets(bot, "tom", ear, "INC-2")).items() if WORD in said}
    assert not leaks
    assert "There is no incident INC-2." in bot.heard("tom")
    for person in ("maya", "ana", "jonas"):  # she is in it; he is an admin
        await bot.say(person, "random", "/incident list")
    for person in ("maya", "ana", "jonas"):
        await bot.told(person, f"{WORD} two")
    assert WORD not in "".join(ear.heard)


async def test_an_open_incident_goes_private_and_leaves_its_channel_behind(
    bot: House, ear: Ear
) -> None:
    ws = bot.slack.workspace
    ws.app.scopes |= GROUPS
    old = await bot.declared("Uploads hang")
    await bot.until(lambda: "Uploads hang" in bot.text("incidents"))
    await bot.declared("Search is slow")
    await bot.say("maya", old, "/incident private")
    maya = ws.person("maya").id
    view = await bot.until(lambda: ws.modal_of(maya))
    assert "cannot be taken back" in json.dumps(view.body)
    unsure = await bot.do(do="submit", user="maya", values={})
    assert "Please tick it" in json.dumps(unsure.errors)
    chosen = {"people": {"value": [ws.person("ana").id]}, "sure": {"value": ["yes"]}}
    assert (await bot.do(do="submit", user="maya", values=chosen)).ok
    new = await bot.room(3)
    await bot.until(lambda: bot.channel(new).pins)
    await bot.until(lambda: bot.channel(old).is_archived)
    await bot.say("maya", new, f"/incident update {WORD} it is")
    await bot.until(lambda: f"{WORD} it is" in bot.card(new))
    await bot.quiet()
    assert bot.channel(new).is_private
    assert "goes on in private" in bot.text(old)
    members = {maya, ws.person("ana").id, ws.app.bot_user_id}
    assert set(bot.channel(new).members) == members
    await bot.until(lambda: "Uploads hang" not in bot.text("incidents"))
    assert "INC-1" not in bot.text("incidents"), "it is taken back, not only emptied"
    assert "Maya Okafor made the incident private." in bot.text(new)
    seen = await outlets(bot, "tom", ear, "INC-1")
    assert not {place for place, said in seen.items() if WORD in said}
    # The same places tell of what is public: they are looked at where something would show.
    told_of = {place for place, said in seen.items() if "Search is slow" in said}
    assert {"channel incidents", "answers", "webhook", "/", "command list"} <= told_of
    told = [json.loads(body)["text"] for body in ear.heard]
    assert "Maya Okafor made the incident private." not in told
    incident = await bot.app.store.tx(lifecycle.get, "INC-1")
    assert incident.private


async def test_one_that_goes_private_while_its_channel_is_made_says_nothing_there(
    bot: House,
) -> None:
    ws = bot.slack.workspace
    ws.app.scopes |= GROUPS
    bot.slack.hub.gate.faults.append(Fault("slow", "conversations.create", seconds=1.0))
    await bot.say("maya", "general", f"/incident declare {WORD}")
    old = await bot.room()
    maya = Person(ws.person("maya").id, "Maya")
    assert await bot.app.store.tx(privacy.make_private, "INC-1", maya, ())
    new = await bot.room(2)
    await bot.until(lambda: bot.channel(new).pins)
    await bot.until(lambda: bot.channel(old).is_archived)
    await bot.quiet()
    assert bot.channel(new).is_private
    assert len(bot.messages(old)) == 1, "only where it goes on"
    assert WORD not in bot.text(old) + bot.text("incidents")
