"""Group commit: what many callers want written at the same moment goes into one transaction."""

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from incidentbot.store.engine import Store

MOST = 200  # writes in one transaction, so that nobody else waits long for the database

Write = Callable[[Session], Any]


class Batch:
    """`await write(fn)`: fn is called with a session; returns when its transaction is committed.

    While one transaction is under way the next writes gather. If one of a group fails, each is
    tried by itself, so that only the faulty one raises. `fn` may therefore be called twice.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[tuple[Write, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, fn: Write) -> Any:
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((fn, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        return await done

    async def _drain(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                results = await self._store.tx(_all, [fn for fn, _ in group])
            except Exception as error:  # noqa: BLE001
                # One of them is at fault, or the database is away: each hears its own answer.
                await self._one_by_one(group, error)
            else:
                for (_, done), result in zip(group, results, strict=True):
                    if not done.done():
                        done.set_result(result)

    async def _one_by_one(
        self, group: list[tuple[Write, asyncio.Future[Any]]], error: Exception
    ) -> None:
        for fn, done in group:
            if done.done():
                continue
            if len(group) == 1:
                done.set_exception(error)
                continue
            try:
                done.set_result(await self._store.tx(fn))
            except Exception as own:  # noqa: BLE001
                # The caller's own error, handed to the caller.
                done.set_exception(own)


def _all(session: Session, writes: list[Write]) -> list[Any]:
    return [write(session) for write in writes]
