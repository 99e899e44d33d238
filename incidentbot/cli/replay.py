"""`replay`: the past through today's detection."""

import json
from pathlib import Path
from typing import Annotated

import typer

from incidentbot import clock
from incidentbot.cli.common import load
from incidentbot.replay.play import play
from incidentbot.replay.report import as_json, as_text
from incidentbot.signals.feeds.catalogue import complete

cli = typer.Typer(add_completion=False)


@cli.command()
def replay(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Folders or files of captured polls, logs of checks (.jsonl), timelines (.yaml)."
        ),
    ],
    config_file: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Judge by these dependencies; else by the defaults."),
    ] = None,
    as_data: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Play recordings through the real detection: what would have opened, and what falsely."""
    settings = None
    if config_file:
        settings = complete(load(config_file, need_secrets=False, need_slack=False))
    start = clock.monotonic()
    result = play(paths, settings)
    seconds = clock.monotonic() - start
    if as_data:
        typer.echo(json.dumps(as_json(result, seconds), indent=2))
    else:
        typer.echo(as_text(result, seconds))
