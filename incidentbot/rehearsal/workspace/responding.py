"""How an app answers: the ack of a slash command, and response_url."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from .blocks import check_blocks
from .errors import SlackError
from .gate import Answer
from .hub import Hub
from .state import App, Draft, Workspace
from .tickets import ResponseUrl


def draft_of(body: dict[str, Any], thread_ts: str | None = None) -> Draft:
    """The content of a response or a webhook; its blocks checked."""
    blocks = body.get("blocks") or None
    if blocks is not None:
        check_blocks(blocks)
    text = body.get("text")
    return Draft(
        text=str(text) if text is not None else None,
        blocks=blocks,
        attachments=body.get("attachments") or None,
        metadata=body.get("metadata") or None,
        thread_ts=thread_ts,
    )


def answer_slash(ws: Workspace, app: App, user: str, channel: str, body: dict[str, Any]) -> None:
    """Show what came with the ack of a slash command; nothing shows nothing."""
    if not (body.get("text") or body.get("blocks") or body.get("attachments")):
        return
    _show(ws, app, user, channel, body, None)


def _show(
    ws: Workspace,
    app: App,
    user: str,
    channel: str,
    body: dict[str, Any],
    thread_ts: str | None,
) -> None:
    draft = draft_of(body, thread_ts)
    if body.get("response_type") == "in_channel":
        ws.post_message(app.bot_user_id, channel, draft, may_post_outside=True)
    else:
        ws.post_ephemeral(app.bot_user_id, channel, user, draft, outside=True)


def respond(ws: Workspace, app: App, grant: ResponseUrl, body: dict[str, Any]) -> None:
    """One use of a response_url."""
    original = grant.message_ts
    if original and body.get("delete_original"):
        if grant.is_ephemeral:
            ws.dismiss_ephemeral(grant.user, grant.channel, original)
        else:
            ws.delete_message(app.bot_user_id, grant.channel, original)
    elif original and body.get("replace_original"):
        draft = draft_of(body)
        if grant.is_ephemeral:
            ws.update_ephemeral(grant.user, grant.channel, original, draft)
        else:
            draft.check()
            whole = Draft(
                draft.text or "", draft.blocks or [], draft.attachments or [], draft.metadata
            )
            ws.update_message(app.bot_user_id, grant.channel, original, whole)
    else:
        thread_ts = body.get("thread_ts") or None
        _show(ws, app, grant.user, grant.channel, body, thread_ts)


class ResponseRoute:
    """POST /response/{key}: plain text, and HTTP 404 when it is used up or too old."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def handle(self, request: web.Request) -> web.StreamResponse:
        key = request.match_info["key"]
        text = await request.text()

        def apply() -> Answer:
            try:
                grant = self.hub.response_urls.find(key)
            except SlackError as error:
                return Answer(error.body(), 404)
            try:
                body = json.loads(text)
            except json.JSONDecodeError:
                return Answer("invalid_payload", 400)
            if not isinstance(body, dict):
                return Answer("invalid_payload", 400)
            grant.uses += 1
            app = self.hub.workspace.apps[grant.app_id]
            try:
                respond(self.hub.workspace, app, grant, body)
            except SlackError as error:
                return Answer(error.code, 404 if error.code == "message_not_found" else 400)
            return Answer("ok")

        return await self.hub.gate.through(request, "response_url", {"body": text}, apply)
