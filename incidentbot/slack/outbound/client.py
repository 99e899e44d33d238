"""One Slack Web API client: no retries of its own, because a repeated POST is a doubled message.

Its connections are kept open, every call counts against the budget, and what each answer says
about the line to Slack is remembered in `reach`.
"""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from incidentbot import clock
from incidentbot.slack.outbound.budget import Budget
from incidentbot.slack.outbound.classify import (
    NO_ANSWER,
    OK,
    RATE_LIMITED,
    UNSAID,
    Kind,
    Outcome,
    TokenRefused,
    classify,
)
from incidentbot.slack.outbound.reach import Reach

TIMEOUT = 10.0  # seconds; Slack answers in well under one, and a hung call blocks its lane
IDLE = 75.0  # seconds that an idle connection is kept; `Deliverer` uses it more often than that
CONNECTIONS = 64
# What a token of a whole organisation is not answered without `team_id`; Slack passes it over where
# the token is of one workspace.
OF_A_TEAM = (
    "bots.info",
    "conversations.create",
    "conversations.list",
    "usergroups.list",
    "users.list",
)


class SlackClient:
    """`call` any method by name. Raises what the SDK raises; `classify` tells what it means."""

    def __init__(
        self,
        base_url: str,
        token: str,
        timeout: float = TIMEOUT,
        budget: Budget | None = None,
        reach: Reach | None = None,
        unsaid: float = UNSAID,
        team: str | None = None,
    ) -> None:
        """`timeout` and `unsaid` (how long a limit lasts that does not say so) are seconds. `team`
        is the workspace that a token of a whole organisation is used in."""
        self.budget = budget or Budget()
        self.reach = reach or Reach()
        self._unsaid = unsaid
        self.team = team or ""
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self.web = AsyncWebClient(
            token=token, base_url=base_url, timeout=max(1, round(timeout)), retry_handlers=[]
        )
        self.web.proxy = None  # a proxy from the environment would hide a server on this machine
        self._me: dict[str, Any] | None = None

    async def call(self, method: str, args: dict[str, Any]) -> dict[str, Any]:
        """One call at once. Raises TokenRefused, and asks nobody, while Slack refuses our token."""
        self.budget.take(method, _channel(args), clock.monotonic())
        return await self.send(method, args)

    async def paced(self, method: str, args: dict[str, Any]) -> dict[str, Any]:
        """One call as soon as there is room for it."""
        while True:
            pause = self.budget.wait(method, _channel(args), clock.monotonic())
            if pause <= 0:
                break
            await asyncio.sleep(pause)
        return await self.call(method, args)

    async def send(self, method: str, args: dict[str, Any]) -> dict[str, Any]:
        """The same for one that was counted before."""
        if self.reach.refuses(clock.monotonic()):
            raise TokenRefused(self.reach.code)
        return await self._ask(method, args)

    async def probe(self) -> bool:
        """Ask Slack who we are, whatever we know of the line; True when it answers well."""
        try:
            self._me = await self._ask("auth.test", {})
        except (SlackApiError, *NO_ANSWER):
            return False
        return True

    async def respond(self, url: str, message: dict[str, Any]) -> dict[str, Any]:
        """Post to a response_url: five times in half an hour, wherever the bot is or is not."""
        webhook = AsyncWebhookClient(url, retry_handlers=[], session=self._session())
        webhook.proxy = None
        answer = await webhook.send_dict(message)
        refused = _refused(answer.status_code, answer.headers, answer.body)
        if answer.status_code != 200 or refused is not None:
            raise SlackApiError(  # type: ignore[no-untyped-call]
                "The response_url refused", refused or answer
            )
        if "ok" not in answer.body:
            raise ValueError("the response_url did not answer like Slack")
        return {}

    def meaning(self, error: BaseException, method: str = "") -> Outcome:
        """What an exception of ours means."""
        return classify(error, method, self._unsaid)

    async def me(self) -> dict[str, Any]:
        """auth.test, asked once: user_id, bot_id, team_id, url. Of a token of a whole organisation
        `team_id` may be that of the organisation."""
        if self._me is None:
            self._me = await self.call("auth.test", {})
        return self._me

    def known_me(self) -> dict[str, Any]:
        """The same as `me` without asking; empty while Slack has not told."""
        return self._me or {}

    @property
    def user_id(self) -> str:
        """The bot's own id, once Slack has told it; else empty."""
        return str((self._me or {}).get("user_id") or "")

    async def aclose(self) -> None:
        """Let the connections go."""
        if self.web.session is not None:
            await self.web.session.close()

    async def _ask(self, method: str, args: dict[str, Any]) -> dict[str, Any]:
        self._session()
        args = with_team(method, args, self.team)
        try:
            response = await self.web.api_call(method, **_encoding(method, args))
            data = response.data
            if not isinstance(data, dict):
                raise ValueError(f"{method}: the answer is not a JSON object")
        except (SlackApiError, *NO_ANSWER) as error:
            self._learn(method, _channel(args), self.meaning(error, method))
            raise
        self._learn(method, _channel(args), OK)
        return data

    def _learn(self, method: str, channel: str, outcome: Outcome) -> None:
        now = clock.monotonic()
        if outcome.kind is Kind.LATER and outcome.code == RATE_LIMITED:
            everywhere = bool(outcome.detail)
            self.budget.hold(method, channel, outcome.wait, now, everywhere=everywhere)
        self.reach.note(outcome, now, clock.now())

    def _session(self) -> aiohttp.ClientSession:
        if self.web.session is None or self.web.session.closed:
            connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=IDLE)
            self.web.session = aiohttp.ClientSession(
                connector=connector, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self.web.session


def with_team(method: str, args: dict[str, Any], team: str | None) -> dict[str, Any]:
    """The arguments, with the workspace where the method wants one."""
    return {"team_id": team} | args if team and method in OF_A_TEAM else args


def _refused(status: int, headers: dict[str, Any], body: str) -> SimpleNamespace | None:
    """A refusal in JSON, in the shape of the Web API's; None when it is none."""
    try:
        data = json.loads(body)
    except ValueError:
        return None
    if not isinstance(data, dict) or data.get("ok") is not False:
        return None
    return SimpleNamespace(status_code=status, headers=headers, data=data)


def _channel(args: dict[str, Any]) -> str:
    return str(args.get("channel") or args.get("channel_id") or "")


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
