"""From `/incident declare` to a channel one can work in, against a Slack with a fixed latency.

    python -m benchmarks.declare --latency-ms 150 --json

The bot is a real process, connected by Socket Mode to the local workspace, which keeps Slack's
documented rate limits and waits `--latency-ms` before it acts on each Web API call. Times are
taken by the workspace, from the moment the person presses Enter to the moment the call that
makes the thing true has been answered. "Ready" is: the declarer is in the channel and the first
card is posted. Medians of `--runs` declares, one after the other.
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
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incidentbot.rehearsal.bot_process import environment, usual_command
from incidentbot.rehearsal.processes import Child
from incidentbot.rehearsal.workspace import acting
from incidentbot.rehearsal.workspace.gate import Entry
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
GOAL_MS = 450
PAUSE = 1.5  # seconds between two declares: twenty channels a minute is Slack's own limit


@dataclass(frozen=True)
class Declared:
    """Milliseconds since Enter; `calls` are the Web API calls made until nothing was left."""

    acked: float
    created: float
    card: float
    invited: float
    calls: int

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
    with (folder / "bot.log").open("wb") as log:
        child = await Child.start("bot", usual_command(file), env=env, log=log)
        try:
            await until(lambda: bool(slack.hub.links.open), 30)
            await until(lambda: bool(answered(slack, "users.list")), 30)
            yield
        finally:
            await child.stop()


async def declare(slack: Running, number: int) -> Declared:
    """One declare, watched in the workspace's journal of calls."""
    maya = slack.workspace.person("maya").id
    before = len(slack.hub.gate.journal)
    began = time.perf_counter()
    done: dict[str, float] = {}

    async def watch() -> None:
        while not {"created", "card", "invited"} <= done.keys():
            for name, true in milestones(slack, maya, number).items():
                if true and name not in done:
                    done[name] = (time.perf_counter() - began) * 1000
            await asyncio.sleep(0.001)

    watching = asyncio.create_task(watch())
    order = {"do": "say", "user": "maya", "channel": "general"}
    said = await acting.act(slack.hub, order | {"text": f"/incident declare Number {number}"})
    acked = (time.perf_counter() - began) * 1000
    assert said.ok, said.error
    await asyncio.wait_for(watching, 60)
    await settled(slack)
    calls = len(slack.hub.gate.journal) - before
    return Declared(acked, done["created"], done["card"], done["invited"], calls)


def milestones(slack: Running, declarer: str, number: int) -> dict[str, bool]:
    """What is true in the workspace now, for this declare."""
    ending = f"-number-{number}"
    room = next((c for c in slack.workspace.channels.values() if c.name.endswith(ending)), None)
    if room is None:
        return {}
    card = any(
        f"Number {number}" in m.get("text", "") for m in room.messages if not m.get("subtype")
    )
    return {"created": True, "invited": declarer in room.members, "card": card}


def answered(slack: Running, method: str) -> list[Entry]:
    return [e for e in slack.hub.gate.journal if e.method == method and e.ok]


async def settled(slack: Running) -> None:
    """Wait until no call has come for a while."""
    count = -1
    while count != len(slack.hub.gate.journal):
        count = len(slack.hub.gate.journal)
        await asyncio.sleep(PAUSE)


async def until(true: Any, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while not true():
        if time.perf_counter() > end:
            raise SystemExit("the bot did not come up")
        await asyncio.sleep(0.02)


async def measure(latency_ms: int, runs: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        options = Options(latency_ms=latency_ms)
        async with running(options=options) as slack, bot(slack, Path(folder)):
            seen = [await declare(slack, number) for number in range(1, runs + 1)]
    middle = {
        name: round(statistics.median(getattr(one, name) for one in seen), 1)
        for name in ("acked", "created", "card", "invited", "ready")
    }
    return {
        "latency_ms": latency_ms,
        "runs": runs,
        "calls": statistics.median(one.calls for one in seen),
        "median_ms": middle,
        "worst_ready_ms": round(max(one.ready for one in seen), 1),
        "floor_ms": 2 * latency_ms,
        "goal_ms": GOAL_MS if latency_ms == 150 else None,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Time from /incident declare to ready.")
    parser.add_argument("--latency-ms", type=int, default=150)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    result = asyncio.run(measure(options.latency_ms, options.runs))
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        print(f"{result['runs']} declares at {result['latency_ms']} ms a call, medians in ms")
        for name, value in result["median_ms"].items():
            print(f"  {name:<8} {value:8.1f}")
        print(f"  calls    {result['calls']:8.1f}   (floor for ready: {result['floor_ms']} ms)")
    late = options.latency_ms == 150 and result["median_ms"]["ready"] > GOAL_MS
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
