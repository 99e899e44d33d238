"""One process at a time per database: the next one waits, and takes over when the first is gone.

SQLite: a lock on a file beside the database, and a second process is refused. PostgreSQL: an
advisory lock that lives as long as its connection, and a second process stands by. Both are
released by the operating system or the server when a process dies. When its machine is cut off,
the process itself gives up first, and the server lets its lock go a few seconds later.
"""

import asyncio
import fcntl
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from incidentbot.errors import ConfigError
from incidentbot.store.engine import Store

log = logging.getLogger(__name__)

LOCK = 20170229
RETRY = 0.5  # seconds between two tries of the one that stands by
PING = 2.0
ANSWER = 4.0  # seconds; PING + ANSWER is less than what KEEPALIVE adds up to
KEEPALIVE = ("tcp_keepalives_idle = 6", "tcp_keepalives_interval = 3", "tcp_keepalives_count = 3")

Meanwhile = Callable[[], Awaitable[None]]


@asynccontextmanager
async def held(store: Store, meanwhile: Meanwhile | None = None) -> AsyncIterator[None]:
    """Hold the database for this process. Losing it ends the body: two must never act as one.

    `meanwhile` is called again and again while another process holds it.
    """
    if store.engine.dialect.name == "sqlite":
        with _locked_file(Path(f"{store.engine.url.database}.lock")):
            yield
        return
    connection = await _advisory(store, meanwhile)
    try:
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(_watch(connection))
            yield
            watch.cancel()
    finally:
        await asyncio.to_thread(connection.close)


def _locked_file(path: Path) -> IO[str]:
    try:
        file = path.open("w")
    except OSError as error:
        raise ConfigError(
            f"storage.database: {path} cannot be written: {error.strerror};"
            " the file of the database needs a folder that this user may write to"
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise ConfigError(f"another incidentbot is running on this database ({path})") from None
    return file


async def _advisory(store: Store, meanwhile: Meanwhile | None) -> Connection:
    with store.in_words():
        connection = await asyncio.to_thread(_connect, store)
        held = await asyncio.to_thread(_try, connection)
    if not held:
        log.warning("another incidentbot runs on this database; standing by to take over")
    while not held:
        try:
            if meanwhile is not None:
                await meanwhile()
            await asyncio.sleep(RETRY)
            if connection.closed or connection.invalidated:
                connection = await asyncio.to_thread(_connect, store)
            held = await asyncio.to_thread(_try, connection)
        except DBAPIError as error:
            log.warning("the database does not answer; standing by: %s", error)
            await asyncio.to_thread(connection.close)
            await asyncio.sleep(RETRY)
    return connection


def _connect(store: Store) -> Connection:
    connection = store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    for setting in KEEPALIVE:
        connection.exec_driver_sql(f"SET {setting}")
    return connection


def _try(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LOCK})").scalar())


async def _watch(connection: Connection) -> None:
    while True:
        await asyncio.sleep(PING)
        try:
            async with asyncio.timeout(ANSWER):
                await asyncio.to_thread(connection.exec_driver_sql, "SELECT 1")
        except (SQLAlchemyError, TimeoutError) as error:
            raise ConfigError(f"the database's lock was lost: {error}") from error
