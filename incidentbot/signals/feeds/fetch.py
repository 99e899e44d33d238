"""One poll of one address: conditional, bounded, and honest about why there is nothing to read."""

import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

from incidentbot import clock, plugins
from incidentbot.errors import IncidentbotError
from incidentbot.http import Answer, Failed, Http
from incidentbot.settings import FeedSettings

SOURCES = "incidentbot.signals.feeds.sources"
TIMEOUT = 10.0
LONGEST_WAIT = 3600.0  # seconds that a vendor may ask us to wait at most
# What a body means may change with the time, and some caches say "the same" for ever: so often
# it is read anew in full.
FRESH = 600.0  # seconds
THREADS = 4  # for sources whose libraries block

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Memory:
    """What the last good answer was, so that the next request can ask for news only."""

    validators: dict[str, str] = field(default_factory=dict)
    digest: bytes = b""
    read_at: float = 0.0  # monotonic, of the last body that was handed out
    failures: int = 0
    asked_to_wait: float = 0.0

    def forget(self) -> None:
        """The next answer is wanted in full."""
        self.validators, self.digest = {}, b""


@dataclass(frozen=True, slots=True)
class Got:
    """A body to read, or a fault; neither when nothing has changed since the last body."""

    body: bytes | None = None
    fault: str = ""


class Fetcher:
    """`fetch` never raises. `close()` it at the end."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="source")

    async def fetch(self, feed: FeedSettings, memory: Memory) -> Got:
        """One poll. Counts failures, and keeps in `memory` what the next one needs."""
        if memory.digest and clock.monotonic() - memory.read_at > FRESH:
            memory.forget()
        got = await (self._ask(feed) if feed.source else self._get(feed, memory))
        if got.fault:
            memory.failures += 1
            memory.forget()
            return got
        memory.failures = 0
        if got.body is None:
            return got
        digest = hashlib.blake2b(got.body, digest_size=16).digest()
        if digest == memory.digest:
            return Got()
        memory.digest, memory.read_at = digest, clock.monotonic()
        return got

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _get(self, feed: FeedSettings, memory: Memory) -> Got:
        timeout = min(TIMEOUT, max(2.0, feed.every.total_seconds()))
        try:
            answer = await self._http.get(
                feed.url,
                timeout=timeout,
                headers=memory.validators,
                allow_private=feed.allow_private,
            )
        except Failed as error:
            memory.asked_to_wait = 0.0
            return Got(fault=error.message)
        memory.asked_to_wait = _asked_to_wait(answer)
        if answer.status == 304:
            asked = bool(memory.validators) and bool(memory.digest)
            return Got() if asked else Got(fault="answered 304 though nothing was known before")
        if answer.cut:
            return Got(fault="the body is longer than 2 MB")
        if answer.status != 200:
            return Got(fault=f"answered {answer.status}")
        memory.validators = _validators(answer)
        return Got(answer.body)

    async def _ask(self, feed: FeedSettings) -> Got:
        try:
            return Got(await plugins.get(SOURCES, feed.source or "").read(feed, self._threads))
        except IncidentbotError as error:
            return Got(fault=error.message)
        except Exception as error:
            # A source is a plug-in: its fault must not end the poller.
            log.exception("the source %s broke", feed.source)
            return Got(fault=f"the source {feed.source} broke: {type(error).__name__}: {error}")


def _validators(answer: Answer) -> dict[str, str]:
    pairs = (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"))
    found = {ask: answer.headers.get(header, "") for ask, header in pairs}
    return {ask: value for ask, value in found.items() if value}


def _asked_to_wait(answer: Answer) -> float:
    if answer.status not in (429, 503):
        return 0.0
    return retry_after(answer.headers.get("Retry-After", ""), clock.now())


def retry_after(text: str, now: datetime) -> float:
    """Seconds, from a number or a date as RFC 9110 has them; 0 for anything else."""
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
        seconds = (at - now).total_seconds() if at.tzinfo else 0.0
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT)
