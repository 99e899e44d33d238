"""Slack as the examinations ask it: each question once, and every answer a value."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from slack_sdk.errors import SlackApiError

from incidentbot import clock
from incidentbot.slack.outbound.classify import NO_ANSWER, Kind, classify
from incidentbot.slack.outbound.client import SlackClient, with_team

PATIENCE = 6.0  # seconds for one call
MOST_PAGES = 10  # of 1,000 rows: beyond it Slack would make us wait, and a person is waiting


@dataclass(frozen=True, slots=True)
class Reply:
    """`code` is Slack's word for a refusal, `no_answer` when nothing came, empty when it is fine.

    `late` marks what may go better by itself later; `dead`: the token is no good. `at`: when.
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    words: str = ""
    late: bool = False
    dead: bool = False
    at: datetime | None = None

    @property
    def fine(self) -> bool:
        return not self.code

    @property
    def scopes(self) -> frozenset[str]:
        """What the token was granted, as Slack says in the header of every answer."""
        text = self.headers.get("x-oauth-scopes", "")
        return frozenset(part.strip() for part in text.split(",") if part.strip())

    @property
    def skew(self) -> float | None:
        """Seconds that our clock is ahead of Slack's; None where its answer bears no date."""
        try:
            theirs = parsedate_to_datetime(self.headers.get("date", ""))
        except ValueError:
            return None
        if self.at is None or theirs.tzinfo is None:
            return None
        return (self.at - theirs).total_seconds()


class Workspace:
    """`tokens` by the name of their variable. Methods never raise what Slack refuses."""

    def __init__(self, url: str, tokens: Mapping[str, str], team: str | None = None) -> None:
        self.url = url
        self.team = team  # see `SlackClient`
        self._tokens = tokens
        self._me: asyncio.Task[Reply] | None = None

    async def me(self) -> Reply:
        """auth.test of the bot token, asked once."""
        if self._me is None:
            self._me = asyncio.ensure_future(self.call("auth.test"))
        return await asyncio.shield(self._me)

    async def call(self, method: str, token: str = "SLACK_BOT_TOKEN", **args: Any) -> Reply:
        """One call with the token of that variable."""
        client = SlackClient(self.url, self._tokens[token])
        args = with_team(method, args, self.team)
        try:
            async with asyncio.timeout(PATIENCE):
                answer: Any = await client.web.api_call(method, data=args)
        except (SlackApiError, *NO_ANSWER) as error:
            return _refusal(error)
        if not isinstance(answer.data, dict):
            return Reply(code="no_answer", words="what came is no answer of Slack", late=True)
        return Reply(answer.data, _lower(answer.headers), at=clock.now())

    async def pages(self, method: str, field_: str, **args: str) -> tuple[Reply, list[Any], bool]:
        """(the last reply, all rows, whether that is all there is)."""
        rows: list[Any] = []
        cursor = ""
        for _ in range(MOST_PAGES):
            more = {"cursor": cursor} if cursor else {}
            reply = await self.call(method, limit="1000", **args, **more)
            if not reply.fine:
                return reply, rows, False
            rows += reply.data.get(field_, [])
            cursor = (reply.data.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return reply, rows, True
        return reply, rows, False


def _refusal(error: BaseException) -> Reply:
    outcome = classify(error)
    headers: Mapping[str, str] = {}
    if isinstance(error, SlackApiError):
        headers = _lower(getattr(error.response, "headers", {}) or {})
    words = f"{outcome.code} ({outcome.detail})" if outcome.detail else outcome.code
    if outcome.code in ("no_answer", "unreachable"):
        words = "no answer came in time" if isinstance(error, TimeoutError) else str(error)
    late = outcome.kind in (Kind.LATER, Kind.IN_DOUBT)
    return Reply(
        headers=headers,
        code=outcome.code or "no_answer",
        words=words or type(error).__name__,
        late=late,
        dead=outcome.kind is Kind.DEAD,
        at=clock.now() if headers else None,
    )


def _lower(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name.lower(): str(value) for name, value in headers.items()}
