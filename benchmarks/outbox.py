"""A burst of outgoing messages: how fast the outbox drains when nothing but itself holds it back.

    python -m benchmarks.outbox --messages 1000 --channels 8 --json

Store, client and deliverer in one process against the local workspace in the same process, with
every rate limit off on both sides: in earnest Slack takes about one message a second per channel.
Each message must arrive once and in its channel's order, or the run fails.
"""

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from incidentbot.incidents.rights import Rights
from incidentbot.rehearsal.workspace.options import Options
from incidentbot.rehearsal.workspace.server import running
from incidentbot.slack.outbound import ledger, outbox
from incidentbot.slack.outbound.budget import Budget
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.slack.outbound.deliver import Deliverer
from incidentbot.slack.people.directory import Directory
from incidentbot.store import Store, migrate


async def drain(folder: Path, messages: int, channels: int) -> dict[str, Any]:
    store = Store(f"sqlite:///{folder}/bench.db")
    migrate.upgrade(store)
    async with running(options=Options(rate_limits=False)) as slack:
        app = slack.workspace.app
        made = [slack.workspace.create_channel(app.bot_user_id, f"c-{n}") for n in range(channels)]

        def queue(session: Session) -> None:
            for number in range(messages):
                room = made[number % channels].id
                outbox.post(session, f"{number}", room, {"text": str(number)})

        store.run(queue)
        client = SlackClient(f"{slack.url}api/", app.bot_token, budget=Budget(scale=1e6))
        delivering = asyncio.create_task(
            Deliverer(store, client, Directory(client, store, Rights({})), "#incidents").run()
        )
        began = time.perf_counter()
        while store.run(ledger.waiting):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        took = time.perf_counter() - began
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
        await client.aclose()
        for n, room in enumerate(made):
            texts = [m["text"] for m in room.messages if not m.get("subtype")]
            assert texts == [str(number) for number in range(n, messages, channels)], room.name
    store.close()
    return {
        "messages": messages,
        "channels": channels,
        "seconds": round(took, 2),
        "per_second": round(messages / took),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast the outbox drains.")
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = asyncio.run(drain(Path(folder), options.messages, options.channels))
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        print("{messages} messages over {channels} channels in {seconds} s".format(**result))


if __name__ == "__main__":
    main()
