"""Socket Mode: two connections at once, each replaced before it is missed.

Slack sends each thing to any one of them. One that is warned, closed or silent gets a successor
first and is let go then; they take turns at that, so that one always stands. Whatever Slack says
instead of connecting us is waited out, and said in /healthz and in the log.
"""

import asyncio
import logging
import random
from collections.abc import Mapping

import aiohttp
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from incidentbot import clock
from incidentbot.slack.inbound import answers
from incidentbot.slack.inbound.socket_line import Frame, Line, NoHello, Pace
from incidentbot.slack.outbound.classify import Kind, classify

log = logging.getLogger(__name__)

SOCKETS = 2
TIMEOUT = 10  # seconds
ROUTINE = ("warning", "refresh_requested")  # about every hour
TOKEN = ("not_allowed_token_type", "missing_scope", "no_permission")
REFUSED = "the app token is refused ({}): copy SLACK_APP_TOKEN again from the app's page"
WORDS = {
    "link_disabled": "Socket Mode is switched off on the app's page",
    "too_many_websockets": "ten sockets of this app are open already",
}


class Socket:
    """`run` holds the connections for ever; `connected` tells whether one stands."""

    def __init__(
        self, app: AsyncApp, app_token: str, base_url: str, pace: Pace | None = None
    ) -> None:
        self._app = app
        self._client = AsyncWebClient(
            token=app_token, base_url=base_url, timeout=TIMEOUT, retry_handlers=[]
        )
        self._client.proxy = None
        self._pace = pace or Pace()
        self._lines: list[Line] = []
        self._turn = asyncio.Lock()
        self._trouble = "not connected yet"

    async def run(self) -> None:
        async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
            for _ in range(SOCKETS):
                group.create_task(self._keep(http, group))

    def connected(self) -> bool:
        return any(line.alive for line in self._lines)

    def health(self) -> Mapping[str, object]:
        """How many sockets stand, the age of the last frame in seconds, and why not more."""
        heard = max((line.heard for line in self._lines), default=None)
        standing = sum(line.alive and not line.spent.is_set() for line in self._lines)
        return {
            "mode": "socket",
            "sockets": standing,
            "last_frame_s": None if heard is None else round(clock.monotonic() - heard, 1),
            "trouble": self._trouble if standing < SOCKETS else "",
        }

    async def _keep(self, http: aiohttp.ClientSession, group: asyncio.TaskGroup) -> None:
        """Keep one connection: when it is spent, open the next, and only then let it go."""
        old: Line | None = None
        pause = 0.0
        while True:
            line, pause = await self._replace(http, pause)
            if old is not None:
                group.create_task(old.retire())
            self._lines.append(line)
            group.create_task(self._live(line, group))
            await line.spent.wait()
            if clock.monotonic() - line.since > self._pace.settled:
                pause = 0.0
            if line.why in ROUTINE:
                log.info("slack: a socket is to be replaced (%s)", line.why)
            else:
                self._complain(WORDS.get(line.why, f"a socket ended ({line.why})"))
            old = line

    async def _live(self, line: Line, group: asyncio.TaskGroup) -> None:
        def take(line: Line, frame: Frame) -> None:
            group.create_task(self._one(line, frame))

        try:
            await line.live(take)
        except Exception:
            # Whatever is wrong with one connection, the next one may be good.
            log.exception("slack: a socket broke")
        finally:
            self._lines.remove(line)

    async def _replace(self, http: aiohttp.ClientSession, pause: float) -> tuple[Line, float]:
        """A new connection, however long it takes, and the pause before the one after it."""
        while True:
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(max(pause * 2, self._pace.first_pause), self._pace.longest_pause)
            async with self._turn:
                try:
                    line = await self._open(http)
                except Exception as error:  # noqa: BLE001
                    # Whatever it is, it is named and waited out: no socket is no reason to end.
                    pause = self._refused(error, pause)
                else:
                    log.info("slack: socket connected")
                    return line, min(pause, self._pace.short_lived)

    async def _open(self, http: aiohttp.ClientSession) -> Line:
        answer = await self._client.api_call("apps.connections.open")
        url = answer.get("url")
        if not isinstance(url, str):
            raise ValueError("apps.connections.open gave no address")
        return await Line.open(http, url, self._pace)

    def _refused(self, error: Exception, pause: float) -> float:
        """Say what is wrong, and how long to wait before the next try."""
        if isinstance(error, NoHello):
            self._complain(WORDS.get(str(error), f"Slack closed the socket: {error}"))
            return self._pace.longest_pause if str(error) in WORDS else pause
        outcome = classify(error)
        dead = outcome.kind is Kind.DEAD or outcome.code in TOKEN
        said = REFUSED if dead else "Slack gives no socket ({})"
        self._complain(said.format(outcome.code))
        if outcome.kind in (Kind.DEAD, Kind.FINAL):
            return self._pace.refused_pause
        return max(pause, outcome.wait) if outcome.code == "ratelimited" else pause

    def _complain(self, words: str) -> None:
        if words != self._trouble:
            log.warning("slack: %s; trying again", words)
        self._trouble = words

    async def _one(self, line: Line, frame: Frame) -> None:
        """One envelope: its work is the inbox's row, and only then the acknowledgement."""
        request = SocketModeRequest.from_dict(frame)
        if request is None:
            return
        try:
            headers, body = build_headers(request), request.payload
            asked = AsyncBoltRequest(mode="socket_mode", body=body, headers=headers)
            answer = answers.of(await self._app.async_dispatch(asked))
        except Exception:
            # One envelope that breaks must not stop the others; unacknowledged, it comes again.
            log.exception("slack: envelope %s failed", request.envelope_id)
            return
        if answer is None:
            return
        said: Frame = {"envelope_id": request.envelope_id}
        if answer:
            said["payload"] = answer
        await self._tell(line, said)

    async def _tell(self, line: Line, said: Frame) -> None:
        """By the way it came; when that is gone, by any other, or the next one that opens."""
        end = clock.monotonic() + self._pace.answer
        while clock.monotonic() < end:
            for way in (line, *reversed(self._lines)):
                if await way.send(said):
                    return
            await asyncio.sleep(self._pace.answer / 50)
        log.warning("slack: no socket took the acknowledgement of %s", said["envelope_id"])
