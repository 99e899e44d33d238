"""POST /hooks/<name>: who is it, what is it, keep it, and only then 202.

Nothing is answered with a 202 that has no row. A wrong secret learns nothing, not even why; the
log does. A wrong body learns what is wrong with it.
"""

import asyncio
import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from incidentbot import clock
from incidentbot.errors import Permanent, Temporary
from incidentbot.signals import Signal, body
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.hooks.contract import Request, Stale, Unproven
from incidentbot.signals.hooks.fetching import Fetch, Kept
from incidentbot.signals.hooks.hook import Hook
from incidentbot.signals.hooks.inbox import Delivery, Inbox
from incidentbot.signals.hooks.reading import alerts, signals_of

log = logging.getLogger(__name__)

MOST_BYTES = 1024 * 1024
PATIENCE = 10.0  # seconds for the body to come, and again for its row to be written
COME_AGAIN = 5  # seconds
# Seconds, per hook and kind of fault: who tries secrets must neither fill the disk, nor hide what
# is wrong with the bodies of the right sender.
LOG_EVERY = 10.0
MOST_NOTES = 5


class Door:
    """Called with each request; `inbox` is where it goes."""

    def __init__(self, hooks: Mapping[str, Hook], inbox: Inbox, fetch: Fetch) -> None:
        self._hooks = hooks
        self._inbox = inbox
        self._kept = Kept(fetch)
        self._logged: dict[tuple[str, type], float] = {}

    async def __call__(self, request: web.Request) -> web.Response:
        hook = self._hooks.get(request.match_info["hook"])
        if hook is None:
            return _no(404, "there is no such hook")
        if (request.content_length or 0) > MOST_BYTES:
            return _no(413, "the body is longer than 1 MB")
        try:
            async with asyncio.timeout(PATIENCE):
                raw = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _no(413, "the body is longer than 1 MB")
        except TimeoutError:
            return _no(408, "the body did not come")
        except (ConnectionError, web.RequestPayloadError):
            # Who hangs up in the middle is no fault of ours, and must not fill the log with it.
            return _no(400, "the body did not come whole")
        if len(raw) > MOST_BYTES:
            return _no(413, "the body is longer than 1 MB")
        return await self._take(hook, Request(request.headers, request.query, raw, clock.now()))

    async def _take(self, hook: Hook, request: Request) -> web.Response:
        try:
            mark = await self._proven(hook, request)
        except Stale as error:
            self._log(hook, error)
            return _no(403, error.message)
        except Unproven as error:
            self._log(hook, error)
            return _no(401, "not authenticated")
        except Temporary as error:
            self._log(hook, error)
            return _again("its signature cannot be checked now")
        read = body.read(request.raw)
        if read.fault:
            self._log(hook, read.fault)
            return _no(400, read.fault)
        feed = Feed(hook.name, hook.kind, request.now)
        found = signals_of(hook.receiver, read, feed, hook.options)
        if not any(signal.vendor_id or signal.phase for signal in found):
            self._log(hook, found[0].why)
            return _no(422, found[0].why)
        key = f"{hook.name}:{mark or secrets.token_hex(16)}"
        return await self._keep(Delivery(key, hook.name, request.raw, request.now), found)

    async def _proven(self, hook: Hook, request: Request) -> str:
        """The mark of the delivery. Raises Unproven or Stale; Temporary when nobody can say."""
        receiver, options = hook.receiver, hook.options
        try:
            if hasattr(receiver, "fetches"):
                urls = receiver.fetches(request, options)
                request = replace(request, fetched={url: await self._fetched(url) for url in urls})
            mark: str = receiver.authenticate(request, options)
        except (Unproven, Temporary, Stale):
            raise
        except Exception as error:
            # A receiver is a plug-in: where it breaks, nobody is let in.
            log.exception("hooks: the receiver %s broke", hook.kind)
            raise Unproven(f"the receiver broke: {type(error).__name__}") from error
        return mark

    async def _fetched(self, url: str) -> bytes:
        try:
            return await self._kept.get(url)
        except Permanent as error:
            raise Unproven(f"there is nothing to check the signature with: {error}") from error

    async def _keep(self, delivery: Delivery, found: list[Signal]) -> web.Response:
        try:
            async with asyncio.timeout(PATIENCE):
                first = await self._inbox.put(delivery)
        except (Temporary, TimeoutError):
            return _again("it could not be written down")
        answer: dict[str, Any] = {"accepted": len(alerts(found)) if first else 0}
        if not first:
            answer["duplicate"] = True
        notes = [signal.why for signal in found if not signal.vendor_id]
        if notes:
            answer["notes"] = notes[:MOST_NOTES]
        return web.json_response(answer, status=202)

    def _log(self, hook: Hook, error: Exception | str) -> None:
        now, about = clock.monotonic(), (hook.name, type(error))
        if now - self._logged.get(about, -LOG_EVERY) >= LOG_EVERY:
            self._logged[about] = now
            log.warning("hooks: a request to %s is refused: %s", hook.name, error)


def _no(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)


def _again(why: str) -> web.Response:
    said = {"error": why}
    return web.json_response(said, status=503, headers={"Retry-After": str(COME_AGAIN)})
