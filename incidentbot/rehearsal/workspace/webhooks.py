"""Incoming webhooks: POST /services/{team}/{app}/{key}, answered in plain text as Slack does."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import Any

from aiohttp import web

from .errors import SlackError
from .gate import Answer
from .hub import Hub
from .responding import draft_of

STATUS = {
    "invalid_payload": 400,
    "invalid_blocks": 400,
    "invalid_blocks_format": 400,
    "no_text": 400,
    "no_service": 404,
    "channel_not_found": 404,
    "channel_is_archived": 410,
    "action_prohibited": 403,
}


class Webhooks:
    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._channels: dict[str, str] = {}  # path -> channel id

    def new(self, channel: str) -> str:
        """The address of a fresh webhook of the app into a channel."""
        ws = self.hub.workspace
        ws.visible(channel, ws.app.bot_user_id)
        path = f"services/{ws.team.id}/{ws.app.bot_id}/{secrets.token_hex(12)}"
        self._channels[path] = channel
        return f"{ws.team.url}{path}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One message: JSON, or a form's field `payload` with JSON in it."""
        path = request.path.lstrip("/")
        text = await request.text()
        if request.content_type == "application/x-www-form-urlencoded":
            text = str((await request.post()).get("payload", ""))

        def apply() -> Answer:
            try:
                self._post(path, text)
            except SlackError as error:
                if error.code == "ratelimited":
                    wait = {"Retry-After": str(error.extra["retry_after"])}
                    return Answer("rate_limited", 429, wait)
                return Answer(error.code, STATUS.get(error.code, 400))
            return Answer("ok")

        channel = self._channels.get(path, "")
        return await self.hub.gate.through(
            request, "webhook", {"channel": channel, "body": text}, apply
        )

    def _post(self, path: str, text: str) -> None:
        ws = self.hub.workspace
        channel = self._channels.get(path)
        if channel is None or ws.app.is_revoked:
            raise SlackError("no_service")
        body = _body(text)
        if channel not in ws.channels:
            raise SlackError("channel_not_found")
        if ws.channels[channel].is_archived:
            raise SlackError("channel_is_archived")
        self.hub.limiter.check(ws.app.app_id, "chat.postMessage", 0, channel)
        draft = replace(draft_of(body, body.get("thread_ts")), subtype="bot_message")
        ws.post_message(ws.app.bot_user_id, channel, draft, may_post_outside=True)


def _body(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except json.JSONDecodeError:
        raise SlackError("invalid_payload") from None
    if not isinstance(body, dict):
        raise SlackError("invalid_payload")
    return body
