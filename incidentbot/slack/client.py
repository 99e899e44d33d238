"""One Slack Web API client: no retries of its own, because a repeated POST is a doubled message."""

from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

TIMEOUT = 10  # seconds; Slack answers in well under one, and a hung call blocks its lane


class SlackClient:
    """`call` any method by name. Raises what the SDK raises; `classify` tells what it means."""

    def __init__(self, base_url: str, token: str) -> None:
        self.web = AsyncWebClient(
            token=token, base_url=base_url, timeout=TIMEOUT, retry_handlers=[]
        )
        self.web.proxy = None  # a proxy from the environment would hide a server on this machine
        self._me: dict[str, Any] | None = None

    async def call(self, method: str, args: dict[str, Any]) -> dict[str, Any]:
        response = await self.web.api_call(method, **_encoding(method, args))
        data = response.data
        if not isinstance(data, dict):
            raise ValueError(f"{method}: the answer is not a JSON object")
        return data

    async def respond(self, url: str, message: dict[str, Any]) -> dict[str, Any]:
        """Post to a response_url: five times in half an hour, wherever the bot is or is not."""
        webhook = AsyncWebhookClient(url, timeout=TIMEOUT, retry_handlers=[])
        webhook.proxy = None
        answer = await webhook.send_dict(message)
        if answer.status_code != 200:
            raise SlackApiError("The response_url refused", answer)  # type: ignore[no-untyped-call]
        return {}

    async def me(self) -> dict[str, Any]:
        """auth.test, asked once: user_id, bot_id, team_id, url."""
        if self._me is None:
            self._me = await self.call("auth.test", {})
        return self._me


def _encoding(method: str, args: dict[str, Any]) -> dict[str, Any]:
    # Slack takes JSON bodies for writing methods; the reading ones want form fields.
    if method.startswith(("chat.", "views.")) and method != "chat.getPermalink":
        return {"json": args}
    return {"data": {k: _form(v) for k, v in args.items() if v is not None}}


def _form(value: Any) -> Any:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    return value
