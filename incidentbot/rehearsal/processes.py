"""Child processes that never outlive the demo, however the demo ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

LEASH = Path(__file__).with_name("leash.py")


class Child:
    """One running command. It is tied to this process by a pipe: when the pipe closes, because
    `stop` was called or because this process died, the leash ends the command's whole group."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self._process = process

    @classmethod
    async def start(
        cls,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        log: IO[bytes] | None = None,
        stdout: int | None = None,
        cwd: Path | None = None,
    ) -> Child:
        """Start `command` on a leash. `log` takes its output unless `stdout` says otherwise.

        A session of its own keeps a Ctrl-C at the terminal from reaching it before us.
        """
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-I", "-S", str(LEASH), *command],
            stdin=asyncio.subprocess.PIPE,
            stdout=stdout if stdout is not None else (log if log is not None else quiet),
            stderr=log if log is not None else quiet,
            env=dict(os.environ if env is None else env),
            cwd=cwd,
            start_new_session=True,
        )
        return cls(name, process)

    @property
    def leash_pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    async def read_line(self, within: float) -> str:
        """The next line of its output; TimeoutError when none comes, "" when it ended."""
        assert self._process.stdout is not None, f"{self.name} was started without stdout=PIPE"
        return (await asyncio.wait_for(self._process.stdout.readline(), within)).decode().strip()

    async def wait(self) -> int:
        """Until it ends; its exit code."""
        return await self._process.wait()

    async def stop(self, within: float = 8.0) -> None:
        """Close the pipe and wait: the leash sends SIGTERM to the group, SIGKILL 5 s later."""
        if self.running and self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), within)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
