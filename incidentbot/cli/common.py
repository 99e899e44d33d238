"""What several commands need: the configuration, its database, and a process that ends well."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from aiohttp.http_exceptions import HttpProcessingError

from incidentbot import clock
from incidentbot import settings as config
from incidentbot.errors import IncidentbotError
from incidentbot.store import Store, migrate
from incidentbot.watching import known

Config = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file.", show_default=True)
]
DEFAULT = Path("incidentbot.yaml")


def load(path: Path, *, need_secrets: bool = True, need_slack: bool = True) -> config.Settings:
    return config.load(path, os.environ, known(), need_secrets=need_secrets, need_slack=need_slack)


def store(path: Path) -> Store:
    settings = load(path, need_secrets=False, need_slack=False)
    return Store(settings.storage.database.get_secret_value())


def of_newest_shape(store: Store, path: Path) -> Store:
    """The same store; IncidentbotError says how to bring an older database up to date."""
    with store.in_words():
        if migrate.pending(store):
            again = f"incidentbot migrate --config {path}"
            raise IncidentbotError(f"The database has not its newest shape. First: {again}")
    return store


def serve(make: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run what `make` makes, inside the loop, until it ends or a signal says so."""
    _log()
    uvloop.run(_until_signal(make))


async def _until_signal(make: Callable[[], Coroutine[Any, Any, None]]) -> None:
    loop = asyncio.get_running_loop()
    running = asyncio.ensure_future(make())
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        pass
    except BaseExceptionGroup as group:
        ours, others = group.split(IncidentbotError)
        if ours is None or others is not None:
            raise
        raise _first(ours) from group


def _first(group: BaseExceptionGroup[IncidentbotError]) -> IncidentbotError:
    """What a task of the bot ended with is a sentence like any other error of ours."""
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


def _log() -> None:
    """One line an event on standard error. The standard library's own: structlog's console comes
    with eight megabytes of colours, and `watch` is to be light."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Line())
    handler.addFilter(_no_http)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
    for noisy in ("slack_sdk", "dbos", "alembic", "botocore", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _no_http(record: logging.LogRecord) -> bool:
    """Without requests that are no HTTP. Anybody may send them, each is a page of log, and what
    they quote may be half of a header with a secret; who sent it is answered with what is wrong."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


class _Line(logging.Formatter):
    """2026-03-02T17:37:10.000000Z [warning  ] what happened"""

    def format(self, record: logging.LogRecord) -> str:
        at = clock.iso(datetime.fromtimestamp(record.created, UTC))
        text = f"{at} [{record.levelname.lower():<9}] {record.getMessage()}"
        if record.exc_info:
            text += f"\n{self.formatException(record.exc_info)}"
        return text
