"""Group commit: what many callers want written at the same moment goes into one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from incidentbot.errors import Temporary
from incidentbot.store.engine import Store

T = TypeVar("T")

MOST = 200  # items in one transaction, so that nobody else waits long for the database


class Batch(Generic[T]):
    """`await write(item)`: returns when the transaction that wrote it is committed.

    `put(session, items)` writes a group and gives an answer for each item, or None where nobody
    asks. While one transaction is under way the next items gather, up to `room` of them. What is
    `urgent` overtakes the other transactions that wait.
    If a group fails, each item is tried by itself, so that only the faulty one raises; `put` may
    therefore see an item twice, the first time without effect. A database that is away is no
    item's fault: all of the group hear of it at once.
    """

    def __init__(
        self,
        store: Store,
        put: Callable[[Session, Sequence[T]], Sequence[Any] | None],
        most: int = MOST,
        room: int | None = None,
        urgent: bool = False,
    ) -> None:
        self._tx = store.first if urgent else store.tx
        self._put = put
        self._most = most
        self._room = room
        self._waiting: list[tuple[T, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, item: T) -> Any:
        """The answer of `put` for this item. Raises what `put` raised; Temporary without room."""
        if self._room is not None and len(self._waiting) >= self._room:
            raise Temporary("more came in than can be written down")
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        return await done

    async def _drain(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            try:
                answers = await self._tx(self._put, [item for item, _ in group])
            except Exception as error:  # noqa: BLE001
                # One of them is at fault, or the database is away: each hears its own answer.
                await self._failed(group, error)
            else:
                for (_, done), answer in zip(group, answers or [None] * len(group), strict=True):
                    if not done.done():
                        done.set_result(answer)

    async def _failed(self, group: list[tuple[T, asyncio.Future[Any]]], error: Exception) -> None:
        away = isinstance(error, OperationalError | InterfaceError)
        for item, done in group:
            if done.done():
                continue
            if away or len(group) == 1:
                done.set_exception(error)
                continue
            try:
                answers = await self._tx(self._put, [item])
                done.set_result(answers[0] if answers else None)
            except Exception as own:  # noqa: BLE001
                # The caller's own error, handed to the caller.
                done.set_exception(own)
