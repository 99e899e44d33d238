"""`timeline`: the story of an incident, and whether nobody changed it."""

import os
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from incidentbot import timeline as timelines
from incidentbot.cli import common
from incidentbot.cli.common import DEFAULT, Config
from incidentbot.cli.whoami import account, operator
from incidentbot.errors import IncidentbotError, Refused
from incidentbot.incidents import lifecycle, privacy
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
    row = store.run(lifecycle.get, incident.upper())
    if row.private:
        store.run(_only_for_members, config_file, row.id)
    incident = row.id
    if verify:
        fault = store.run(timelines.verify, incident)
        typer.echo(fault or f"{incident}: the chain of entries holds.")
        raise typer.Exit(1 if fault else 0)
    for entry in timelines.told(store.run(timelines.read, incident)):
        typer.echo(f"{entry.at:%Y-%m-%d %H:%M:%S} UTC  {entry.kind:<9} {entry.text}")


def _only_for_members(session: Session, config_file: Path, incident_id: str) -> None:
    """A private incident is one that is not there, for everybody who is not in it."""
    settings = common.load(config_file, need_secrets=False, need_slack=False)
    try:
        person = operator(session, settings, account(os.environ)).person
    except Refused:
        person = None
    privacy.visible(session, incident_id, person)
