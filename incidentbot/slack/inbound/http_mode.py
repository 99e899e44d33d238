"""Slack over HTTP: the signature first, then the request to bolt and its answer back."""

import logging
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_internals import build_async_context
from slack_sdk.signature import SignatureVerifier

log = logging.getLogger(__name__)

FORM = "application/x-www-form-urlencoded"


class Endpoint:
    """`handle` answers one delivery: an event, a slash command, an interaction, a look at the door.

    200 is "kept"; 401 not signed by Slack in the last five minutes; 500 not kept, and then Slack
    brings events again.
    """

    def __init__(self, app: AsyncApp, signing_secret: str) -> None:
        self._app = app
        self._signed = SignatureVerifier(signing_secret)

    async def handle(self, request: web.Request) -> web.Response:
        if request.method == "GET":
            # Slack looks now and then whether our certificate is good, and says nothing else.
            return web.Response(status=200 if request.query.get("ssl_check") == "1" else 405)
        body = await request.read()
        headers: dict[str, str | Sequence[str]] = dict(request.headers.items())
        if body.startswith(b"ssl_check=1&"):
            return web.Response()
        # Before a byte of it is understood: bolt reads first and looks at the signature then.
        if not self._is_signed(body, request.headers):
            return web.json_response({"error": "invalid request"}, status=401)
        raw = body.decode("utf-8")
        made = AsyncBoltRequest(body=raw, query=request.query_string, headers=headers)
        if request.content_type == FORM:
            _mend(made, raw)
        answer = await self._app.async_dispatch(made)
        if answer.status == 404:
            # Of a kind that nobody here knows: again would be no better.
            log.warning("slack: something came that is not understood: %s", answer.body)
            return web.Response()
        return await to_aiohttp_response(answer)

    def _is_signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        try:
            return self._signed.is_valid_request(body, dict(headers))
        except (ValueError, TypeError):
            return False  # no text, no number or no ASCII where Slack sends these


def _mend(made: AsyncBoltRequest, raw: str) -> None:
    # bolt takes any form with the word "payload" in it for an interaction, and loses the rest:
    # a slash command about a payload would be answered with "unknown command".
    fields = dict(parse_qsl(raw, keep_blank_values=True))
    if "payload" not in fields and not made.body:
        made.body = fields
        made.context = build_async_context(AsyncBoltContext({}), fields)
