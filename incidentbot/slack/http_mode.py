"""Slack over HTTP: the raw request to bolt (which checks the signature) and its answer back."""

from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_internals import build_async_context

FORM = "application/x-www-form-urlencoded"


async def handle(app: AsyncApp, request: web.Request) -> web.Response:
    """One delivery of Slack: an event, a slash command or an interaction."""
    raw = (await request.read()).decode("utf-8")
    made = AsyncBoltRequest(
        body=raw, query=request.query_string, headers=dict(request.headers.items())
    )
    if request.content_type == FORM:
        _mend(made, raw)
    return await to_aiohttp_response(await app.async_dispatch(made))


def _mend(made: AsyncBoltRequest, raw: str) -> None:
    # bolt takes any form with the word "payload" in it for an interaction, and loses the rest:
    # a slash command about a payload would be answered with "unknown command".
    fields = dict(parse_qsl(raw, keep_blank_values=True))
    if "payload" not in fields and not made.body:
        made.body = fields
        made.context = build_async_context(AsyncBoltContext({}), fields)
