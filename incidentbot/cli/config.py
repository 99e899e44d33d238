"""`init`, `check-config` and `config-schema`: the configuration file."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from incidentbot import settings as config
from incidentbot.cli.common import DEFAULT, Config, load
from incidentbot.errors import IncidentbotError
from incidentbot.settings.yaml_lines import read
from incidentbot.signals.feeds import catalogue
from incidentbot.watching import known

cli = typer.Typer(add_completion=False)


@cli.command()
def init(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = DEFAULT,
) -> None:
    """Write a commented configuration to start from."""
    if path.exists():
        raise IncidentbotError(f"{path} exists already; nothing was written.")
    try:
        path.write_text(config.starter(), encoding="utf-8")
    except OSError as error:
        raise IncidentbotError(f"{path} cannot be written: {error.strerror}") from error
    typer.echo(f"Wrote {path}. Edit it, then: incidentbot doctor --config {path}")


@cli.command(name="check-config")
def check_config(config_file: Config = DEFAULT) -> None:
    """Tell everything that is wrong with a configuration, at once."""
    faults = config.check(config_file, os.environ, known())
    if faults:
        typer.echo(config.render(faults), err=True)
        raise typer.Exit(1)
    settings = load(config_file, need_secrets=False, need_slack=False)
    document, _ = read(config_file)
    for note in catalogue.notes(settings, document) if document else ():
        typer.echo(f"note: {note}")
    alone = "" if settings.has_slack else "; without slack it is one for `watch`"
    typer.echo(f"{config_file} is fine{alone}.")


@cli.command(name="config-schema")
def config_schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    typer.echo(json.dumps(config.json_schema(known()), indent=2))
