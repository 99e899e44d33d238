"""One process at a time per database: the next one waits, and takes over when the first is gone.

SQLite: a lock on a file beside the database. PostgreSQL: an advisory lock that lives as long as
its connection. Both are released by the operating system or the server when a process dies.
"""

import asyncio
import fcntl
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from incidentbot.errors import ConfigError
from incidentbot.store.engine import Store

log = logging.getLogger(__name__)

LOCK = 20170229
RETRY = 1.0
PING = 5.0


@asynccontextmanager
async def held(store: Store) -> AsyncIterator[None]:
    """Hold the database for this process. Losing it ends the body: two must never act as one."""
    if store.engine.dialect.name == "sqlite":
        with _locked_file(Path(f"{store.engine.url.database}.lock")):
            yield
        return
    connection = await _advisory(store)
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


async def _advisory(store: Store) -> Connection:
    with store.in_words():
        connection = await asyncio.to_thread(store.engine.connect)
    connection = connection.execution_options(isolation_level="AUTOCOMMIT")
    waiting = False
    while not await asyncio.to_thread(_try, connection):
        if not waiting:
            log.warning("another incidentbot runs on this database; waiting to take over")
            waiting = True
        await asyncio.sleep(RETRY)
    return connection


def _try(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LOCK})").scalar())


async def _watch(connection: Connection) -> None:
    while True:
        await asyncio.sleep(PING)
        try:
            await asyncio.to_thread(connection.exec_driver_sql, "SELECT 1")
        except SQLAlchemyError as error:
            raise ConfigError(f"the database's lock was lost: {error}") from error
