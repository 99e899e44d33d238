"""Delivery over signed HTTP, for apps that have given request URLs instead of a socket.

Events are tried four times in all, with the number and the reason of each retry in headers.
Commands and clicks are tried once: whoever clicked tries again. Follows Slack's pages on the
Events API and on verifying requests.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlencode

import aiohttp

from .envelopes import Envelope, Log
from .errors import SlackError
from .options import Options
from .state import App, Workspace

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
REDIRECTS = 2


def signed(secret: str, body: bytes, at: int) -> dict[str, str]:
    """The two headers over exactly these bytes; `at` in seconds since 1970."""
    mac = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256)
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={mac.hexdigest()}"}


def encoded(kind: str, payload: dict[str, Any]) -> tuple[bytes, str]:
    """The body and its content type: events as JSON, commands as fields, clicks in one field."""
    if kind == "events_api":
        return json.dumps(payload).encode(), JSON
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(fields).encode(), FORM


def address(app: App, envelope: Envelope) -> str:
    """Where this goes; "" when the app takes it by Socket Mode."""
    if envelope.kind == "events_api":
        return app.addresses.events
    if envelope.payload.get("type") == "block_suggestion":
        return app.addresses.options
    commands = envelope.kind == "slash_commands"
    return app.addresses.commands if commands else app.addresses.interactivity


class _Refused(Exception):
    """An attempt that failed: the reason in Slack's word, and whether to try again."""

    def __init__(self, reason: str, *, again: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again


class Posting:
    def __init__(self, workspace: Workspace, options: Options, log: Log) -> None:
        self.workspace = workspace
        self.options = options
        self.log = log
        self._up = asyncio.Event()
        self._up.set()
        self._http: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def set_down(self, down: bool) -> None:
        """While Slack is down nothing leaves; events wait."""
        (self._up.clear if down else self._up.set)()

    async def close(self) -> None:
        """End with the server."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.close()

    def carry(self, envelope: Envelope) -> None:
        """Deliver in the background, events with their retries."""
        self._spawn(self._carry(envelope))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, envelope: Envelope) -> None:
        pauses = self.options.http_retries if envelope.kind == "events_api" else ()
        for pause in (0.0, *pauses):
            await asyncio.sleep(pause)
            await self._up.wait()
            if self.workspace.now() - envelope.made > self.options.too_late_seconds:
                envelope.reason = "too_late"
                break
            try:
                await self._attempt(envelope)
                return
            except _Refused as refused:
                envelope.reason = refused.reason
                if not refused.again:
                    break
        self.log.settle(envelope, "lost")

    async def ask(self, envelope: Envelope) -> dict[str, Any]:
        """Deliver once; the answer's JSON, or its text as {"text": ...}, {} when it is empty.

        Raises SlackError "operation_timeout" (no answer in time) or "dispatch_failed" (all else).
        """
        try:
            if not self._up.is_set():
                raise _Refused("connection_failed")
            text = await self._attempt(envelope)
        except _Refused as refused:
            envelope.reason = refused.reason
            self.log.settle(envelope, "lost")
            late = refused.reason == "http_timeout"
            raise SlackError("operation_timeout" if late else "dispatch_failed") from None
        envelope.answer = _answer(text) if envelope.accepts else None
        return envelope.answer or {}

    async def verify(self, app: App, url: str) -> None:
        """Ask the address for the challenge, as Slack does before it sends events there.

        Raises SlackError url_verification_failed with the reason.
        """
        challenge = secrets.token_hex(20)
        body = {
            "token": app.verification_token,
            "challenge": challenge,
            "type": "url_verification",
        }
        try:
            text = await self._send(app, url, json.dumps(body).encode(), {"Content-Type": JSON})
        except _Refused as refused:
            raise SlackError("url_verification_failed", reason=refused.reason) from None
        if text.strip() != challenge and _fields(text).get("challenge") != challenge:
            raise SlackError("url_verification_failed", reason="wrong challenge")

    async def _attempt(self, envelope: Envelope) -> str:
        app = self.workspace.apps[envelope.app_id]
        body, content_type = encoded(envelope.kind, envelope.payload)
        headers = {"Content-Type": content_type}
        if envelope.kind == "events_api" and envelope.attempts:
            headers["X-Slack-Retry-Num"] = str(envelope.attempts)
            headers["X-Slack-Retry-Reason"] = envelope.reason or "http_timeout"
        envelope.attempts += 1
        envelope.sent_at = self.workspace.now()
        self.log.settle(envelope, "sent")
        text = await self._send(app, address(app, envelope), body, headers)
        self.log.settle(envelope, "acked")
        return text

    async def _send(self, app: App, url: str, body: bytes, headers: dict[str, str]) -> str:
        if self._http is None:
            self._http = aiohttp.ClientSession(headers={"User-Agent": AGENT, "Accept": "*/*"})
        headers = headers | signed(app.signing_secret, body, int(self.workspace.clock()))
        try:
            async with (
                asyncio.timeout(self.options.ack_seconds),
                self._http.post(
                    url, data=body, headers=headers, max_redirects=REDIRECTS + 1
                ) as answer,
            ):
                text = await answer.text(errors="replace")
        except TimeoutError:
            raise _Refused("http_timeout") from None
        except aiohttp.TooManyRedirects:
            raise _Refused("too_many_redirects") from None
        except (aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch):
            raise _Refused("ssl_error") from None
        except (aiohttp.ClientConnectionError, ConnectionError):
            raise _Refused("connection_failed") from None
        except aiohttp.ClientError:
            raise _Refused("unknown_error") from None
        if not 200 <= answer.status < 300:
            stop = answer.headers.get("X-Slack-No-Retry") == "1"
            raise _Refused("http_error", again=not stop)
        return text


def _fields(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        found = dict(part.split("=", 1) for part in text.strip().split("&") if "=" in part)
    return found if isinstance(found, dict) else {}


def _answer(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        found = text
    return found if isinstance(found, dict) else {"text": text} if text.strip() else {}
