"""Socket Mode that keeps trying: Slack may be away when we start, and go silent later."""

import asyncio
import logging
from functools import partial

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from incidentbot.slack.classify import NO_ANSWER

log = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0


class Socket:
    """`run` holds the connection for ever; `connected` tells whether it stands."""

    def __init__(self, app: AsyncApp, app_token: str, base_url: str) -> None:
        client = AsyncWebClient(token=app_token, base_url=base_url, retry_handlers=[])
        client.proxy = None
        self._make = partial(
            AsyncSocketModeHandler, app, app_token, web_client=client, ping_interval=5
        )
        self._handler: AsyncSocketModeHandler | None = None

    async def run(self) -> None:
        self._handler = handler = self._make()  # holds a session, so only what is run has one
        handler.client.proxy = None
        pause = 0.5
        try:
            while True:
                try:
                    await handler.connect_async()  # type: ignore[no-untyped-call]
                    break
                except (SlackApiError, *NO_ANSWER) as error:
                    log.warning("slack: no socket yet (%s); again in %.0f s", error, pause)
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)
            log.info("slack: socket connected")
            await asyncio.Event().wait()  # from here on the handler reconnects by itself
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]

    async def connected(self) -> bool:
        return self._handler is not None and bool(await self._handler.client.is_connected())
