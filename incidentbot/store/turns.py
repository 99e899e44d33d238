"""Whose transaction is next: a few are under way at once, and the urgent overtake those waiting."""

import asyncio
from collections import deque


class Turns:
    """`await take()` a turn, and `give()` it back when its work is done."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: tuple[deque[asyncio.Future[None]], ...] = (deque(), deque())

    async def take(self, first: bool) -> None:
        if self._free > 0:
            self._free -= 1
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[0 if first else 1].append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self.give()  # it came in the moment of the cancellation
            raise

    def give(self, _done: object = None) -> None:
        for waiting in self._waiting:
            while waiting:
                next_one = waiting.popleft()
                if not next_one.done():
                    next_one.set_result(None)
                    return
        self._free += 1
