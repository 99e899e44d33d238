"""One WebSocket to Slack, from its hello to its end: listen, answer on it, and notice its silence.

The SDK's client is not used: it closes the old connection before it opens the new one, answers on
whichever is the newest, and on a refused token tries for ever without a word that reaches a person.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from incidentbot import clock

log = logging.getLogger(__name__)

CLOSING = aiohttp.ClientWSTimeout(ws_close=1.0)  # seconds; a dead peer says no goodbye
LONGEST_GOODBYE = 2.0  # seconds
GONE = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)
LOST = (OSError, aiohttp.ClientError)

Frame = dict[str, Any]
Take = Callable[["Line", Frame], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. Silence is answered by a new connection; `settled` is when one counts as good."""

    ping: float = 5.0
    silent: float = 15.0
    hello: float = 10.0
    linger: float = 30.0  # Slack closes what it warned after ten
    settled: float = 10.0
    answer: float = 2.5  # after three Slack has given up
    first_pause: float = 0.1
    short_lived: float = 2.0  # at most, after one that ended before it was settled
    longest_pause: float = 30.0
    refused_pause: float = 60.0


class NoHello(Exception):
    """Slack took the connection and did not greet; the message is its reason."""


class Line:
    """`await open(...)`, then `live()` until it has ended. `spent` is set once another is needed.

    `why` says what spent it: Slack's own word, "silent" or "closed".
    """

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, pace: Pace) -> None:
        self._ws = ws
        self._pace = pace
        self.heard = self.since = clock.monotonic()
        self.spent = asyncio.Event()
        self.why = ""

    @classmethod
    async def open(cls, http: aiohttp.ClientSession, url: str, pace: Pace) -> "Line":
        """Connect and wait for the hello. Raises NoHello, or what aiohttp raises; never hangs."""
        async with asyncio.timeout(pace.hello):
            ws = await http.ws_connect(url, autoping=False, timeout=CLOSING, max_msg_size=0)
            try:
                line = cls(ws, pace)
                await line._greeted()
            except BaseException:
                await ws.close()
                raise
        return line

    async def _greeted(self) -> None:
        while True:
            message = await self._ws.receive()
            if message.type == aiohttp.WSMsgType.PING:
                await self._ws.pong(message.data)
            elif message.type != aiohttp.WSMsgType.TEXT:
                raise NoHello("closed")
            else:
                frame = _read(message.data)
                if frame.get("type") == "hello":
                    return
                if frame.get("type") == "disconnect":
                    raise NoHello(str(frame.get("reason", "disconnect")))

    @property
    def alive(self) -> bool:
        """Open and not silent; one that Slack warned lives until it is closed."""
        return not self._ws.closed and clock.monotonic() - self.heard < self._pace.silent

    async def live(self, take: Take) -> None:
        """Hand every envelope to `take` until the connection has ended. Raises nothing."""
        watch = asyncio.create_task(self._watch())
        try:
            await self._listen(take)
        except LOST as error:
            log.info("slack: a socket broke: %s", error)
        finally:
            self._spend("closed")
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            await self._end()

    async def send(self, answer: Frame) -> bool:
        """False when it could not be sent."""
        try:
            await self._ws.send_str(json.dumps(answer))
        except LOST:
            return False
        return True

    async def close(self) -> None:
        """End it; `live` returns then."""
        self._spend("closed")
        await self._end()

    async def retire(self) -> None:
        """Another has taken its place: let Slack close it, which then sends nothing more here."""
        if self.alive and self.why not in ("silent", "closed"):
            await asyncio.sleep(self._pace.linger)
        await self.close()

    async def _listen(self, take: Take) -> None:
        while True:
            message = await self._ws.receive()
            if message.type in GONE or message.type == aiohttp.WSMsgType.ERROR:
                return
            self.heard = clock.monotonic()
            if message.type == aiohttp.WSMsgType.PING:
                await self._ws.pong(message.data)
            elif message.type == aiohttp.WSMsgType.TEXT:
                frame = _read(message.data)
                if frame.get("type") == "disconnect":
                    self._spend(str(frame.get("reason", "disconnect")))
                elif frame.get("envelope_id"):
                    take(self, frame)

    async def _watch(self) -> None:
        """Ask for a sign of life; a dead network closes nothing and says nothing."""
        while True:
            await asyncio.sleep(self._pace.ping)
            if not self.alive:
                self._spend("silent")
                await self._end()
                return
            try:
                async with asyncio.timeout(self._pace.ping):
                    await self._ws.ping(b"incidentbot")
            except TimeoutError:
                continue  # nothing goes out any more: then nothing comes in either
            except LOST:
                return  # whoever listens sees the end as well

    async def _end(self) -> None:
        try:
            async with asyncio.timeout(LONGEST_GOODBYE):  # what cannot be sent holds up nobody
                await self._ws.close()
        except TimeoutError:
            log.info("slack: a socket took no goodbye")

    def _spend(self, why: str) -> None:
        if not self.spent.is_set():
            self.why = why
            self.spent.set()


def _read(text: str) -> Frame:
    try:
        frame = json.loads(text)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}
