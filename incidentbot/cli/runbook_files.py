"""`runbook check` and `runbook schema`: the files themselves, with nothing but the files."""

from pathlib import Path
from typing import Annotated

import typer

from incidentbot import plugins
from incidentbot.cli import common, shown
from incidentbot.cli.common import DEFAULT, Config
from incidentbot.runbooks import load
from incidentbot.runbooks import schema as schemas
from incidentbot.settings import GuardPolicy, render


def check(
    folder: Annotated[
        Path | None, typer.Argument(help="Left out: the one that the configuration names.")
    ] = None,
    config_file: Config = DEFAULT,
) -> None:
    """Read every runbook of a folder strictly: each fault with its file, line and what is allowed.

    Held to the policy of the configuration, or to its defaults where there is none. Ends with 1 if
    there is a fault.
    """
    settings = None
    if folder is None or config_file.exists():
        settings = common.load(config_file, need_secrets=False, need_slack=False)
    where = folder or (settings.runbooks if settings else Path())
    policy = settings.policy if settings else GuardPolicy()
    catalog, faults = load.check(where, plugins.found(load.ACTIONS), policy)
    if faults:
        typer.echo(render(faults), err=True)
        raise typer.Exit(1)
    books = list(catalog)
    many = f"{len(books)} runbook{'' if len(books) == 1 else 's'}"
    typer.echo(f"{where}: {many}, {'all can be used' if books else 'nothing to check'}")
    rows = [
        (f"  {book.name}", book.file.risk, ", ".join(book.kinds) or book.file.about,
         shown.plain(book.file.title))
        for book in books
    ]  # fmt: skip
    if rows:
        typer.echo(shown.columns(rows))


def schema() -> None:
    """Print the JSON Schema of a runbook file, for editors."""
    typer.echo(shown.as_json(schemas.json_schema(plugins.found(load.ACTIONS))))
