"""Am I the one offline? Independent places outside are asked before an outage is believed."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from incidentbot import clock
from incidentbot.http import Failed, Http
from incidentbot.settings.base import WebTarget
from incidentbot.settings.watching import SightSettings

SMALL = 64 * 1024


@dataclass(frozen=True, slots=True)
class Sight:
    """Whether any anchor answered, what they said in words, and when."""

    online: bool
    words: str
    at: datetime


class Anchors:
    """`await ask()`: one question at a time, its answer good for a few seconds.

    An answer from before `since` is none: the line may have gone meanwhile. Ages are told by the
    monotonic clock, so that a clock that is set back makes no old answer last.
    """

    def __init__(self, http: Http, settings: SightSettings) -> None:
        self._http = http
        self._settings = settings
        self._lock = asyncio.Lock()
        self._last: Sight | None = None
        self._asked = 0.0
        self._began: datetime | None = None  # the same by the wall clock

    async def ask(self, since: datetime | None = None) -> Sight:
        """Online as soon as one answers; the others are then not waited for."""
        async with self._lock:
            last, trusted = self._last, self._settings.trusted_for.total_seconds()
            old = clock.monotonic() - self._asked > trusted
            if last is None or old or (since and self._began and self._began < since):
                self._asked, self._began = clock.monotonic(), clock.now()
                self._last = last = await self._look()
            return last

    async def _look(self) -> Sight:
        anchors = self._settings.anchors
        if not anchors:
            return Sight(True, "no anchors are set up", clock.now())
        tasks = [asyncio.create_task(self._answers(anchor)) for anchor in anchors]
        try:
            for done in asyncio.as_completed(tasks):
                if await done:
                    return Sight(True, "the outside answers", clock.now())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return Sight(False, f"none of {len(anchors)} places outside answers either", clock.now())

    async def _answers(self, anchor: WebTarget) -> bool:
        """Any answer will do, also an error's: it came from outside."""
        try:
            await self._http.get(
                anchor.url,
                timeout=self._settings.timeout.total_seconds(),
                allow_private=anchor.allow_private,
                max_bytes=SMALL,
                redirects=0,
            )
        except Failed as error:
            # Not our network's fault, and proof enough of a way there.
            return error.reason not in (
                "timeout",
                "refused",
                "unreachable",
                "reset",
                "dns",
                "tls",
                "internal",
            )
        return True
