"""`incidentbot demo`: the whole rehearsal, by hand or (--auto) by itself."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from .beats import Teller
from .bot_process import BotProcess, environment, usual_command
from .lock import AlreadyRunning, Lock
from .story import play
from .world import World, world

CONNECT_S = 45.0
RUNBOOKS = Path(__file__).resolve().parents[2] / "runbooks"


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """`bot_command`: what to run instead of this installation's bot; {settings} in it becomes the
    path of the configuration file."""

    auto: bool = False
    json_path: Path | None = None
    port: int = 8700
    out_dir: Path = Path("demo-output")
    bot_command: Sequence[str] | None = None
    runbooks: Path = RUNBOOKS


async def run(options: DemoOptions) -> int:
    """Until Ctrl-C, or with `auto` until the story is told. The exit code."""
    if importlib.util.find_spec("moto") is None:
        say(
            "The rehearsal needs moto, the stand-in for AWS, and it is not installed here. "
            "`make demo` sets everything up; or: pip install 'incidentbot[demo]'"
        )
        return 1
    out = options.out_dir.resolve()
    out.mkdir(parents=True, exist_ok=True)
    lock = Lock(out / "demo.lock")
    try:
        lock.take()
    except AlreadyRunning as other:
        where = f"at {other.url}" if other.url else "and is starting"
        say(
            f"A rehearsal runs in {out} already {where} (process {other.pid}). "
            "Use that one, end it with Ctrl-C, or name another folder with --out."
        )
        return 1
    try:
        return await _until_signal(_Demo(options, out, lock))
    finally:
        lock.release()


async def _until_signal(demo: _Demo) -> int:
    """Run it; SIGINT and SIGTERM end it in order, with every process it started."""
    work = asyncio.create_task(demo.run())
    with _signals(work):
        try:
            code = await work
        except asyncio.CancelledError:
            if not work.cancelled():
                raise
            code = 130 if demo.options.auto else 0
        except (OSError, RuntimeError) as fault:
            say(f"The rehearsal could not go on: {fault}")
            code = 1
    if (demo.out / "documents").exists():
        say(f"Everything is ended. Documents and log stay in {demo.out}")
    else:
        say("Everything is ended.")
    return code


@contextlib.contextmanager
def _signals(work: asyncio.Task[int]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, work.cancel)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


class _Demo:
    def __init__(self, options: DemoOptions, out: Path, lock: Lock) -> None:
        self.options = options
        self.out = out
        self.lock = lock
        self.began = time.monotonic()

    async def run(self) -> int:
        async with AsyncExitStack() as stack:
            stage_set = await stack.enter_async_context(world(self.options.port, self.progress))
            self.lock.tell(stage_set.url)
            bot = self._bot(stage_set)
            self.progress("Starting the bot: incidentbot run --config " + str(self._settings))
            await bot.start()
            stack.push_async_callback(bot.stop)
            stage_set.stage.bot_running = lambda: bot.running
            if not await self._connected(stage_set, bot):
                return 1
            if self.options.auto:
                return await self._tell(stage_set, bot)
            self._invite(stage_set)
            await asyncio.Event().wait()
        return 0

    async def _tell(self, stage_set: World, bot: BotProcess) -> int:
        """The story by itself; it ends early when the bot is gone for good."""
        teller = Teller(say)
        story = asyncio.create_task(play(stage_set, self.out, teller))
        gone = asyncio.create_task(bot.gone.wait())
        await asyncio.wait((story, gone), return_when=asyncio.FIRST_COMPLETED)
        for task in (story, gone):
            if not task.done():
                task.cancel()
        await asyncio.wait((story, gone))
        if story.cancelled():
            teller.add("the bot", False, "it ended and was not started again")
        ok = not story.cancelled() and story.result()
        if self.options.json_path is not None:
            teller.write(self.options.json_path, ok)
        seconds = f"{teller.elapsed:.0f} s"
        say(f"The whole story held, in {seconds}." if ok else f"The story broke after {seconds}.")
        return 0 if ok else 1

    @property
    def _settings(self) -> Path:
        return self.out / "incidentbot.yaml"

    def _bot(self, stage_set: World) -> BotProcess:
        """A new workspace knows nothing of older incidents, so the bot begins afresh too."""
        for old in self.out.glob("*.db*"):
            old.unlink()
        self._settings.write_text(stage_set.settings(self.out, self.options.runbooks))
        command = self.options.bot_command
        return BotProcess(
            usual_command(self._settings)
            if command is None
            else [part.replace("{settings}", str(self._settings)) for part in command],
            environment(os.environ, stage_set.hub.workspace.app, f"{stage_set.url}/api/"),
            self.out / "bot.log",
            say,
        )

    async def _connected(self, stage_set: World, bot: BotProcess) -> bool:
        """Wait for the bot's socket; False, with words, when it does not come."""
        deadline = time.monotonic() + CONNECT_S
        while not stage_set.hub.links.open:
            if bot.gone.is_set() or time.monotonic() > deadline:
                say(f"The bot did not connect. Its log is {self.out / 'bot.log'}")
                return False
            await asyncio.sleep(0.05)
        return True

    def progress(self, words: str) -> None:
        say(f"  {time.monotonic() - self.began:4.1f} s  {words}")

    def _invite(self, stage_set: World) -> None:
        say(
            f"\nOpen  {stage_set.url}/\n\n"
            "You are Maya, on call; the shop is at the right, the control strip above.\n"
            "  1. Break S3 with one of the buttons in the strip, and watch the shop.\n"
            "  2. A channel #inc-... opens by itself: read its card, press Take command.\n"
            "  3. Press Serve Shop images from us-west-2: a plan, nothing is changed yet.\n"
            "  4. Switch to Jonas, approve it and type its target's name: the pictures come back.\n"
            "  5. Let the vendor admit it, heal the region, take the way back.\n"
            "  6. Type /incident resolve and read the postmortem.\n"
            "The strip always names the next step. Ctrl-C ends everything.\n"
        )


def say(words: str) -> None:
    """A line for the person at the terminal, at once also when the output is a pipe."""
    print(words, flush=True)
