"""Reads the vendors' status pages politely: conditional, with jitter, rarely while failing."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from incidentbot import clock, ids
from incidentbot.http import Answer, Failed, Http
from incidentbot.settings.model import FeedSettings
from incidentbot.signals import Signal
from incidentbot.signals.feeds.contract import Feed, unknown
from incidentbot.signals.feeds.reading import understand

TIMEOUT = 10.0
JITTER = 0.1  # of the interval, both ways
MOST_BACKOFF = 10  # times the interval
LONGEST_WAIT = 3600.0  # what a vendor may ask us to wait at most

log = logging.getLogger(__name__)

Heard = Callable[[str, Sequence[Signal]], Awaitable[None]]


@dataclass(slots=True)
class Memory:
    """What the last good answer was, so that the next request can ask for news only."""

    validators: dict[str, str] = field(default_factory=dict)
    signals: list[Signal] = field(default_factory=list)
    failures: int = 0
    asked_to_wait: float = 0.0


class Poller:
    """`await run()` reads every feed in its own interval until it is cancelled."""

    def __init__(self, http: Http, feeds: Sequence[FeedSettings], heard: Heard) -> None:
        self._http = http
        self._feeds = feeds
        self._heard = heard

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for feed in self._feeds:
                group.create_task(self._follow(feed), name=f"feed {feed.name}")

    async def _follow(self, feed: FeedSettings) -> None:
        memory = Memory()
        every = feed.every.total_seconds()
        await asyncio.sleep(min(every, 5.0) * int(ids.short(feed.name), 16) / 16**12)
        while True:
            try:
                await self._heard(feed.name, await self.read(feed, memory))
            except Exception:
                # One feed that breaks, or a database that is away, must not end the others.
                log.exception("the feed %s could not be taken in", feed.name)
                memory.failures += 1
            await asyncio.sleep(pause(every, memory.failures, memory.asked_to_wait))

    async def read(self, feed: FeedSettings, memory: Memory) -> list[Signal]:
        """One poll. A failed one is a signal of the state unknown that says why."""
        timeout = min(TIMEOUT, max(2.0, feed.every.total_seconds()))
        about = Feed(feed.name, feed.vendor, clock.now())
        try:
            answer = await self._http.get(
                feed.url,
                timeout=timeout,
                headers=memory.validators,
                allow_private=feed.allow_private,
            )
        except Failed as error:
            memory.failures += 1
            return unknown(about, error.message)
        if answer.status == 304 and memory.signals:
            memory.failures = 0
            return memory.signals
        memory.asked_to_wait = _asked_to_wait(answer)
        if answer.status != 200 or answer.cut:
            memory.failures += 1
            memory.validators = {}
            return unknown(about, _why(answer))
        memory.failures = 0
        memory.signals = understand(answer.body, about, feed.format or "").signals
        memory.validators = _validators(answer)
        return memory.signals


def pause(every: float, failures: int, asked: float, luck: float | None = None) -> float:
    """Seconds until the next poll: doubling while it fails; `luck` from -1 to 1 is the jitter."""
    luck = random.uniform(-1, 1) if luck is None else luck
    factor = min(2**failures if failures < 10 else MOST_BACKOFF, MOST_BACKOFF)
    return max(every * factor * (1 + JITTER * luck), asked)


def _validators(answer: Answer) -> dict[str, str]:
    pairs = (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"))
    found = {ask: answer.headers.get(header, "") for ask, header in pairs}
    return {ask: value for ask, value in found.items() if value}


def _asked_to_wait(answer: Answer) -> float:
    if answer.status not in (429, 503):
        return 0.0
    text = answer.headers.get("Retry-After", "")
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdigit() else 0.0


def _why(answer: Answer) -> str:
    return "the body is longer than 2 MB" if answer.cut else f"answered {answer.status}"
