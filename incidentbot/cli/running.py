"""`run` and `migrate`: the bot itself."""

import typer

from incidentbot import app as composition
from incidentbot.cli.common import DEFAULT, Config, load, serve, store
from incidentbot.store import migrate

cli = typer.Typer(add_completion=False)


@cli.command()
def run(config_file: Config = DEFAULT) -> None:
    """Run the bot: watch, open incidents, serve Slack."""
    settings = load(config_file)
    serve(lambda: composition.App(settings).run())


@cli.command(name="migrate")
def migrate_(config_file: Config = DEFAULT) -> None:
    """Bring the database to its newest shape (also done at the start of `run`)."""
    database = store(config_file)
    with database.in_words():
        migrate.upgrade(database)
    typer.echo("The database is up to date.")
