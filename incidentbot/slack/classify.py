"""What an answer of Slack, or the lack of one, means for the call. Pure.

Four kinds (slack.md 4.3): try again later, in doubt (it may have happened), done all the same,
and final. A code that nobody foresaw is final: repeating what we do not understand helps nobody.
"""

import asyncio
from dataclasses import dataclass
from enum import Enum
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError


class Kind(Enum):
    LATER = "later"
    IN_DOUBT = "in doubt"
    DONE = "done"
    FINAL = "final"
    DEAD = "dead"  # the token is no good: nothing will work until a person acts


@dataclass(frozen=True, slots=True)
class Outcome:
    """`wait` is in seconds, for LATER and IN_DOUBT; `code` is Slack's own word for it."""

    kind: Kind
    code: str
    wait: float = 0.0
    detail: str = ""


LIMITED = {"ratelimited", "rate_limited", "message_limit_exceeded", "too_many_requests"}
DOUBTFUL = {"fatal_error", "internal_error", "request_timeout", "update_failed"}
LATER = {"service_unavailable", "team_added_to_org", "org_login_required"}
DONE = {
    "already_in_channel",
    "already_archived",
    "not_archived",
    "already_pinned",
    "no_pin",
    "not_pinned",
    "already_reacted",
    "no_reaction",
}
DEAD = {
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "access_denied",
    "team_access_not_granted",
}
NO_ANSWER = (
    asyncio.TimeoutError,
    OSError,
    aiohttp.ClientError,
    SlackClientError,
    ValueError,  # a body that is not JSON
)


def classify(error: BaseException) -> Outcome:
    """The meaning of an exception that the Slack client raised."""
    if isinstance(error, SlackApiError):
        return _answered(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return Outcome(Kind.LATER, "unreachable", 2.0, str(error))
    return Outcome(Kind.IN_DOUBT, "no_answer", 2.0, f"{type(error).__name__}: {error}")


def _answered(error: SlackApiError) -> Outcome:
    response: Any = error.response
    status = getattr(response, "status_code", getattr(response, "status", 0)) or 0
    data = getattr(response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    detail = _detail(data) if isinstance(data, dict) else ""
    if status == 429 or code in LIMITED:
        return Outcome(Kind.LATER, "ratelimited", _retry_after(response))
    if code in DONE:
        return Outcome(Kind.DONE, code)
    if code in DEAD:
        return Outcome(Kind.DEAD, code)
    if code in LATER:
        return Outcome(Kind.LATER, code, 5.0)
    if 400 <= status < 500:
        return Outcome(Kind.FINAL, code or f"http_{status}", detail=detail)
    if code in DOUBTFUL or status >= 500 or not code or " " in code:
        return Outcome(Kind.IN_DOUBT, code or f"http_{status}", 2.0)
    return Outcome(Kind.FINAL, code, detail=detail)


def _retry_after(response: Any) -> float:
    headers = {k.lower(): v for k, v in dict(getattr(response, "headers", {}) or {}).items()}
    try:
        return max(1.0, float(headers.get("retry-after", 30)))
    except ValueError:
        return 30.0


def _detail(data: dict[str, Any]) -> str:
    parts = [f"needs the scope {data['needed']}"] if data.get("needed") else []
    messages = (data.get("response_metadata") or {}).get("messages") or []
    return "; ".join(parts + [str(message) for message in messages])[:500]
