"""What `incidentbot watch` costs and how soon it tells, on this machine and from nothing else.

    python -m benchmarks.prober.measure --targets 1000 --interval 10 --faults 20 --json

Targets on loopback, in a process of their own, are looked at in their interval. First the CPU time
of the prober is read around `--window` seconds of quiet, and divided by the requests that came.
Then `--faults` targets begin to answer 503, each at its own moment, and are well again later; a
receiver notes when it is told. CPU time is that of the prober alone (its whole tree).
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from incidentbot.rehearsal.processes import Child

LISTENERS = 100  # the addresses of more targets differ by their path
TICKS = os.sysconf("SC_CLK_TCK")
FAILS, TIMEOUT = 3, 5


class Receiver:
    """Notes when each address was told to be down or up."""

    def __init__(self) -> None:
        self.told: list[tuple[float, str, str]] = []

    async def take(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.told.append((time.monotonic(), body["url"], body["status"]))
        return web.Response()

    def when(self, url: str, status: str) -> float | None:
        return next((at for at, u, s in self.told if (u, s) == (url, status)), None)

    def told_all(self, urls: list[str], status: str) -> bool:
        return all(self.when(url, status) is not None for url in urls)


class Targets:
    """The process of targets, by its standard input and output."""

    def __init__(self, process: asyncio.subprocess.Process, ports: list[int]) -> None:
        self._process, self.ports = process, ports

    async def ask(self, line: str, answer: bool = False) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n".encode())
        await self._process.stdin.drain()
        return (await self._process.stdout.readline()).decode() if answer else ""

    async def requests(self) -> int:
        return int(await self.ask("count", answer=True))


async def targets(count: int) -> Targets:
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "benchmarks.prober.targets", str(count)],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1024 * 1024,
    )
    assert process.stdout is not None
    return Targets(process, [int(port) for port in (await process.stdout.readline()).split()])


def used(pid: int) -> tuple[float, float]:
    """CPU seconds and resident MiB of what runs below a leash."""
    seconds = memory = 0.0
    for one in _below(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) / TICKS
        memory += int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return seconds, memory


def _below(pid: int) -> list[int]:
    kids = [int(k) for k in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return kids + [deeper for kid in kids for deeper in _below(kid)]


async def until(true: Callable[[], Any], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:  # noqa: ASYNC110  what comes is no event of ours
        await asyncio.sleep(0.05)


async def cost(served: Targets, pid: int, window: float) -> dict[str, float]:
    """CPU and memory in quiet times."""
    (before, _), asked, began = used(pid), await served.requests(), time.monotonic()
    await asyncio.sleep(window)
    (after, memory), looks = used(pid), await served.requests() - asked
    lasted = time.monotonic() - began
    return {
        "checks_per_s": round(looks / lasted, 1),
        "cpu_percent": round((after - before) / lasted * 100, 1),
        "us_per_check": round((after - before) / max(looks, 1) * 1e6),
        "resident_mib": round(memory, 1),
    }


async def faults(
    served: Targets, receiver: Receiver, urls: list[str], interval: float
) -> dict[str, Any]:
    """Seconds from a fault to the word of it, and from its repair."""
    began: dict[str, float] = {}
    found: dict[str, Any] = {}
    for status, word in ((503, "down"), (200, "up")):
        for number, url in enumerate(urls):
            await asyncio.sleep(random.uniform(0, 2 * interval / len(urls)))
            await served.ask(f"{number} {status}")
            began[url] = time.monotonic()

        await until(partial(receiver.told_all, urls, word), 12 * interval + 60)
        when = {url: receiver.when(url, word) for url in urls}
        took = sorted(at - began[url] for url, at in when.items() if at is not None)
        found[word] = {
            "told": len(took),
            "median_s": round(statistics.median(took), 2) if took else None,
            "p90_s": round(took[int(len(took) * 0.9) - 1], 2) if took else None,
        }
    return found


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    served, receiver = await targets(min(LISTENERS, options.targets)), Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    # One target on each of the first listeners may fail; the others share those after them.
    failing = [f"http://127.0.0.1:{port}/" for port in served.ports[: options.faults]]
    rest = served.ports[options.faults :] or served.ports
    quiet = [
        f"http://127.0.0.1:{rest[number % len(rest)]}/{number}"
        for number in range(options.targets - len(failing))
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "targets.txt"
        file.write_text("\n".join([*failing, *quiet]) + "\n")
        words = ["-m", "benchmarks.prober", "--targets", str(file), "--webhook", hook]
        words += ["--interval", str(options.interval), "--timeout", str(TIMEOUT)]
        words += ["--fails", str(FAILS), "--workdir", f"{folder}/work"]
        with (Path(folder) / "log").open("wb") as log:
            prober = await Child.start("prober", [sys.executable, *words], log=log)
            try:
                await asyncio.sleep(options.warm)
                result: dict[str, Any] = await cost(served, prober.leash_pid, options.window)
                early = len(receiver.told)
                if failing:
                    result |= await faults(served, receiver, failing, options.interval)
                return result | {"told_without_fault": early}
            finally:
                await prober.stop()
                await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description="Cost and speed of incidentbot watch.")
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--interval", type=float, default=10)
    parser.add_argument("--faults", type=int, default=20, help="targets that fail, at most 50")
    parser.add_argument("--warm", type=float, default=35, help="seconds before anything is read")
    parser.add_argument("--window", type=float, default=60, help="seconds of quiet to measure")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not 0 <= options.faults <= min(50, options.targets - 1):
        parser.error("--faults must be fewer than --targets, and at most 50")
    result = asyncio.run(measure(options))
    if options.json:
        print(json.dumps(result, indent=2))
        return
    for name, value in result.items():
        print(f"{name:<20} {value}")


if __name__ == "__main__":
    main()
