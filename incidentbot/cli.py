"""The command line. No logic: each command reads its arguments and calls one thing."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvloop

from incidentbot import app as composition
from incidentbot import settings as config
from incidentbot import timeline as timelines
from incidentbot.errors import IncidentbotError
from incidentbot.incidents import lifecycle
from incidentbot.rehearsal.demo import DemoOptions
from incidentbot.rehearsal.demo import run as run_demo
from incidentbot.store import Store, migrate

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Config = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file.", show_default=True)
]
DEFAULT = Path("incidentbot.yaml")


@cli.command()
def run(config_file: Config = DEFAULT) -> None:
    """Run the bot: watch, open incidents, serve Slack."""
    settings = _load(config_file)
    _log()
    uvloop.run(_until_signal(settings))


@cli.command(name="migrate")
def migrate_(config_file: Config = DEFAULT) -> None:
    """Bring the database to its newest shape (also done at the start of `run`)."""
    store = _store(config_file)
    migrate.upgrade(store)
    typer.echo("The database is up to date.")


@cli.command()
def init(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = DEFAULT,
) -> None:
    """Write a commented configuration to start from."""
    if path.exists():
        raise IncidentbotError(f"{path} exists already; nothing was written.")
    path.write_text(config.starter(), encoding="utf-8")
    typer.echo(f"Wrote {path}. Edit it, then: incidentbot check-config --config {path}")


@cli.command(name="check-config")
def check_config(config_file: Config = DEFAULT) -> None:
    """Tell everything that is wrong with a configuration, at once."""
    faults = config.check(config_file, os.environ, composition.known())
    if faults:
        typer.echo(config.render(faults), err=True)
        raise typer.Exit(1)
    typer.echo(f"{config_file} is fine.")


@cli.command(name="config-schema")
def config_schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    typer.echo(json.dumps(config.json_schema(composition.known()), indent=2))


@cli.command()
def timeline(
    incident: Annotated[str, typer.Argument(help="For example INC-1.")],
    config_file: Config = DEFAULT,
    verify: Annotated[bool, typer.Option("--verify", help="Check the chain of hashes.")] = False,
) -> None:
    """Print an incident's timeline, or check that nobody changed it."""
    store = _store(config_file)
    if migrate.pending(store):
        raise IncidentbotError("The database has not its newest shape. First: incidentbot migrate")
    incident = store.run(lifecycle.get, incident.upper()).id
    if verify:
        fault = store.run(timelines.verify, incident)
        typer.echo(fault or f"{incident}: the chain of entries holds.")
        raise typer.Exit(1 if fault else 0)
    for entry in timelines.told(store.run(timelines.read, incident)):
        typer.echo(f"{entry.at:%Y-%m-%d %H:%M:%S} UTC  {entry.kind:<9} {entry.text}")


@cli.command()
def demo(
    auto: Annotated[bool, typer.Option("--auto", help="Play the whole story, then end.")] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="With --auto: write the beats with times.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the page; the next free one if taken.")] = 8700,
    out: Annotated[Path, typer.Option(help="Where the demo keeps its files.")] = Path(
        "demo-output"
    ),
) -> None:
    """Rehearse an outage on this machine: no account, no token, nothing leaves it."""
    options = DemoOptions(auto=auto, json_path=json_file, port=port, out_dir=out)
    raise typer.Exit(asyncio.run(run_demo(options)))


def main(words: list[str] | None = None) -> None:
    """Entry point: our own errors are sentences, not tracebacks. `words` as typed after it."""
    try:
        cli(words)
    except IncidentbotError as error:
        typer.echo(error.message, err=True)
        sys.exit(1)


def _load(path: Path, *, need_secrets: bool = True) -> config.Settings:
    return config.load(path, os.environ, composition.known(), need_secrets=need_secrets)


def _store(path: Path) -> Store:
    return Store(_load(path, need_secrets=False).storage.database.get_secret_value())


async def _until_signal(settings: config.Settings) -> None:
    loop = asyncio.get_running_loop()
    running = asyncio.ensure_future(composition.App(settings).run())
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running


def _log() -> None:
    """One line an event on standard error."""
    renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    stamp = structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%S.%fZ", utc=True)
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=renderer, foreign_pre_chain=[structlog.stdlib.add_log_level, stamp]
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
    for noisy in ("slack_sdk", "dbos", "alembic", "botocore", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
