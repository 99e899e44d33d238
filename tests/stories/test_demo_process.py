"""`incidentbot demo` as a process: one URL, one at a time, and nothing left behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from incidentbot.rehearsal.lock import Lock
from incidentbot.rehearsal.pages import Served
from incidentbot.rehearsal.world import free_port, start_on_next_free

STUB = Path(__file__).with_name("stub_bot.py")
START = """
import asyncio, sys
from pathlib import Path
from incidentbot.rehearsal.demo import DemoOptions, run
out, port, auto, *bot = sys.argv[1:]
options = DemoOptions(auto=auto == "auto", port=int(port), out_dir=Path(out), bot_command=bot,
                      json_path=Path(out) / "beats.json")
sys.exit(asyncio.run(run(options)))
"""


class Demo:
    """A running rehearsal with the stub bot, and everything it printed."""

    def __init__(self, out: Path, port: int, *bot: str, auto: bool = False) -> None:
        self.log = out.parent / f"{out.name}-{port}-{time.monotonic_ns()}.txt"
        command = [sys.executable, "-c", START, str(out), str(port), "auto" if auto else "hand"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, sys.executable, str(STUB), "{settings}", *bot],
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def words(self) -> str:
        return self.log.read_text()

    def url(self) -> str:
        """Wait for the one address that is printed."""
        until(lambda: "Open  http" in self.words or self.process.poll() is not None, self)
        found = re.findall(r"http://\S+", self.words)
        assert len(found) == 1, self.words
        return str(found[0])

    def family(self) -> set[int]:
        """The process and everything below it."""
        return {self.process.pid, *descendants(self.process.pid)}

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(15)


def until(true: Callable[[], bool], demo: Demo, within: float = 40) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, demo.words
        time.sleep(0.05)


def descendants(pid: int) -> set[int]:
    """All processes below one, from /proc."""
    below: set[int] = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            if parent == pid:
                child = int(path.parent.name)
                below |= {child, *descendants(child)}
    return below


def alive(pids: set[int]) -> set[int]:
    """Those that still run; a zombie does not."""
    left = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                left.add(pid)
    return left


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="left out: no /proc to count processes in"
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@contextlib.contextmanager
def started(out: Path, port: int | None = None, *bot: str, auto: bool = False) -> Iterator[Demo]:
    demo = Demo(out, free_port() if port is None else port, *bot, auto=auto)
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            family = demo.family()
            demo.process.kill()
            demo.process.wait()
            until(lambda: not alive(family), demo)


@needs_proc
def test_it_prints_one_address_and_ctrl_c_ends_every_process(out: Path) -> None:
    with started(out) as demo:
        url = demo.url()
        with urllib.request.urlopen(f"{url}demo/state") as answer:
            assert json.load(answer)["bot"] == "connected"
        family = demo.family()
        assert len(family) >= 6, "two regions and the bot, each on its leash"
        assert demo.end() == 0
        assert "Everything is ended" in demo.words.splitlines()[-1]
        assert "Traceback" not in demo.words
        assert alive(family) == set()
        assert not (out / "demo.lock").exists()
        assert "name: Shop" in (out / "bot.log").read_text()


@needs_proc
def test_nothing_outlives_a_rehearsal_that_is_killed(out: Path) -> None:
    with started(out) as demo:
        demo.url()
        family = demo.family()
        os.kill(demo.process.pid, signal.SIGKILL)
        demo.process.wait()
        until(lambda: not alive(family), demo, within=15)
    lock = Lock(out / "demo.lock")
    lock.take()  # the dead one's lock is nobody's
    lock.release()


def test_a_second_start_says_where_the_first_one_is(out: Path) -> None:
    with started(out) as first:
        url = first.url()
        with started(out) as second:
            assert second.process.wait(20) == 1
            assert url.rstrip("/") in second.words
            assert len(second.words.splitlines()) == 1
        assert first.process.poll() is None


async def test_a_taken_port_means_the_next_free_one() -> None:
    port = free_port()
    page = Served(web.Application())
    with socket.create_server(("127.0.0.1", port)):
        url = await start_on_next_free(page, port)
    await page.stop()
    assert port < int(url.rpartition(":")[2]) < port + 50


def test_a_bot_that_dies_is_started_once_more_and_its_last_words_are_shown(out: Path) -> None:
    with started(out, None, "--die") as demo:
        assert demo.process.wait(40) == 1
        assert demo.words.count("stub bot: dying as told") == 1 + 2, "once, then both in the log"
        assert demo.words.count("It is started once more.") == 1
        assert "The bot did not connect" in demo.words


def test_a_story_whose_bot_ends_is_told_as_far_as_it_went_and_fails(out: Path) -> None:
    with started(out, None, "--die-later", auto=True) as demo:
        assert demo.process.wait(60) == 1
        told = json.loads((out / "beats.json").read_text())
        assert told["ok"] is False
        assert [(b["name"], b["ok"]) for b in told["beats"]] == [("the bot", False)]
        assert "The story broke" in demo.words
