"""One making for all who ask at about the same time: many people look during an outage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from incidentbot import clock

T = TypeVar("T")


class Shared(Generic[T]):
    """`await get()` is what `make()` gave, made anew once it is `seconds` old.

    An error is raised to whoever asked, and not kept.
    """

    def __init__(self, make: Callable[[], Awaitable[T]], seconds: float) -> None:
        self._make, self._seconds = make, seconds
        self._lock = asyncio.Lock()
        self._made: tuple[float, T] | None = None

    async def get(self) -> T:
        async with self._lock:
            if self._made is None or clock.monotonic() - self._made[0] >= self._seconds:
                made = await self._make()
                self._made = clock.monotonic(), made
            return self._made[1]
