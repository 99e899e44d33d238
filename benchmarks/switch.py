"""From the click that approves a plan to the origin switched and verified, beside the raw calls.

    python -m benchmarks.switch --runs 10 --json
    python -m benchmarks.switch --latency-ms 60 --postgres postgresql+psycopg://postgres@localhost/

The bot is a real process with an empty database, connected to the local workspace. A region breaks,
its checks see it, an incident opens, a plan is asked for and frozen; a second person types the
target's name and presses "Approve and run", and the clock runs until the database says that the
switch is proven. That is the first switch in the life of the process: nothing was done before.

Raw are the same calls without a bot, in the same minute and on the same machine, by the same
libraries (boto3, aiohttp), with clients that are made and used before the clock runs: read the
parameter, write it, fetch the objects as users do, twice with the bot's own pause in between.

Answers take `--latency-ms`, in both; the edge knows of a write at once. "Overhead" is the
difference: the click's way through Slack's socket, the approval, the guards, locks, intents,
durable steps and lines of the story. Exits with 1 when its median is above the goal.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import boto3
from botocore.config import Config
from sqlalchemy import create_engine, make_url, text

from incidentbot.rehearsal.aws_signing import ACCESS_KEY, SECRET_KEY
from incidentbot.rehearsal.bot_process import environment
from incidentbot.rehearsal.images import pictures
from incidentbot.rehearsal.processes import Child
from incidentbot.rehearsal.regions import BACKUP, PARAMETER, Region, start_regions, stop_regions
from incidentbot.rehearsal.settings_file import Places, settings_text
from incidentbot.rehearsal.workspace import acting
from incidentbot.rehearsal.workspace.server import Running, running
from incidentbot.rehearsal.world import free_port
from incidentbot.runbooks.job import Pace
from incidentbot.runbooks.verify import IN_A_ROW

RUNBOOKS = Path(__file__).parents[1] / "runbooks"
GOAL_MS = 150
LOOK = 0.002  # seconds between two looks into the database
SHOP = pictures()[:12]
KEYS = [picture.key for picture in SHOP[:3]]  # those that settings_text verifies
QUICKER = {"every: 5s": "every: 1s", "apart: 2s": "apart: 150ms"}
TWO_STAND_INS = 'endpoint_url: "{backup}"\n      values:'


@dataclass(frozen=True)
class Switched:
    """Milliseconds since the click, and how many calls came for it."""

    written: float
    verified: float
    calls: dict[str, int]


@dataclass
class World:
    """Two regions of S3, and the parameter with its edge."""

    primary: Region
    backup: Region
    service: str

    async def control(self, begin: bool = False) -> dict[str, Any]:
        async with aiohttp.ClientSession() as http:
            method = "POST" if begin else "GET"
            async with http.request(method, f"{self.service}/control") as answer:
                told: dict[str, Any] = await answer.json()
                return told

    async def reset(self) -> None:
        await self.primary.proxy.set_mode("healthy")
        await self.control(begin=True)

    def settings(self, folder: Path) -> str:
        places = Places(
            out=folder, runbooks=RUNBOOKS, web_port=free_port(), primary=self.primary.url,
            backup=self.backup.url, shop=self.service, vendor=self.service,
        )  # fmt: skip
        said = settings_text(places, SHOP)
        feeds = said.index("# What the vendor says"), said.index("# Where the pictures")
        said = said[: feeds[0]] + said[feeds[1] :]
        old = TWO_STAND_INS.format(backup=self.backup.url)
        new = old.replace(self.backup.url, self.service)
        changes = QUICKER | {old: new, "[aws-status, aws-rss]": "[]"}
        for old, new in changes.items():
            assert old in said, old
            said = said.replace(old, new)
        return said


@asynccontextmanager
async def world(latency_ms: int) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        primary, backup = await start_regions(SHOP)
        stack.push_async_callback(stop_regions, (primary, backup))
        command = [sys.executable, "-m", "benchmarks.switch_service", str(latency_ms)]
        child = await Child.start("service", command, stdout=asyncio.subprocess.PIPE)
        stack.push_async_callback(child.stop)
        port = await child.read_line(20)
        yield World(primary, backup, f"http://127.0.0.1:{port}")


# the bot


@dataclass
class Bot:
    slack: Running
    database: str
    log: Path

    def __post_init__(self) -> None:
        self.engine = create_engine(self.database)

    def ask(self, sql: str) -> Any:
        """One value from its database; None while there is no such table or row."""
        try:
            with self.engine.connect() as connection:
                return connection.execute(text(sql)).scalar()
        except Exception as error:
            if "no such table" in str(error) or "does not exist" in str(error):
                return None
            raise

    async def until(self, what: str, true: Callable[[], Any], seconds: float = 40) -> Any:
        end = time.perf_counter() + seconds
        while not (found := true()):
            if time.perf_counter() > end:
                raise SystemExit(f"no {what}; the end of its log:\n{self.log.read_text()[-2000:]}")
            await asyncio.sleep(0.02)
        return found

    def button(self, action: str) -> dict[str, Any] | None:
        rooms = [c for c in self.slack.workspace.channels.values() if c.name.startswith("inc-")]
        for room in rooms:
            for message in reversed(room.messages):
                for block in message.get("blocks", []):
                    for element in block.get("elements", []):
                        if str(element.get("action_id", "")).startswith(action):
                            where = {"channel": room.id, "ts": message["ts"]}
                            return {**where, "action_id": element["action_id"]}
        return None

    async def press(self, who: str, action: str) -> None:
        button = await self.until(f"button {action}", lambda: self.button(action))
        said = await acting.act(self.slack.hub, {"do": "click", "user": who, **button})
        assert said.ok, said.error

    async def settled(self) -> None:
        """Until no call to Slack has come for a while."""
        count = -1
        while count != len(self.slack.hub.gate.journal):
            count = len(self.slack.hub.gate.journal)
            await asyncio.sleep(1.0)


@asynccontextmanager
async def bot(made: World, folder: Path, database: str) -> AsyncIterator[Bot]:
    """`incidentbot run`, connected."""
    file = folder / "incidentbot.yaml"
    file.write_text(made.settings(folder), encoding="utf-8")
    command = [sys.executable, "-m", "incidentbot", "run", "--config", str(file)]
    async with running() as slack:
        env = environment(os.environ, slack.workspace.app, f"{slack.url}api/")
        with (folder / "bot.log").open("wb") as log:
            child = await Child.start("bot", command, env=env | {"DATABASE_URL": database}, log=log)
            one = Bot(slack, database, folder / "bot.log")
            try:
                await one.until("connection", lambda: bool(slack.hub.links.open))
                yield one
            finally:
                await child.stop()
                one.engine.dispose()


async def ours(made: World, folder: Path, database: str) -> Switched:
    """The first switch of a process, from the click on."""
    await made.reset()
    async with bot(made, folder, database) as one:
        ready = f"SELECT count(*) FROM readiness WHERE state = 'ready' AND origin = '{BACKUP}'"
        await one.until("proof that the backup is ready", lambda: one.ask(ready))
        await made.primary.proxy.set_mode("errors")
        await one.press("maya", "runbook.plan")
        button = await one.until("plan", lambda: one.button("plan.approve"))
        await acting.act(
            one.slack.hub, {"do": "join", "user": "jonas", "channel": button["channel"]}
        )
        await one.settled()
        await one.press("jonas", "plan.approve")  # the form in which the target's name is typed
        jonas = one.slack.workspace.person("jonas").id
        await one.until("form", lambda: one.slack.workspace.modal_of(jonas))
        await one.settled()
        order = {"do": "submit", "user": "jonas", "values": {"typed": {"value": "shop-images"}}}
        before = len((await made.control())["calls"])
        began = time.perf_counter()
        click = asyncio.create_task(acting.act(one.slack.hub, order))
        ended = await _ended(one)
        assert (await click).ok
        state = one.ask("SELECT state || ': ' || outcome FROM plan")
        assert state.startswith("done"), state
        calls = (await made.control())["calls"][before:]
    (written,) = [call["answered"] for call in calls if call["name"] == "PutParameter"]
    return Switched((written - began) * 1000, (ended - began) * 1000, _counted(calls))


async def _ended(one: Bot) -> float:
    end = time.perf_counter() + 40
    while one.ask("SELECT ended_at FROM plan WHERE ended_at IS NOT NULL") is None:
        if time.perf_counter() > end:
            raise SystemExit(f"the plan does not end:\n{one.log.read_text()[-2000:]}")
        await asyncio.sleep(LOOK)
    return time.perf_counter()


def _counted(calls: list[dict[str, Any]]) -> dict[str, int]:
    names = [call["name"] for call in calls]
    return {name: names.count(name) for name in sorted(set(names))}


# the calls alone


async def raw(made: World) -> Switched:
    """The same calls without a bot."""
    await made.reset()
    config = Config(retries={"total_max_attempts": 1}, proxies={})
    client: Any = boto3.client  # one type for all services
    ssm = client(
        "ssm", region_name=BACKUP, endpoint_url=made.service, config=config,
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
    )  # fmt: skip
    async with aiohttp.ClientSession() as http:

        async def fetch(key: str) -> str:
            async with http.get(f"{made.service}/assets/{key}") as answer:
                assert answer.status == 200 and await answer.read()
                return answer.headers["x-asset-origin"]

        def read() -> str:
            return str(ssm.get_parameter(Name=PARAMETER)["Parameter"]["Value"])

        def write() -> None:
            ssm.put_parameter(Name=PARAMETER, Value=BACKUP, Overwrite=True)

        assert await asyncio.to_thread(read) != BACKUP  # its connection stands, as the bot's does
        before = len((await made.control())["calls"])
        began = time.perf_counter()
        await asyncio.to_thread(read)
        await asyncio.to_thread(write)
        for number in range(IN_A_ROW):
            if number:
                await asyncio.sleep(Pace().proof)
            served = await asyncio.gather(*(fetch(key) for key in KEYS))
            assert set(served) == {BACKUP}
        ended = time.perf_counter()
    calls = (await made.control())["calls"][before:]
    (written,) = [call["answered"] for call in calls if call["name"] == "PutParameter"]
    return Switched((written - began) * 1000, (ended - began) * 1000, _counted(calls))


# the measurement


def databases(postgres: str) -> dict[str, Callable[[Path, int], str]]:
    """A new empty database for each run, by kind."""

    def sqlite(folder: Path, _: int) -> str:
        return f"sqlite:///{folder}/incidentbot.db"

    def server(_: Path, number: int) -> str:
        engine = create_engine(postgres, isolation_level="AUTOCOMMIT")
        name = f"switch{number}"
        with engine.connect() as connection:
            for sql in (f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}"):
                connection.execute(text(sql))
        engine.dispose()
        return make_url(postgres).set(database=name).render_as_string(hide_password=False)

    return {"sqlite": sqlite, **({"postgresql": server} if postgres else {})}


async def measure(latency_ms: int, runs: int, postgres: str) -> dict[str, Any]:
    made = databases(postgres)
    taken: dict[str, list[Switched]] = {name: [] for name in ("raw", *made)}
    async with world(latency_ms) as outside:
        await raw(outside)  # the first ever reads boto3's own files
        for number in range(runs):
            taken["raw"].append(await raw(outside))
            for name, create in made.items():
                with tempfile.TemporaryDirectory() as folder:
                    url = create(Path(folder), number)
                    taken[name].append(await ours(outside, Path(folder), url))
    plain = statistics.median(one.verified for one in taken["raw"])
    result: dict[str, Any] = {"latency_ms": latency_ms, "runs": runs, "goal_ms": GOAL_MS}
    for name, seen in taken.items():
        result[name] = {
            "written_ms": _middle(one.written for one in seen),
            "verified_ms": _middle(one.verified for one in seen),
            "worst_ms": round(max(one.verified for one in seen), 1),
            "calls": seen[0].calls,
        }
        if name != "raw":
            result[name]["overhead_ms"] = round(result[name]["verified_ms"] - plain, 1)
            result[name]["worst_overhead_ms"] = round(result[name]["worst_ms"] - plain, 1)
    return result


def _middle(values: Iterable[float]) -> float:
    return round(statistics.median(values), 1)


def main() -> int:
    parser = argparse.ArgumentParser(description="Time from the approving click to the proof.")
    parser.add_argument("--latency-ms", type=int, default=20, help="of each call outside")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--postgres", default="", help="postgresql+psycopg://... of a server")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    result = asyncio.run(measure(options.latency_ms, options.runs, options.postgres))
    kinds = [name for name in result if isinstance(result[name], dict)]
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        print(f"{options.runs} switches, {options.latency_ms} ms a call; ms, medians")
        print(f"{'':<12}{'written':>10}{'verified':>10}{'worst':>10}{'overhead':>10}")
        for name in kinds:
            row = result[name]
            print(f"{name:<12}{row['written_ms']:>10}{row['verified_ms']:>10}"
                  f"{row['worst_ms']:>10}{row.get('overhead_ms', 0):>10}")  # fmt: skip
    late = any(result[name].get("overhead_ms", 0) > GOAL_MS for name in kinds)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
