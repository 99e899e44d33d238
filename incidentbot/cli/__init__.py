"""The command line: one file per noun, loaded when its command is typed, so that help is quick."""

import importlib
import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command as command_of

from incidentbot.errors import IncidentbotError

# Command -> the module of this package that has it, in the order of the help.
COMMANDS = {
    "run": "running",
    "watch": "watching",
    "migrate": "running",
    "init": "config",
    "check-config": "config",
    "config-schema": "config",
    "slack": "slack",
    "doctor": "doctor",
    "feeds": "feeds",
    "oncall": "oncall",
    "timeline": "timeline",
    "incident": "incident",
    "runbook": "runbook",
    "stop": "stop",
    "rearm": "stop",
    "audit": "audit",
    "aws": "aws",
    "readiness": "readiness",
    "map": "map",
    "replay": "replay",
    "demo": "demo",
}


class Lazy(TyperGroup):
    """Knows its commands by name and imports their module only when one is needed."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"{__name__}.{COMMANDS[cmd_name]}")
        found: Any = command_of(module.cli)
        # A module with several commands is a group; one that bears the noun itself is used whole.
        if found.name != cmd_name and cmd_name in getattr(found, "commands", {}):
            found = found.commands[cmd_name]
        found.name = cmd_name
        return found


cli = typer.Typer(
    cls=Lazy, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"incidentbot {version('incidentbot')}")
        raise typer.Exit


@cli.callback()
def _top(
    shown: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it and end.")
    ] = False,
) -> None:
    """A Slack bot for teams whose sites hang on storage they do not run."""


def main(words: list[str] | None = None) -> None:
    """Entry point: our own errors are sentences, not tracebacks. `words` as typed after it."""
    try:
        cli(words)
    except IncidentbotError as error:
        typer.echo(error.message, err=True)
        sys.exit(1)
