"""What other processes committed, within milliseconds: PostgreSQL's LISTEN.

Every transaction that changed a topic tells it (see engine). Readers look by themselves too, every
second or so, so a notice that is lost costs that second and nothing else.
"""

import asyncio
import logging
from typing import Any

from incidentbot.store.engine import Store

log = logging.getLogger(__name__)

PAUSE = 1.0  # seconds between two tries to connect


async def follow(store: Store) -> None:
    """Ring this process's bells for what others commit, for ever. On SQLite there are no others."""
    if store.engine.dialect.name != "postgresql":
        return
    _, where = store.engine.dialect.create_connect_args(store.engine.url)
    psycopg: Any = store.engine.dialect.dbapi  # loaded only where there is a PostgreSQL
    while True:
        try:
            await _listen(store, await psycopg.AsyncConnection.connect(**where, autocommit=True))
        except (psycopg.Error, OSError) as error:
            log.warning("the database tells no news (%s); looking every second", error)
        await asyncio.sleep(PAUSE)


async def _listen(store: Store, connection: Any) -> None:
    async with connection:
        await connection.execute("LISTEN incidentbot")
        store.ring()  # for what was said while nobody listened
        async for notice in connection.notifies():
            origin, _, topic = notice.payload.partition(" ")
            if origin != store.name:
                store.ring(topic)
