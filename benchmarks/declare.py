"""From `/incident declare` to a channel one can work in, against a Slack with a fixed latency.

    python -m benchmarks.declare --latency-ms 150 --json
    python -m benchmarks.declare --latency-ms 150 --burst 20 --json

The bot is a real process, connected by Socket Mode to the local workspace, which keeps Slack's
documented rate limits and waits `--latency-ms` before it acts on each Web API call. Times are
taken by the workspace, from the moment the person presses Enter to the moment the call that
makes the thing true has been answered. "Ready" is: the declarer is in the channel and the first
card is posted. Medians of `--runs` declares, one after the other.

`--burst N` then lets N people declare in one instant, in a fresh workspace. The bound is what
Slack's own limits allow: two calls one after the other, and one channel more every three seconds
where there are more than the twenty creations that a minute has.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incidentbot.rehearsal.bot_process import environment
from incidentbot.rehearsal.processes import Child
from incidentbot.rehearsal.workspace import acting
from incidentbot.rehearsal.workspace.gate import Entry
from incidentbot.rehearsal.workspace.limits import PER_MINUTE
from incidentbot.rehearsal.workspace.options import Options
from incidentbot.rehearsal.workspace.server import Running, running

RUNBOOKS = Path(__file__).parents[1] / "runbooks"
CONFIG = """\
name: Benchmark
slack: {{announce: "#incidents", oncall: [jonas], approvers: [maya, jonas]}}
storage: {{database: "sqlite:///bench.db", documents: documents}}
web: {{listen: "127.0.0.1:{port}", public_url: "http://127.0.0.1:{port}"}}
runbooks: {runbooks}
"""
GOAL_MS = 400
ACK_GOAL_MS = 1000
CREATES = PER_MINUTE[2]  # conversations.create is of the second tier
PAUSE = 1.5  # seconds between two declares, and how long no call must come at the end of one


@dataclass(frozen=True)
class Declared:
    """Milliseconds since Enter."""

    acked: float
    created: float
    card: float
    invited: float

    @property
    def ready(self) -> float:
        return max(self.card, self.invited)


@asynccontextmanager
async def bot(slack: Running, folder: Path) -> AsyncIterator[None]:
    """`incidentbot run`, connected."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    file = folder / "incidentbot.yaml"
    file.write_text(CONFIG.format(port=port, runbooks=RUNBOOKS))
    env = environment(os.environ, slack.workspace.app, f"{slack.url}api/")
    command = [sys.executable, "-m", "incidentbot", "run", "--config", str(file)]
    with (folder / "bot.log").open("wb") as log:
        child = await Child.start("bot", command, env=env, log=log)
        try:
            await until(lambda: bool(slack.hub.links.open), 30)
            await until(lambda: bool(answered(slack, "users.list")), 30)
            yield
        finally:
            await child.stop()


async def declare(slack: Running, numbers: range) -> list[Declared]:
    """Declares in one instant, watched in the workspace."""
    began = time.perf_counter()
    done: dict[int, dict[str, float]] = {number: {} for number in numbers}

    async def watch() -> None:
        while not all({"created", "card", "invited"} <= one.keys() for one in done.values()):
            now = (time.perf_counter() - began) * 1000
            for number, true in milestones(slack):
                for name in true if number in done else ():
                    done[number].setdefault(name, now)
            await asyncio.sleep(0.001 if len(numbers) == 1 else 0.01)

    async def say(number: int) -> float:
        order = {"do": "say", "user": "maya", "channel": "general"}
        text = f"/incident declare Number {number}"
        said = await acting.act(slack.hub, order | {"text": text})
        assert said.ok, said.error
        return (time.perf_counter() - began) * 1000

    watching = asyncio.create_task(watch())
    acked = await asyncio.gather(*(say(number) for number in numbers))
    await asyncio.wait_for(watching, 240)
    return [
        Declared(at, done[number]["created"], done[number]["card"], done[number]["invited"])
        for number, at in zip(numbers, acked, strict=True)
    ]


