"""Commands typed beside a running bot, or without one."""

import asyncio
import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from incidentbot import cli
from incidentbot.errors import IncidentbotError

ME = pwd.getpwuid(os.getuid()).pw_name


def people(*them: str) -> str:
    """The section `people`. The first of them is whoever runs the tests."""
    users = [ME, *(f"{one}-os" for one in them[1:])]
    lines = [
        f"  - {{name: {one.capitalize()}, slack: {one}, os_user: {user}}}\n"
        for one, user in zip(them, users, strict=True)
    ]
    return "people:\n" + "".join(lines)


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended: its exit code, what it printed, what it complained of."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


async def typed(folder: Path, *words: str, config: str = "incidentbot.yaml") -> Said:
    """The command in this process, in a thread of its own."""
    args = [*words, "--config", str(folder / config)]
    result = await asyncio.to_thread(CliRunner().invoke, cli.cli, args)
    if isinstance(result.exception, IncidentbotError):  # as cli.main says it
        return Said(1, result.stdout, result.exception.message)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


async def process(folder: Path, *words: str) -> Said:
    """The same as a process of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SLACK_", "DATABASE_"))}
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "incidentbot", *words],
        cwd=folder,
        env=kept | {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Said(ended.returncode, ended.stdout, ended.stderr)
