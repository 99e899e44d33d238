"""How soon Slack gets its acknowledgement, and a form opens, while the bot is up to its neck.

    python -m benchmarks.inbound --json            # SQLite; DATABASE_URL names another database

The bot is a real process, by Socket Mode. First it has nothing to do; then 1,000 messages to 100
channels are in its outbox, fifty people have asked for a form that Slack takes two seconds to
open, and the same commands come again. Slack's own limits are three seconds for either.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from benchmarks.declare import bot
from incidentbot.rehearsal.workspace import acting
from incidentbot.rehearsal.workspace.gate import Fault
from incidentbot.rehearsal.workspace.options import Options
from incidentbot.rehearsal.workspace.server import Running, running
from incidentbot.slack.outbound import outbox
from incidentbot.store import Store

GOAL_MS = 1000
MESSAGES, ROOMS, SLOW = 1000, 100, 50


async def typed(slack: Running, who: str, text: str) -> float:
    """Milliseconds until Slack had the acknowledgement."""
    began = time.perf_counter()
    order = {"do": "say", "user": who, "channel": "general", "text": f"/incident {text}"}
    said = await acting.act(slack.hub, order)
    assert said.ok, said.error
    return (time.perf_counter() - began) * 1000


async def form(slack: Running, who: str) -> float:
    """Milliseconds until the bot asked Slack to open a form, refused or not."""
    before = len(slack.hub.gate.journal)
    began = time.perf_counter()
    await typed(slack, who, "declare")
    while not any(  # noqa: ASYNC110
        e.method == "views.open" for e in slack.hub.gate.journal[before:]
    ):
        await asyncio.sleep(0.001)
    return (time.perf_counter() - began) * 1000


async def asked(slack: Running, runs: int) -> dict[str, float]:
    """Commands one after the other, then as many at once."""
    alone = [await typed(slack, "maya", f"help {n}") for n in range(runs)]
    together = await asyncio.gather(*(typed(slack, "maya", f"list {n}") for n in range(runs)))
    forms = [await form(slack, "jonas") for _ in range(5)]
    return {
        "ack_median_ms": round(statistics.median(alone), 1),
        "ack_worst_ms": round(max(alone), 1),
        "ack_worst_together_ms": round(max(together), 1),
        "form_worst_ms": round(max(forms), 1),
    }


def flood(session: Session, rooms: list[str]) -> None:
    for n in range(MESSAGES):
        outbox.post(session, f"flood:{n}", rooms[n % len(rooms)], {"text": f"number {n}"})


async def busy(slack: Running, store: Store) -> None:
    """A thousand messages to send and fifty gestures that take their time."""
    me, maya = slack.workspace.app.bot_user_id, slack.workspace.person("maya").id
    made = [slack.workspace.create_channel(maya, f"room-{n}") for n in range(ROOMS)]
    for room in made:
        slack.workspace.invite(maya, room.id, [me])
    slack.hub.gate.faults.append(Fault("slow", "views.open", times=SLOW, seconds=2.0))
    await store.tx(flood, [room.id for room in made])
    await asyncio.gather(*(typed(slack, "maya", "declare") for _ in range(SLOW)))


async def measure(runs: int) -> dict[str, Any]:
    options = Options(latency_ms=50)
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{folder}/bench.db"
        async with running(options=options) as slack, bot(slack, Path(folder)):
            idle = await asked(slack, runs)
            store = Store(url)
            try:
                await busy(slack, store)
                under_load = await asked(slack, runs)
            finally:
                store.close()
    return {"database": url.partition(":")[0], "runs": runs, "idle": idle, "busy": under_load}


def main() -> int:
    parser = argparse.ArgumentParser(description="Time from a command to its acknowledgement.")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    result = asyncio.run(measure(options.runs))
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        for name, idle in result["idle"].items():
            print(f"{name:<24} idle {idle:8.1f}   busy {result['busy'][name]:8.1f}")
    worst = max(v for part in ("idle", "busy") for k, v in result[part].items() if "ack" in k)
    return 1 if worst > GOAL_MS else 0


if __name__ == "__main__":
    sys.exit(main())
