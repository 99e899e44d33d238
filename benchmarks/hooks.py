"""A thousand pushed alerts a second against one real bot on one core, and kill -9 in the middle.

    python -m benchmarks.hooks --rate 1000 --seconds 10 --json

The bot is a real process with a SQLite file, pinned to one core where the machine allows it; the
sender is this process, over keep-alive connections. Alerts are sent by a schedule that does not
wait for answers, and an answer's time counts from the moment its request was due, so a bot that
stalls is not spared. First the load alone; then the same with the bot killed half-way and started
again. Every 202 must have its row, and every row must be worked off.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import socket
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from incidentbot.rehearsal.bot_process import environment
from incidentbot.rehearsal.workspace.options import Options
from incidentbot.rehearsal.workspace.server import Running, running

ROOT = Path(__file__).parents[1]
SECRET = "benchmark-secret"
CONFIG = """\
name: Benchmark
slack: {{announce: "#incidents", oncall: [jonas], approvers: [maya, jonas]}}
storage: {{database: "sqlite:///bench.db", documents: documents}}
web: {{listen: "127.0.0.1:{port}", public_url: "http://127.0.0.1:{port}"}}
runbooks: {root}/runbooks
dependencies:
  - name: s3
    title: S3
    vendor: aws
    service: s3
    every: 1h
    checks: [{{name: canary, kind: http, url: "http://127.0.0.1:{port}/", allow_private: true}}]
hooks:
  - {{name: prometheus, kind: alertmanager, secret: BENCH_SECRET, dependencies: [s3]}}
