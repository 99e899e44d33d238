"""Turns at a host: few requests at the same time, and a moment between two of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from incidentbot import clock


@dataclass(frozen=True, slots=True)
class Manners:
    """`at_once` and `gap` (seconds between two starts) are for one host, `in_all` for all.

    The first polls of all feeds are spread over `spread` seconds, or more for very many.
    """

    at_once: int = 2
    gap: float = 0.25
    in_all: int = 500
    spread: float = 5.0


class Hosts:
    """`async with turn(url)` waits until a request to the host of that address is polite."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._hosts: dict[str, _Host] = {}
        self._room = asyncio.Semaphore(manners.in_all)

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        name = urlsplit(url).netloc.lower()
        host = self._hosts.setdefault(name, _Host(asyncio.Semaphore(self._manners.at_once)))
        async with host.room:
            async with host.door:
                if (wait := host.free_at - clock.monotonic()) > 0:
                    await asyncio.sleep(wait)
                host.free_at = clock.monotonic() + self._manners.gap
            async with self._room:
                yield


@dataclass(slots=True)
class _Host:
    room: asyncio.Semaphore
    door: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0
