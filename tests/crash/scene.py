"""A bot as a real process that is killed with SIGKILL at a chosen outside call, and started again.

The killing is done by the stand-ins on the wire, before or after a call takes effect: the bot has
no hook for it. What is looked at afterwards is the workspace, the parameter and the database.
"""

import asyncio
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import create_engine, make_url

from incidentbot.rehearsal import story_look as look
from incidentbot.rehearsal.bot_process import environment
from incidentbot.rehearsal.edge import Edge
from incidentbot.rehearsal.images import pictures
from incidentbot.rehearsal.pages import Served
from incidentbot.rehearsal.regions import Region, put_parameter, start_regions, stop_regions
from incidentbot.rehearsal.settings_file import Places, settings_text
from incidentbot.rehearsal.shop import shop_app
from incidentbot.rehearsal.vendor import Vendor, vendor_app
from incidentbot.rehearsal.workspace import acting
from incidentbot.rehearsal.workspace.gate import Kill
from incidentbot.rehearsal.workspace.server import Running, running
from incidentbot.store import Store
from tests.crash import nursery

T = TypeVar("T")

SHOP = pictures()[:12]
RUNBOOKS = Path(__file__).parents[2] / "runbooks"
# The rehearsal's own settings, with shorter pauses.
QUICKER = {
    "every: 5s": "every: 1s",
    "apart: 2s": "apart: 150ms",
    "every: 10s, sample: 20": "every: 2s, sample: 5",
}


@dataclass
class Outside:
    """Two regions and a shop; used by one scene at a time."""

    primary: Region
    backup: Region
    edge: Edge
    shop_url: str
    vendor_url: str

    async def reset(self) -> int:
        """All healthy and served from the primary; the parameter's version then."""
        await self.primary.proxy.set_mode("healthy")
        await self.backup.proxy.set_mode("healthy")
        assert self.edge._http is not None
        await put_parameter(self.edge._http, self.backup, self.primary.name)
        await self.edge.read_pointer()
        return self.edge.pointer.version


@asynccontextmanager
async def outside() -> AsyncIterator[Outside]:
    primary, backup = await start_regions(SHOP)
    edge = Edge({r.name: r for r in (primary, backup)}, backup, every_s=0.2)
    shop, vendor = Served(shop_app(edge, SHOP)), Served(vendor_app(Vendor()))
    try:
        yield Outside(primary, backup, edge, await shop.start(), await vendor.start())
    finally:
        await shop.stop()
        await vendor.stop()
        await stop_regions((primary, backup))


