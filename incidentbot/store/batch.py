"""Group commit: what many callers want written at the same moment goes into one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

from incidentbot.store.engine import Store

T = TypeVar("T")

MOST = 200  # items in one transaction, so that nobody else waits long for the database


class Batch(Generic[T]):
    """`await write(item)`: returns when the transaction that wrote it is committed.

    `put(session, items)` writes a group. While one transaction is under way the next items gather.
    If a group fails, each item is tried by itself, so that only the faulty one raises; `put` may
    therefore see an item twice, the first time without effect.
    """

    def __init__(
        self, store: Store, put: Callable[[Session, Sequence[T]], Any], most: int = MOST
    ) -> None:
        self._store = store
        self._put = put
        self._most = most
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, item: T) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        await done

    async def _drain(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            try:
                await self._store.tx(self._put, [item for item, _ in group])
            except Exception as error:  # noqa: BLE001
                # One of them is at fault, or the database is away: each hears its own answer.
                await self._one_by_one(group, error)
            else:
                for _, done in group:
                    if not done.done():
                        done.set_result(None)

    async def _one_by_one(
        self, group: list[tuple[T, asyncio.Future[None]]], error: Exception
    ) -> None:
        for item, done in group:
            if done.done():
                continue
            if len(group) == 1:
                done.set_exception(error)
                continue
            try:
                await self._store.tx(self._put, [item])
                done.set_result(None)
            except Exception as own:  # noqa: BLE001
                # The caller's own error, handed to the caller.
                done.set_exception(own)
