"""Reads the vendors' status pages politely: conditional, with jitter, rarely while failing.

One task keeps the time for all feeds; a poll is a task of its own only while it lasts. Feeds of
one address are one request. Memory holds what was understood, never the bodies.
"""

import asyncio
import heapq
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from incidentbot import clock, ids
from incidentbot.http import Http
from incidentbot.settings import FeedSettings
from incidentbot.signals import Signal
from incidentbot.signals.feeds.contract import Feed, unknown
from incidentbot.signals.feeds.fetch import Fetcher, Got, Memory
from incidentbot.signals.feeds.hosts import Hosts, Manners
from incidentbot.signals.feeds.reading import understand
from incidentbot.signals.feeds.seen import Seen, see

JITTER = 0.1  # of the interval, both ways
MOST_BACKOFF = 10  # times the interval
SMALL = 64 * 1024  # bytes that are read in the loop; more would hold up everybody else
STARTS_PER_SECOND = 100  # of the first polls

log = logging.getLogger(__name__)

Heard = Callable[[str, Sequence[Signal]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How well a feed can be read, for people. `fault` is empty when the last poll was good."""

    feed: str
    vendor: str
    url: str
    good_at: datetime | None
    fault: str
    fault_at: datetime | None
    next_at: datetime | None


@dataclass(slots=True)
class Followed:
    """What is remembered of one feed."""

    feed: FeedSettings
    seen: Seen = field(default_factory=Seen)
    good_at: datetime | None = None
    fault: str = ""
    fault_at: datetime | None = None


@dataclass(slots=True)
class Address:
    """One request, and all who want its answer."""

    followed: list[Followed]
    memory: Memory = field(default_factory=Memory)
    next_at: datetime | None = None

    @property
    def first(self) -> FeedSettings:
        return self.followed[0].feed

    @property
    def every(self) -> float:
        return min(one.feed.every.total_seconds() for one in self.followed)


class Poller:
    """`await run()` reads every feed in its own interval until it is cancelled."""

    def __init__(
        self,
        http: Http,
        feeds: Sequence[FeedSettings],
        heard: Heard,
        manners: Manners | None = None,
    ) -> None:
        self.addresses = addresses(feeds)
        self._heard = heard
        self._fetcher = Fetcher(http)
        self._manners = manners or Manners()
        self._hosts = Hosts(self._manners)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="feeds")
        self._due: list[tuple[float, int]] = []
        self._bell = asyncio.Event()

    async def run(self) -> None:
        now, many = clock.monotonic(), len(self.addresses)
        for number, address in enumerate(self.addresses):
            spread = min(address.every, max(self._manners.spread, many / STARTS_PER_SECOND))
            self._plan(number, now, spread * int(ids.short(address.first.name), 16) / 16**12)
        try:
            async with asyncio.TaskGroup() as group:
                while self.addresses:
                    group.create_task(self._turn(await self._next_due()))
        finally:
            self._fetcher.close()
            self._thread.shutdown(wait=False, cancel_futures=True)

    def health(self) -> dict[str, FeedHealth]:
        """Feed name -> how it is doing."""
        return {
            one.feed.name: FeedHealth(
                one.feed.name,
                one.feed.vendor,
                one.feed.url or f"source {one.feed.source}",
                one.good_at,
                one.fault,
                one.fault_at,
                address.next_at,
            )
            for address in self.addresses
            for one in address.followed
        }

    async def poll(self, address: Address) -> dict[str, list[Signal]]:
        """One request; what each feed of the address says now."""
        async with self._hosts.turn(address.first.url or str(address.first.source)):
            got = await self._fetcher.fetch(address.first, address.memory)
        now = clock.now()
        said = {one.feed.name: await self._read(one, got, now) for one in address.followed}
        if any(one.fault for one in address.followed):
            address.memory.forget()
        return said

    async def _read(self, one: Followed, got: Got, now: datetime) -> list[Signal]:
        about = Feed(one.feed.name, one.feed.vendor, now)
        if got.fault:
            one.fault, one.fault_at = got.fault, now
            return unknown(about, got.fault)
        listed: Sequence[Signal] = one.seen.listed
        if got.body is not None:
            listed = await self._understand(got.body, about, one.feed.format or "")
            if all(signal.state == "unknown" for signal in listed):
                one.fault, one.fault_at = listed[0].why, now
                return list(listed)
        one.seen = see(one.seen, listed, now)
        one.good_at, one.fault = now, ""
        return one.seen.signals

    async def _understand(self, body: bytes, about: Feed, name: str) -> list[Signal]:
        if len(body) <= SMALL:
            return understand(body, about, name).signals
        loop = asyncio.get_running_loop()
        reading = await loop.run_in_executor(self._thread, understand, body, about, name)
        return reading.signals

    async def _turn(self, number: int) -> None:
        address = self.addresses[number]
        try:
            said = await self.poll(address)
            await asyncio.gather(*(self._tell(name, signals) for name, signals in said.items()))
        except Exception:
            # A fault of our own on one page must not end the reading of all the others.
            log.exception("the feed %s could not be read", address.first.name)
            address.memory.failures += 1
            address.memory.forget()
        wait = pause(address.every, address.memory.failures, address.memory.asked_to_wait)
        self._plan(number, clock.monotonic(), wait)

    async def _tell(self, name: str, signals: Sequence[Signal]) -> None:
        try:
            await self._heard(name, signals)
        except Exception:
            # A database that is away, say. The next poll says the same again.
            log.exception("the feed %s could not be taken in", name)

    def _plan(self, number: int, now: float, wait: float) -> None:
        self.addresses[number].next_at = clock.now() + timedelta(seconds=wait)
        heapq.heappush(self._due, (now + wait, number))
        if self._due[0][1] == number:
            self._bell.set()

    async def _next_due(self) -> int:
        """Wait for the next one that is due. The bell says that another one is first now."""
        while True:
            wait = self._due[0][0] - clock.monotonic() if self._due else None
            if wait is not None and wait <= 0:
                return heapq.heappop(self._due)[1]
            self._bell.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._bell.wait()


def addresses(feeds: Sequence[FeedSettings]) -> list[Address]:
    """Feeds that one request serves, together. A source is asked for each feed by itself."""
    found: dict[object, Address] = {}
    for feed in feeds:
        same = (feed.url, feed.allow_private) if feed.url else feed.name
        found.setdefault(same, Address([])).followed.append(Followed(feed))
    return list(found.values())


def pause(every: float, failures: int, asked: float, luck: float | None = None) -> float:
    """Seconds until the next poll: doubling while it fails; `luck` from -1 to 1 is the jitter."""
    luck = random.uniform(-1, 1) if luck is None else luck
    factor = min(2**failures if failures < 10 else MOST_BACKOFF, MOST_BACKOFF)
    return max(every * factor * (1 + JITTER * luck), asked)