@dataclass
class Scene:
    """One bot, one workspace, one database. `kills` counts how often the bot was killed."""

    world: Outside
    slack: Running
    folder: Path
    database_url: str
    version: int
    port: int
    kills: int = 0
    process: ForkServerProcess | None = None
    log: list[Path] = field(default_factory=list)

    async def start(self) -> None:
        """Start the bot, or start it again; ready when Slack can reach it."""
        file = self.folder / "incidentbot.yaml"
        file.write_text(self._settings(), encoding="utf-8")
        self.log.append(self.folder / f"bot-{len(self.log)}.log")
        env = environment(os.environ, self.slack.workspace.app, f"{self.slack.url}api/")
        self.process = nursery.start(file, env | {"DATABASE_URL": self.database_url}, self.log[-1])
        await self.until("the bot to connect", lambda: self._connected(), heal=False)

    async def stop(self) -> None:
        if self.process is not None and self.process.is_alive():
            self.process.kill()
            await asyncio.to_thread(self.process.join)

    def kill_at_slack_call(self, nth: int, when: str) -> None:
        self.slack.hub.gate.kills.append(Kill(self.pid, "*", nth, when))

    def kill_at_write(self, when: str) -> None:
        self.world.backup.proxy.kill(self.pid, 1, when)  # type: ignore[arg-type]

    @property
    def pid(self) -> int:
        assert self.process is not None and self.process.pid is not None
        return self.process.pid

    async def heal(self) -> bool:
        """Start the bot again if it was killed; True when it had been."""
        assert self.process is not None
        if self.process.is_alive():
            return False
        await asyncio.to_thread(self.process.join)
        assert self.process.exitcode == -9, self.tail()
        self.kills += 1
        await self.start()
        return True

    async def until(
        self, what: str, true: Callable[[], T], seconds: float = 40, *, heal: bool = True
    ) -> T:
        """Wait for something to be true, keeping the bot alive meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if heal:
                await self.heal()
            value = true()
            if value:
                return value
            await asyncio.sleep(0.03)
        raise AssertionError(f"no {what} after {seconds} s\n{self.story()}\n{self.tail()}")

    async def press(self, who: str, action: str, done: Callable[[], Any]) -> None:
        """Press the newest such button until its effect shows; a person presses again, too."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            await self.heal()
            button = self.button(action)
            if button is not None:
                await acting.act(self.slack.hub, {"do": "click", "user": who, **button})
            patience = time.monotonic() + 6
            while time.monotonic() < patience:
                await self.heal()
                if done():
                    return
                await self._type_what_is_asked(who)
                await asyncio.sleep(0.03)
        raise AssertionError(f"{action} has no effect\n{self.story()}\n{self.tail()}")

    async def _type_what_is_asked(self, who: str) -> None:
        """Into a form that asks for the target's name, if one is open."""
        person = self.slack.workspace.person(who).id
        if look.target_to_type(acting.snapshot(self.slack.workspace), person) is None:
            return
        typed = {"typed": {"value": "shop-images"}}
        await acting.act(self.slack.hub, {"do": "submit", "user": who, "values": typed})

    def button(self, action: str) -> dict[str, Any] | None:
        for room in self.rooms():
            for message in reversed(room.messages):
                for block in message.get("blocks", []):
                    for element in block.get("elements", []):
                        if str(element.get("action_id", "")).startswith(action):
                            return {"channel": room.id, "ts": message["ts"],
                                    "action_id": element["action_id"]}  # fmt: skip
        return None

    def rooms(self) -> list[Any]:
        channels = self.slack.workspace.channels.values()
        return [c for c in channels if c.name.startswith("inc-")]

    def posts(self, where: str = "inc-") -> list[str]:
        """The bot's messages in the channels whose name begins so."""
        bot = self.slack.workspace.app.bot_user_id
        return [
            m["text"] + json.dumps(m.get("blocks", []), ensure_ascii=False)
            for c in self.slack.workspace.channels.values()
            if c.name.startswith(where)
            for m in c.messages
            if m.get("user") == bot and not m.get("subtype")
        ]

    def saying(self, words: str, where: str = "inc-") -> int:
        return sum(words in post for post in self.posts(where))

    def idle(self) -> bool:
        """Nothing is left to deliver, by the database."""
        engine = create_engine(make_url(self.database_url))
        try:
            with engine.connect() as connection:
                states = "'queued','doubt','sending'"
                sql = f"SELECT count(*) FROM delivery WHERE state IN ({states})"
                return connection.exec_driver_sql(sql).scalar() == 0
        finally:
            engine.dispose()

    def store(self) -> Store:
        return Store(self.database_url)

    def story(self) -> str:
        return "\n".join(post[:300] for post in self.posts(""))

    def tail(self) -> str:
        return "\n".join(p.read_text()[-1500:] for p in self.log[-2:])

    def _connected(self) -> bool:
        assert self.process is not None
        assert self.process.is_alive() or self.process.exitcode == -9, self.tail()
        if not self.process.is_alive():
            return True  # killed again at once; the next look heals it
        up = self.log[-1].exists() and "socket connected" in self.log[-1].read_text()
        return up and bool(self.slack.hub.links.open)

    def _settings(self) -> str:
        places = Places(
            out=self.folder,
            runbooks=RUNBOOKS,
            web_port=self.port,
            primary=self.world.primary.url,
            backup=self.world.backup.url,
            shop=self.world.shop_url,
            vendor=self.world.vendor_url,
        )
        text = settings_text(places, SHOP)
        for long, short in QUICKER.items():
            assert long in text
            text = text.replace(long, short)
        return text


@asynccontextmanager
async def scene(world: Outside, folder: Path, database_url: str) -> AsyncIterator[Scene]:
    """A fresh bot in a fresh workspace."""
    folder.mkdir(parents=True)
    async with running() as slack:
        made = Scene(world, slack, folder, database_url, await world.reset(), _free_port())
        try:
            await made.start()
            yield made
        finally:
            await made.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