def milestones(slack: Running) -> Iterator[tuple[int, list[str]]]:
    """What is true in the workspace now, for each declare."""
    maya = slack.workspace.person("maya").id
    for room in slack.workspace.channels.values():
        number = room.name.rpartition("-number-")[2]
        if number.isdigit():
            card = any("Number" in m["text"] for m in room.messages[:9] if not m.get("subtype"))
            true = {"created": True, "invited": maya in room.members, "card": card}
            yield int(number), [name for name, is_true in true.items() if is_true]


def answered(slack: Running, method: str) -> list[Entry]:
    return [e for e in slack.hub.gate.journal if e.method == method and e.ok]


def calls(slack: Running) -> int:
    """All but those that only ask whether the line stands."""
    return sum(entry.method != "auth.test" for entry in slack.hub.gate.journal)


async def settled(slack: Running) -> None:
    """Wait until no call has come for a while."""
    count = -1
    while count != calls(slack):
        count = calls(slack)
        await asyncio.sleep(PAUSE)


async def until(true: Any, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while not true():
        if time.perf_counter() > end:
            raise SystemExit("the bot did not come up")
        await asyncio.sleep(0.02)


@asynccontextmanager
async def scene(latency_ms: int) -> AsyncIterator[Running]:
    with tempfile.TemporaryDirectory() as folder:
        options = Options(latency_ms=latency_ms)
        async with running(options=options) as slack, bot(slack, Path(folder)):
            await settled(slack)
            yield slack


async def one_after_the_other(latency_ms: int, runs: int) -> dict[str, Any]:
    seen: list[Declared] = []
    counts: list[int] = []
    async with scene(latency_ms) as slack:
        for number in range(1, runs + 1):
            before = calls(slack)
            seen += await declare(slack, range(number, number + 1))
            await settled(slack)
            counts.append(calls(slack) - before)

    def middle(name: str) -> float:
        return round(statistics.median(float(getattr(one, name)) for one in seen), 1)

    return {
        "ready_ms": middle("ready"),
        "ack_ms": middle("acked"),
        "created_ms": middle("created"),
        "card_ms": middle("card"),
        "invited_ms": middle("invited"),
        "worst_ready_ms": round(max(one.ready for one in seen), 1),
        "calls": statistics.median(counts),
    }


async def in_one_instant(latency_ms: int, many: int) -> dict[str, Any]:
    async with scene(latency_ms) as slack:
        seen = await declare(slack, range(1, many + 1))
        limited = sum(e.error == "ratelimited" for e in slack.hub.gate.journal)
    bound = 2 * latency_ms + max(0, many - CREATES) * 60_000 / CREATES
    last = max(one.ready for one in seen)
    return {
        "n": many,
        "acked_max_ms": round(max(one.acked for one in seen), 1),
        "ready_last_ms": round(last, 1),
        "bound_ms": round(bound, 1),
        "ratio": round(last / bound, 2) if bound else None,
        "refused_by_limits": limited,
    }


async def measure(latency_ms: int, runs: int, burst: int) -> dict[str, Any]:
    result: dict[str, Any] = {"latency_ms": latency_ms, "runs": runs}
    result |= await one_after_the_other(latency_ms, runs)
    result |= {"floor_ms": 2 * latency_ms, "goal_ms": GOAL_MS if latency_ms == 150 else None}
    if burst:
        result["burst"] = await in_one_instant(latency_ms, burst)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description="Time from /incident declare to ready.")
    parser.add_argument("--latency-ms", type=int, default=150)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--burst", type=int, default=0, help="declares in one instant")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    result = asyncio.run(measure(options.latency_ms, options.runs, options.burst))
    burst = result.get("burst", {})
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        print(f"{result['runs']} declares at {result['latency_ms']} ms a call, medians")
        for name, value in [*result.items(), *burst.items()]:
            if isinstance(value, int | float):
                print(f"  {name:<18} {value:9.1f}")
    late = options.latency_ms == 150 and result["ready_ms"] > GOAL_MS
    return 1 if late or burst.get("acked_max_ms", 0) > ACK_GOAL_MS else 0


if __name__ == "__main__":
    sys.exit(main())
