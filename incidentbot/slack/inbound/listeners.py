"""The way in: bolt checks who calls, the inbox keeps what they sent, and only then it is acked.

No listener does work. Catch-alls come last, because an unanswered request is delivered again.
"""

import logging
import re
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from incidentbot.errors import ConfigError
from incidentbot.settings import SlackAccess
from incidentbot.slack.gestures import gesture, table
from incidentbot.slack.inbound.inbox import Inbox

EVERYTHING = re.compile(".*")


def make_app(access: SlackAccess, inbox: Inbox) -> AsyncApp:
    """The bolt app. It starts, and survives, without Slack: nothing is asked at the beginning."""

    async def authorize(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id=None, bot_token=access.bot_token.get_secret_value()
        )

    client = AsyncWebClient(base_url=access.api_url, retry_handlers=[])  # token: see authorize
    client.proxy = None
    secret = access.signing_secret.get_secret_value() if access.signing_secret else None
    if access.mode == "http" and not secret:
        raise ConfigError("SLACK_SIGNING_SECRET is needed where there is no SLACK_APP_TOKEN")
    app = AsyncApp(
        client=client,
        logger=logging.getLogger("slack_bolt"),  # else bolt's loggers set their own level
        signing_secret=secret,
        authorize=authorize,
        request_verification_enabled=access.mode == "http",
        attaching_conversation_kwargs_enabled=False,
        # Else bolt acks an event first and keeps it afterwards: one that cannot be kept is lost.
        process_before_response=True,
    )
    _listen(app, inbox)
    return app


def _listen(app: AsyncApp, inbox: Inbox) -> None:
    async def command(ack: AsyncAck, body: dict[str, Any]) -> None:
        await inbox.put("command", body)
        await ack()

    async def click(ack: AsyncAck, body: dict[str, Any]) -> None:
        if _ours(body["actions"][0].get("action_id", "")):
            await inbox.put("click", body)
        await ack()

    async def submit(ack: AsyncAck, body: dict[str, Any]) -> None:
        view = body["view"]
        wrong = table.faults(view, gesture.values_of(view))
        if wrong:
            await ack(response_action="errors", errors=wrong)
            return
        await inbox.put("submit", body)
        await ack()

    async def shortcut(ack: AsyncAck, body: dict[str, Any]) -> None:
        await inbox.put("shortcut", body)
        await ack()

    async def event(ack: AsyncAck, body: dict[str, Any]) -> None:
        if table.wanted(body.get("event") or {}):
            await inbox.put("event", body)
        await ack()

    async def seen(ack: AsyncAck) -> None:
        await ack()

    app.command(EVERYTHING)(command)
    app.action(EVERYTHING)(click)
    app.view_submission(EVERYTHING)(submit)
    app.view_closed(EVERYTHING)(seen)
    app.shortcut(EVERYTHING)(shortcut)
    app.options(EVERYTHING)(seen)
    app.event(EVERYTHING)(event)


def _ours(action_id: str) -> bool:
    """A link is pressed too, and so is a choice that only the form's end will tell of."""
    name = action_id.partition(":")[0]
    return name == "verb" or "." in name
