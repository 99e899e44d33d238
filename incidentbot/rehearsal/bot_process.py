"""The bot as users start it: a process of its own, with its secrets in the environment."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from .aws_signing import ACCESS_KEY, SECRET_KEY
from .processes import Child
from .workspace.state import App

RESTARTS = 1
TAIL = 12
_LEFT_OUT = ("SLACK_", "AWS_", "BOTO_", "INCIDENTBOT_")


def usual_command(settings: Path) -> list[str]:
    """`incidentbot run --config FILE`, from the same installation as this process."""
    script = Path(sys.executable).with_name("incidentbot")
    start = [str(script)] if script.exists() else [sys.executable, "-m", "incidentbot"]
    return [*start, "run", "--config", str(settings)]


def environment(base: Mapping[str, str], app: App, api_url: str) -> dict[str, str]:
    """What the bot sees: the local workspace's secrets and no way to a real account.

    Proxies are left out too: everything it talks to is on this machine.
    """
    kept = {
        name: value
        for name, value in base.items()
        if not name.startswith(_LEFT_OUT) and not name.lower().endswith("_proxy")
    }
    return kept | {
        "SLACK_BOT_TOKEN": app.bot_token,
        "SLACK_APP_TOKEN": app.app_token,
        "SLACK_SIGNING_SECRET": app.signing_secret,
        "SLACK_API_URL": api_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONUNBUFFERED": "1",
    }


class BotProcess:
    """Keeps the bot running: once more when it dies, then it says so and leaves it.

    `say` gets the words for the person at the terminal.
    """

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], log: Path, say: Callable[[str], None]
    ) -> None:
        self.command = list(command)
        self.env = dict(env)
        self.log = log
        self.say = say
        self.gone = asyncio.Event()  # it died, and will not be started again
        self._file: IO[bytes] | None = None
        self._child: Child | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    async def start(self) -> None:
        self._file = self.log.open("wb")
        self._child = await self._start()
        self._watch = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        if self._child is not None:
            await self._child.stop()
        if self._file is not None:
            self._file.close()

    async def _start(self) -> Child:
        return await Child.start("bot", self.command, env=self.env, log=self._file)

    async def _keep(self) -> None:
        for left in range(RESTARTS, -1, -1):
            assert self._child is not None
            code = await self._child.wait()
            self.say(f"The bot ended by itself (code {code}). The end of {self.log}:")
            for line in tail(self.log):
                self.say(f"    {line}")
            if left:
                self.say("It is started once more.")
                self._child = await self._start()
        self.say("It is not started again. Ctrl-C ends the rehearsal.")
        self.gone.set()


def tail(log: Path, lines: int = TAIL) -> list[str]:
    """The last lines of a log; [] when there are none."""
    with log.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip() for line in deque(file, lines)]
