"""Two processes on one PostgreSQL: either takes in what comes, one works, and neither loses it."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import aiohttp
import pytest

from incidentbot.rehearsal.bot_process import environment
from incidentbot.rehearsal.workspace.server import Running, running
from incidentbot.slack.inbound import inbox
from tests.crash import nursery
from tests.stories.house import CONFIG, RUNBOOKS, House, living, settings_for

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@dataclass
class Pair:
    """`leader` is a process that can be killed; `bot` stands by in this one, in the same Slack."""

    leader: ForkServerProcess
    bot: House

    async def kill(self) -> None:
        self.leader.kill()
        await asyncio.to_thread(self.leader.join)

    async def note(self, room: str, text: str) -> None:
        """Write a line. What Slack could not bring is typed again, unless it arrived after all."""
        while not (await self.bot.say("maya", room, f"/incident timeline add {text}")).ok:
            await self.bot.until(lambda: not self.bot.app.standby)
            while await self.bot.app.store.tx(inbox.waiting):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            if text in [entry.text for entry in await self.bot.story("note")]:
                return


async def beat(bot: House) -> int:
    url = f"{bot.app.settings.web.public_url}/heartbeats/nightly/backup"
    async with aiohttp.ClientSession() as http, http.post(url) as answer:
        return answer.status


async def healthz(port: int) -> dict[str, object]:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/healthz") as answer,
    ):
        said: dict[str, object] = await answer.json()
        return said


def start(slack: Running, folder: Path, database_url: str, port: int) -> ForkServerProcess:
    folder.mkdir()
    file = folder / "incidentbot.yaml"
    file.write_text(CONFIG.format(port=port, runbooks=RUNBOOKS), encoding="utf-8")
    env = environment(os.environ, slack.workspace.app, f"{slack.url}api/")
    return nursery.start(file, env | {"DATABASE_URL": database_url}, folder / "log")


@pytest.fixture
async def pair(
    tmp_path: Path, database_url: str, free_port: int, transport: str
) -> AsyncIterator[Pair]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        other_port = probe.getsockname()[1]
    async with running() as slack:
        leader = start(slack, tmp_path / "leader", database_url, other_port)
        try:
            async with asyncio.timeout(60):
                while len(slack.hub.links.open) < 2:
                    assert leader.is_alive(), (tmp_path / "leader" / "log").read_text()
                    await asyncio.sleep(0.02)
            settings = settings_for(slack, tmp_path, database_url, CONFIG, free_port, transport)
            async with living(slack, settings, tmp_path) as bot:
                assert not (await healthz(other_port))["standby"]
                assert (await healthz(free_port))["standby"]
                yield Pair(leader, bot)
        finally:
            leader.kill()
            await asyncio.to_thread(leader.join)


@pytest.mark.parametrize("transport", ["socket", "http"], indirect=True)
async def test_what_comes_to_the_one_that_stands_by_is_worked_once_and_nothing_dies_with_the_other(
    pair: Pair, transport: str
) -> None:
    bot = pair.bot
    if transport == "socket":
        await bot.until(lambda: len(bot.slack.hub.links.open) == 4)
    room = await bot.declared()
    await asyncio.gather(*(pair.note(room, f"line {n}") for n in range(3)))
    await bot.until(lambda: all(f"line {n}" in bot.text(room) for n in range(3)))
    assert bot.app.standby and pair.leader.is_alive()
    assert await beat(bot) == 503, "heartbeats are for the one at work"

    writing = [asyncio.create_task(pair.note(room, f"line {n}")) for n in range(3, 6)]
    await pair.kill()
    await asyncio.gather(*writing)
    await bot.until(lambda: not bot.app.standby)
    await bot.until(lambda: all(f"line {n}" in bot.text(room) for n in range(6)))
    await bot.quiet()
    assert await beat(bot) == 404, "it is at work now, and knows no such heartbeat"
    notes = [entry.text for entry in await bot.story("note")]
    assert sorted(notes) == sorted(f"line {n}" for n in range(6))
    posted = [m["text"] for m in bot.messages(room)]
    assert len(posted) == len(set(posted)) and len(bot.rooms()) == 1
    assert await bot.app.slack.connected()
