"""Thousands of status feeds on one core: the real poller against real local HTTP.

    python -m benchmarks.feeds --feeds 5000 --seconds 120

Every feed has a host of its own (all of 127.0.0.0/8 is this machine), so nothing is shared and
nothing waits for its turn at a host. The server is another process. A page is a Statuspage summary
of `--components` components; a share of `--changing` of the polls finds it changed, the others
are answered with 304. CPU is that of the polling process alone, without its start. A gap is the
time between two polls of a feed, in intervals.
"""

import argparse
import asyncio
import json
import random
import resource
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import uvloop
from aiohttp import web

from incidentbot.http import Http
from incidentbot.settings import FeedSettings
from incidentbot.signals import Signal
from incidentbot.signals.feeds.poller import Poller


@dataclass(frozen=True)
class Result:
    """`cpu` is the share of one core; memory is resident, in MB; gaps are in intervals."""

    feeds: int
    seconds: float
    polls: int
    unknown: int
    polls_per_minute: float
    cpu: float
    ms_per_poll: float
    memory_before: float
    memory_after: float
    gap_p50: float
    gap_p99: float


class Heard:
    """Counts what the poller says, and when."""

    def __init__(self) -> None:
        self.last: dict[str, float] = {}
        self.gaps: list[float] = []
        self.polls = self.unknown = 0

    async def __call__(self, feed: str, signals: Sequence[Signal]) -> None:
        now = time.perf_counter()
        if feed in self.last:
            self.gaps.append(now - self.last[feed])
        self.last[feed] = now
        self.polls += 1
        self.unknown += all(signal.state == "unknown" for signal in signals)

    def clear(self) -> None:
        self.gaps, self.polls, self.unknown = [], 0, 0


def page(components: int) -> dict[str, object]:
    return {
        "page": {"id": "p", "name": "Benchmark", "url": "https://status.example.com"},
        "status": {"indicator": "none", "description": "All Systems Operational"},
        "components": [
            {
                "id": f"component{n}",
                "name": f"Object Storage {n}",
                "status": "operational",
                "created_at": "2026-01-01T00:00:00.000Z",
                "updated_at": "2026-01-01T00:00:00.000Z",
                "position": n,
                "description": "Where objects are kept",
                "showcase": False,
                "group": False,
                "group_id": None,
                "page_id": "p",
            }
            for n in range(components)
        ],
        "incidents": [],
        "scheduled_maintenances": [],
    }


async def serve(components: int, changing: float) -> None:
    """The server's process: says its port, then serves until it is ended."""
    body, turn = json.dumps(page(components))[:-1], 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal turn
        asked = request.headers.get("If-None-Match")
        if asked and random.random() >= changing:
            return web.Response(status=304, headers={"ETag": asked})
        turn += 1
        text = f'{body}, "turn": {turn}}}'
        return web.Response(
            text=text, headers={"ETag": f'"{turn}"'}, content_type="application/json"
        )

    app = web.Application()
    app.router.add_get("/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0, backlog=4096).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


async def measure(options: argparse.Namespace, port: int) -> Result:
    every = timedelta(seconds=options.every)
    feeds = [
        FeedSettings(
            name=f"feed-{n}",
            vendor="benchmark",
            format="statuspage",
            url=f"http://127.{1 + n // 60000}.{n // 250 % 240}.{1 + n % 250}:{port}/summary.json",
            every=every,
            allow_private=True,
        )
        for n in range(options.feeds)
    ]
    http, heard = Http(), Heard()
    task = asyncio.create_task(Poller(http, feeds, heard).run())
    # Two rounds: every feed was read in full once, and asked for news once.
    await asyncio.sleep(options.warm_up or options.every * 2.2)
    heard.clear()
    memory, cpu, start = resident(), time.process_time(), time.perf_counter()
    await asyncio.sleep(options.seconds)
    seconds, used = time.perf_counter() - start, time.process_time() - cpu
    gaps = sorted(gap / options.every for gap in heard.gaps) or [0.0]
    result = Result(
        options.feeds,
        round(seconds, 1),
        heard.polls,
        heard.unknown,
        round(heard.polls / seconds * 60),
        round(used / seconds, 3),
        round(used / max(heard.polls, 1) * 1000, 3),
        round(memory, 1),
        round(resident(), 1),
        round(gaps[len(gaps) // 2], 3),
        round(gaps[int(len(gaps) * 0.99)], 3),
    )
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await http.close()
    return result


def resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024 / 1024


def allow_many_sockets() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def bench(options: argparse.Namespace) -> Result:
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.feeds", "--serve"),
        *("--components", str(options.components), "--changing", str(options.changing)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        return await measure(options, int(await server.stdout.readline()))
    finally:
        server.terminate()
        await server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--feeds", type=int, default=5000)
    parser.add_argument("--every", type=float, default=60.0, help="seconds between two polls")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--warm-up", type=float, default=0.0, help="seconds; 0: two rounds")
    parser.add_argument("--components", type=int, default=60)
    parser.add_argument("--changing", type=float, default=0.1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    allow_many_sockets()
    if options.serve:
        uvloop.run(serve(options.components, options.changing))
        return
    result = asdict(uvloop.run(bench(options)))
    print(json.dumps(result) if options.json else "\n".join(f"{k}: {v}" for k, v in result.items()))


if __name__ == "__main__":
    main()
