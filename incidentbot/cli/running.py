"""`run` and `migrate`: the bot itself."""

import asyncio
import contextlib
import logging
import signal
import sys

import structlog
import typer
import uvloop

from incidentbot import app as composition
from incidentbot import settings as config
from incidentbot.cli.common import DEFAULT, Config, load, store
from incidentbot.store import migrate

cli = typer.Typer()


@cli.command()
def run(config_file: Config = DEFAULT) -> None:
    """Run the bot: watch, open incidents, serve Slack."""
    settings = load(config_file)
    _log()
    uvloop.run(_until_signal(settings))


@cli.command(name="migrate")
def migrate_(config_file: Config = DEFAULT) -> None:
    """Bring the database to its newest shape (also done at the start of `run`)."""
    migrate.upgrade(store(config_file))
    typer.echo("The database is up to date.")


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
