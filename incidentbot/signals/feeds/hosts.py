"""Turns at a host: few requests at the same time, and a moment between two of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from incidentbot import clock


@dataclass(frozen=True, slots=True)
class Manners:
    """`at_once` and `gap` (seconds between two starts) are for one host, `in_all` for all."""

    at_once: int = 2
    gap: float = 0.25
    in_all: int = 500


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
            start = max(clock.monotonic(), host.free_at)
            host.free_at = start + self._manners.gap
            wait = start - clock.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            async with self._room:
                yield


@dataclass(slots=True)
class _Host:
    room: asyncio.Semaphore
    free_at: float = 0.0
