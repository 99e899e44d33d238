"""Slack over HTTP: the raw request to bolt (which checks the signature) and its answer back."""

import logging
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_internals import build_async_context

log = logging.getLogger(__name__)

FORM = "application/x-www-form-urlencoded"


async def handle(app: AsyncApp, request: web.Request) -> web.Response:
    """One delivery of Slack: an event, a slash command, an interaction or a look at the door.

    200 is "kept"; 401 not signed by Slack; 500 not kept: Slack brings events again.
    """
    if request.method == "GET":
        # Slack looks now and then whether our certificate is good, and says nothing else.
        return web.Response(status=200 if request.query.get("ssl_check") == "1" else 405)
    # What is not UTF-8 was not signed by Slack, and fails that check as it is.
    raw = (await request.read()).decode("utf-8", errors="replace")
    made = AsyncBoltRequest(
        body=raw, query=request.query_string, headers=dict(request.headers.items())
    )
    if request.content_type == FORM:
        _mend(made, raw)
    answer = await app.async_dispatch(made)
    if answer.status == 404:
        # Signed by Slack, and of a kind that nobody here knows: again would be no better.
        log.warning("slack: something came that is not understood: %s", answer.body)
        return web.Response()
    return await to_aiohttp_response(answer)


def _mend(made: AsyncBoltRequest, raw: str) -> None:
    # bolt takes any form with the word "payload" in it for an interaction, and loses the rest:
    # a slash command about a payload would be answered with "unknown command".
    fields = dict(parse_qsl(raw, keep_blank_values=True))
    if "payload" not in fields and not made.body:
        made.body = fields
        made.context = build_async_context(AsyncBoltContext({}), fields)