"""


@dataclass
class Load:
    """What was sent and what came back."""

    sent: int = 0
    accepted: set[int] = field(default_factory=set)
    refused: int = 0
    broken: int = 0
    took: list[float] = field(default_factory=list)  # seconds


class Bot:
    """`incidentbot run` as a process that can be killed and started again."""

    def __init__(self, slack: Running, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.folder = folder
        file = folder / "incidentbot.yaml"
        file.write_text(CONFIG.format(port=self.port, root=ROOT), encoding="utf-8")
        self._command = [sys.executable, "-m", "incidentbot", "run", "--config", str(file)]
        env = environment(os.environ, slack.workspace.app, f"{slack.url}api/")
        self._env = env | {"BENCH_SECRET": SECRET}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with (self.folder / "bot.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, env=self._env, cwd=ROOT, stdout=log, stderr=log
            )
        with suppress(AttributeError, OSError):
            os.sched_setaffinity(self._process.pid, {0})
        end = time.perf_counter() + 60
        while not await self._answers():
            if time.perf_counter() > end or self._process.returncode is not None:
                raise SystemExit((self.folder / "bot.log").read_text()[-3000:])
            await asyncio.sleep(0.02)

    async def _answers(self) -> bool:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.close()
            return True
        return False

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rows(self, state: str = "") -> set[int]:
        """The numbers of the alerts that have a row."""
        where = f"WHERE state = '{state}'" if state else ""
        with sqlite3.connect(f"file:{self.folder}/bench.db?mode=ro", uri=True) as database:
            found = database.execute(f"SELECT body FROM hook_inbox {where}")
            return {int(json.loads(body)["alerts"][0]["fingerprint"]) for (body,) in found}

    async def worked_off(self, within: float = 60) -> float:
        """Seconds until nothing waits any more."""
        began = time.perf_counter()
        while self.rows("new"):
            if time.perf_counter() - began > within:
                raise SystemExit("rows still wait")
            await asyncio.sleep(0.05)
        return time.perf_counter() - began


def request(number: int) -> bytes:
    """One alert of Alertmanager's usual size."""
    labels = {"alertname": "CanaryUnreadable", "severity": "critical", "region": "eu-west-1"}
    alert = {
        "status": "firing" if number % 2 else "resolved",
        "labels": {**labels, "instance": f"probe-{number % 50}", "job": "canary", "team": "shop"},
        "annotations": {"summary": "The canary object cannot be read", "runbook": "https://r/1"},
        "startsAt": "2026-11-20T10:01:02.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://prometheus.example.com/graph?g0.expr=up&g0.tab=1",
        "fingerprint": str(number),
    }
    page = {"version": "4", "groupKey": "{}", "receiver": "bot", "status": "firing"}
    body = json.dumps({**page, "commonLabels": labels, "alerts": [alert]}).encode()
    head = (
        "POST /hooks/prometheus HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def connection(bot: Bot, load: Load, due: asyncio.Queue[tuple[int, float] | None]) -> None:
    """One keep-alive connection; a broken one is opened again, the alert under way is not sent."""
    pair: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while (job := await due.get()) is not None:
        number, at = job
        try:
            if pair is None:
                pair = await asyncio.open_connection("127.0.0.1", bot.port)
            pair[1].write(request(number))
            load.sent += 1
            head = await pair[0].readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            await pair[0].readexactly(length)
        except (OSError, asyncio.IncompleteReadError):
            load.broken += 1
            if pair is not None:
                pair[1].close()
            pair = None
            continue
        load.took.append(time.perf_counter() - at)
        if head.startswith(b"HTTP/1.1 202"):
            load.accepted.add(number)
        else:
            load.refused += 1
    if pair is not None:
        pair[1].close()


async def send(bot: Bot, load: Load, rate: int, seconds: float, connections: int) -> float:
    """Send by the schedule; the seconds until the last answer."""
    due: asyncio.Queue[tuple[int, float] | None] = asyncio.Queue()
    first = 1 + max(load.accepted, default=0) + 1_000_000 * bool(load.accepted)
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(connection(bot, load, due))
        for number in range(int(rate * seconds)):
            at = began + number / rate
            if (wait := at - time.perf_counter()) > 0.002:
                await asyncio.sleep(wait)
            due.put_nowait((first + number, at))
        for _ in range(connections):
            due.put_nowait(None)
    return time.perf_counter() - began


@asynccontextmanager
async def fresh() -> AsyncIterator[Bot]:
    with tempfile.TemporaryDirectory() as folder:
        async with running(options=Options()) as slack:
            bot = Bot(slack, Path(folder))
            await bot.start()
            try:
                yield bot
            finally:
                await bot.kill()


async def steady(options: argparse.Namespace) -> dict[str, Any]:
    async with fresh() as bot:
        await send(bot, Load(), 50, 1, 4)  # warm
        before, own = bot.cpu(), resource.getrusage(resource.RUSAGE_SELF)
        load = Load(accepted={10_000})
        took = await send(bot, load, options.rate, options.seconds, options.connections)
        used, ours = bot.cpu() - before, resource.getrusage(resource.RUSAGE_SELF)
        behind = await bot.worked_off()
        load.accepted.discard(10_000)
        times = sorted(load.took)
        return {
            "sent": load.sent,
            "accepted": len(load.accepted),
            "refused": load.refused + load.broken,
            "accepted_per_s": round(len(load.accepted) / took, 1),
            "p50_ms": round(statistics.median(times) * 1000, 1),
            "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 1),
            "bot_cpu_percent": round(100 * used / took),
            "sender_cpu_percent": round(100 * (ours.ru_utime - own.ru_utime) / took),
            "rows_lost": len(load.accepted - bot.rows("done")),
            "worked_off_s_later": round(behind, 2),
        }


async def killed(options: argparse.Namespace) -> dict[str, Any]:
    async with fresh() as bot:
        load = Load()
        sending = asyncio.create_task(
            send(bot, load, options.rate, options.seconds, options.connections)
        )
        await asyncio.sleep(options.seconds / 2)
        await bot.kill()
        waiting = len(bot.rows("new"))
        await sending
        await bot.start()
        lost = len(load.accepted - bot.rows())
        await bot.worked_off()
        return {
            "accepted": len(load.accepted),
            "rows_lost": lost,
            "not_worked_off": len(load.accepted - bot.rows("done")),
            "waiting_when_killed": waiting,
        }


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "rate": options.rate,
        "seconds": options.seconds,
        "steady": await steady(options),
        "killed": await killed(options),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Pushed alerts: throughput, and none lost.")
    parser.add_argument("--rate", type=int, default=1000, help="alerts a second")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    result = asyncio.run(measure(options))
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        for part in ("steady", "killed"):
            print(part)
            for name, value in result[part].items():
                print(f"  {name:<20} {value:>10}")
    good = result["steady"]["accepted"] == result["steady"]["sent"]
    lost = result["steady"]["rows_lost"] + result["killed"]["rows_lost"]
    return 0 if good and not lost and not result["killed"]["not_worked_off"] else 1


if __name__ == "__main__":
    sys.exit(main())
