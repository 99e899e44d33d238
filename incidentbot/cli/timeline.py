"""`timeline`: the story of an incident, and whether nobody changed it."""

from typing import Annotated

import typer

from incidentbot import timeline as timelines
from incidentbot.cli import common
from incidentbot.cli.common import DEFAULT, Config
from incidentbot.errors import IncidentbotError
from incidentbot.incidents import lifecycle
from incidentbot.store import migrate

cli = typer.Typer(add_completion=False)


@cli.command()
def timeline(
    incident: Annotated[str, typer.Argument(help="For example INC-1.")],
    config_file: Config = DEFAULT,
    verify: Annotated[bool, typer.Option("--verify", help="Check the chain of hashes.")] = False,
) -> None:
    """Print an incident's timeline, or check that nobody changed it."""
    store = common.store(config_file)
    with store.in_words():
        if migrate.pending(store):
            again = f"incidentbot migrate --config {config_file}"
            raise IncidentbotError(f"The database has not its newest shape. First: {again}")
    incident = store.run(lifecycle.get, incident.upper()).id
    if verify:
        fault = store.run(timelines.verify, incident)
        typer.echo(fault or f"{incident}: the chain of entries holds.")
        raise typer.Exit(1 if fault else 0)
    for entry in timelines.told(store.run(timelines.read, incident)):
        typer.echo(f"{entry.at:%Y-%m-%d %H:%M:%S} UTC  {entry.kind:<9} {entry.text}")
