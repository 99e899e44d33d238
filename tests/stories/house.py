"""The whole bot against the local workspace, by socket or by HTTP: what the stories stand on.

A story says what people do and what they then see; everything between is the real thing. How
Slack brings things to the bot is the story's `transport`: "socket", or "http", signed.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from incidentbot import timeline
from incidentbot.app import App, known
from incidentbot.rehearsal.workspace import acting
from incidentbot.rehearsal.workspace.actions import Result
from incidentbot.rehearsal.workspace.errors import SlackError
from incidentbot.rehearsal.workspace.options import Options
from incidentbot.rehearsal.workspace.server import Running, running
from incidentbot.rehearsal.workspace.state import Addresses
from incidentbot.settings import Settings, load
from tests.contracts.pager_wire import SECRETS

T = TypeVar("T")

CONFIG = """\
name: Shop
slack: {{announce: "#incidents", oncall: [jonas], approvers: [maya, jonas]}}
storage: {{database: "sqlite:///incidentbot.db", documents: documents}}
web: {{listen: "127.0.0.1:{port}", public_url: "http://127.0.0.1:{port}"}}
runbooks: {runbooks}
"""
HOOK_SECRET = "open-sesame"  # where a story has another monitor
RUNBOOKS = Path(__file__).parents[2] / "runbooks"


@dataclass
class House:
    """A running bot and its workspace. People are named: "maya" is on call, "jonas" the second."""

    slack: Running
    app: App
    folder: Path

    async def say(self, who: str, where: str, text: str) -> Result:
        return await self.do(do="say", user=who, channel=where, text=text)

    async def do(self, **order: Any) -> Result:
        return await acting.act(self.slack.hub, order)

    async def click(self, who: str, where: str, action_id: str) -> Result:
        """Press the newest button of that action in a channel."""
        message = next(
            m
            for m in reversed(self.messages(where))
            if action_id in json.dumps(m.get("blocks", []))
        )
        found = [
            element["action_id"]
            for block in message["blocks"]
            for element in block.get("elements", [])
            if str(element.get("action_id", "")).startswith(action_id)
        ]
        return await self.do(
            do="click", user=who, channel=where, ts=message["ts"], action_id=found[0]
        )

    async def declared(self, title: str = "Pictures do not load", who: str = "maya") -> str:
        """Somebody declares an incident; its channel, once all that comes by itself is there."""
        before = len(self.rooms())
        assert (await self.say(who, "general", f"/incident declare {title}")).ok
        room = await self.room(before + 1)
        await self.until(lambda: self.channel(room).pins and self.summons(room))
        return room

    def heard(self, who: str) -> str:
        """What the bot told this person alone: whispers, and their direct messages."""
        person = self.slack.workspace.person(who).id
        rooms = self.slack.workspace.channels.values()
        mine = [m for c in rooms if c.is_im and person in c.members for m in c.messages]
        return self.whispers(who) + json.dumps(mine, ensure_ascii=False)

    def heard_in_all(self, words: str) -> int:
        """How many answers to single people say so."""
        people = self.slack.workspace.people()
        said = "".join(self.heard(person.name) for person in people)
        return said.count(words) // 2  # once as text, once as block

    async def told(self, who: str, words: str) -> None:
        """Wait until this person was told so, and nobody else sees it."""
        await self.until(lambda: words in self.whispers(who))

    async def story(self, kind: str = "", incident: str = "INC-1") -> list[timeline.Entry]:
        """The entries of an incident as recorded; their chain holds.

        Those of paging only where they are asked for: they come a moment later than their cause.
        """
        assert await self.app.store.tx(timeline.verify, incident) is None
        entries = await self.app.store.tx(timeline.read, incident)
        wanted = {e.kind for e in entries} - {"page"} if not kind else {kind}
        return [entry for entry in entries if entry.kind in wanted]

    def card(self, room: str) -> str:
        """The pinned card, as text."""
        pin = self.channel(room).pins[0]["ts"]
        return json.dumps(self.channel(room).find(pin), ensure_ascii=False)

    def channel(self, name: str) -> Any:
        return next(c for c in self.slack.workspace.channels.values() if c.name == name)

    def rooms(self) -> list[Any]:
        """The incident channels."""
        return [c for c in self.slack.workspace.channels.values() if c.name.startswith("inc-")]

    def messages(self, where: str) -> list[dict[str, Any]]:
        """What the bot wrote there, oldest first, without the lines to whoever is asked."""
        return [m for m in self._written(where) if not _is_summons(m)]

    def summons(self, where: str) -> list[dict[str, Any]]:
        """What the bot wrote there of paging, oldest first."""
        return [m for m in self._written(where) if _is_summons(m)]

    def _written(self, where: str) -> list[dict[str, Any]]:
        bot = next(iter(self.slack.workspace.apps.values())).bot_user_id
        kept = [m for m in self.channel(where).messages if not m.get("subtype")]
        return [m for m in kept if m.get("user") == bot]

    def text(self, where: str) -> str:
        """Everything readable in a channel: texts and blocks."""
        return "\n".join(
            m["text"] + json.dumps(m.get("blocks", []), ensure_ascii=False)
            for m in self.messages(where)
        )

    def whispers(self, who: str) -> str:
        """What only this person sees, anywhere."""
        person = self.slack.workspace.person(who).id
        return json.dumps(
            [
                dict(m)
                for (user, _), kept in self.slack.workspace.ephemerals.items()
                if user == person
                for m in kept
            ],
            ensure_ascii=False,
        )

    async def until(self, what: Callable[[], T | None], seconds: float = 30.0) -> T:
        """Wait until `what` is true, and give its value; a failure says what was waited for."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = what()
            if value:
                return value
            await asyncio.sleep(0.02)
        raise AssertionError(f"still not true after {seconds} s; {self._scene()}")

    async def room(self, number: int = 1) -> str:
        """The name of the newest incident channel, once there are `number` of them."""
        rooms = await self.until(lambda: r if len(r := self.rooms()) >= number else None)
        name: str = rooms[-1].name
        return name

    async def quiet(self) -> None:
        """Wait until nothing is left to deliver."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if (await self.app.health())["messages_waiting"] == 0:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"messages still wait; {self._scene()}")

    def calls(self, method: str) -> list[dict[str, Any]]:
        return [line for line in self.slack.hub.gate.lines() if line["method"] == method]

    def _scene(self) -> str:
        said = {c.name: [m["text"] for m in c.messages] for c in self.rooms()}
        return f"channels: {json.dumps(said, ensure_ascii=False)[:3000]}"


def _is_summons(message: dict[str, Any]) -> bool:
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return str(payload.get("id", "")).startswith("summons:")


def settings_for(
    slack: Running,
    folder: Path,
    database_url: str,
    config: str,
    port: int,
    transport: str = "socket",
) -> Settings:
    text = config.format(port=port, runbooks=RUNBOOKS)
    return settings_of(slack, folder, database_url, text, transport)


def settings_of(
    slack: Running, folder: Path, database_url: str, text: str, transport: str = "socket"
) -> Settings:
    """The settings of a bot that talks to this workspace, read from this YAML."""
    file = folder / "incidentbot.yaml"
    file.write_text(text, encoding="utf-8")
    app = next(iter(slack.workspace.apps.values()))
    env = {
        "SLACK_BOT_TOKEN": app.bot_token,
        "SLACK_APP_TOKEN": app.app_token if transport == "socket" else "",
        "SLACK_SIGNING_SECRET": app.signing_secret,
        "SLACK_API_URL": f"{slack.url}api/",
        "DATABASE_URL": database_url,
        "HOOK_SECRET": HOOK_SECRET,
        **SECRETS,
    }
    return load(file, env, known())


@asynccontextmanager
async def house(
    folder: Path,
    database_url: str,
    *,
    config: str = CONFIG,
    port: int,
    options: Options | None = None,
    down: bool = False,
    transport: str = "socket",
) -> AsyncIterator[House]:
    """Start workspace and bot; ready when Slack can reach the bot; if it is `down`, once asked."""
    async with running(options=options) as slack:
        await slack.hub.set_down(down)
        settings = settings_for(slack, folder, database_url, config, port, transport)
        async with living(slack, settings, folder, down=down) as made:
            yield made


@asynccontextmanager
async def living(
    slack: Running, settings: Settings, folder: Path, *, down: bool = False
) -> AsyncIterator[House]:
    """The bot, running in this workspace until the block ends."""
    app = App(settings)
    task = asyncio.create_task(app.run())
    try:
        end = time.monotonic() + 60
        while not await reachable(slack, app, down=down):
            assert not task.done(), task.exception()
            assert time.monotonic() < end, "the bot did not connect"
            await asyncio.sleep(0.02)
        yield House(slack, app, folder)
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError), ended


async def reachable(slack: Running, app: App, *, down: bool) -> bool:
    """Whether what happens in Slack comes to the bot; while Slack is down, whether it was asked."""
    if down and not slack.hub.gate.journal:
        return False
    access, web = app.settings.access, app.settings.web
    if access is None or access.mode == "socket":
        return down or await app.slack.connected()
    door = f"http://{web.host}:{web.port}/slack/events"
    try:
        await slack.hub.set_addresses(slack.workspace.app, Addresses(door, door, door))
    except SlackError:  # nobody answers there yet
        return False
    return True
