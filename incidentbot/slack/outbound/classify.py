"""What an answer of Slack, or the lack of one, means for the call. Pure.

The kinds are those of Slack's documents: try again later, in doubt (it may have happened), done
all the same, something else must be done first, not allowed here (a setting of Slack), our own
fault, and final. A code that nobody foresaw is final: repeating what we do not understand helps
nobody.
"""

import asyncio
import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError


class Kind(Enum):
    LATER = "later"  # surely not done; the same again after `wait`
    IN_DOUBT = "in doubt"  # perhaps done: look, where a repeat would be seen twice
    DONE = "done"
    INSTEAD = "instead"  # another call comes first; final where there is none
    FORBIDDEN = "forbidden"  # a scope or a setting of Slack: a person has to change it
    OURS = "ours"  # we sent what Slack does not take; never the same again
    FINAL = "final"
    DEAD = "dead"  # the token is no good: nothing will work until a person acts


@dataclass(frozen=True, slots=True)
class Outcome:
    """`wait` is in seconds, for LATER and IN_DOUBT; `code` is Slack's own word for it."""

    kind: Kind
    code: str
    wait: float = 0.0
    detail: str = ""


class TokenRefused(SlackClientError):
    """Slack refused our token a moment ago, so it was not asked again; `code` is what it said."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the bot token is refused ({code})")
        self.code = code


OK = Outcome(Kind.DONE, "ok")
RATE_LIMITED = "ratelimited"  # whichever of the four words, or none, it came with
UNREACHABLE = "unreachable"
NO_ANSWER_CODE = "no_answer"

LIMITED = {"ratelimited", "rate_limited", "message_limit_exceeded", "too_many_requests"}
DOUBTFUL = {"fatal_error", "internal_error", "request_timeout", "update_failed"}
SOON = {"service_unavailable"}
MUCH_LATER = {
    "external_channel_migrating",
    "org_login_required",
    "streaming_state_conflict",
    "team_added_to_org",
}
DONE = {
    "already_archived",
    "already_in_channel",
    "already_pinned",
    "already_reacted",
    "channel_canvas_already_exists",
    "no_pin",
    "no_reaction",
    "not_archived",
    "not_pinned",
}
# What is there no more need not be removed.
DONE_FOR = {("chat.delete", "message_not_found"), ("bookmarks.remove", "not_found")}
INSTEAD = {
    "cant_update_message",
    "channel_not_found",
    "edit_window_closed",
    "expired_trigger_id",
    "hash_conflict",
    "is_archived",
    "is_inactive",
    "message_not_found",
    "name_taken",
    "not_in_channel",
    "thread_not_found",
    "user_not_in_channel",
}
FORBIDDEN = {
    "accesslimited",
    "cannot_create_channel",
    "ekm_access_denied",
    "enterprise_is_restricted",
    "messages_tab_disabled",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authorized",
    "paid_teams_only",
    "permission_denied",
    "plan_upgrade_required",
    "posting_to_channel_denied",
    "two_factor_setup_required",
}
FORBIDDEN_AS = ("canvas_disabled_", "file_uploads_", "restricted_action", "slack_connect_")
OURS = {
    "block_mismatch",
    "invalid_arg_name",
    "invalid_arguments",
    "invalid_array_arg",
    "invalid_attachments",
    "invalid_charset",
    "invalid_form_data",
    "invalid_json",
    "invalid_post_type",
    "json_not_object",
    "markdown_text_conflict",
    "metadata_too_large",
    "missing_argument",
    "missing_post_type",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
    "too_long",
    "too_many_attachments",
    "view_too_large",
}
OURS_AS = ("invalid_blocks", "invalid_metadata_", "invalid_name")
DEAD = {
    "access_denied",
    "account_inactive",
    "invalid_auth",
    "not_authed",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
}
NO_ANSWER = (
    asyncio.TimeoutError,
    OSError,
    aiohttp.ClientError,
    SlackClientError,
    ValueError,  # a body that is not JSON
)
UNSAID = 30.0  # seconds: a limit that does not say how long
LONGEST = 3600.0
MINUTES = 120.0


def classify(error: BaseException, method: str = "", unsaid: float = UNSAID) -> Outcome:
    """The meaning of an exception that the Slack client raised."""
    if isinstance(error, SlackApiError):
        return _answered(error, method, unsaid)
    if isinstance(error, TokenRefused):
        return Outcome(Kind.DEAD, error.code)
    if isinstance(error, aiohttp.ClientConnectorError):
        return Outcome(Kind.LATER, UNREACHABLE, 1.0, str(error))
    return Outcome(Kind.IN_DOUBT, NO_ANSWER_CODE, 1.0, f"{type(error).__name__}: {error}")


def unheard(outcome: Outcome) -> bool:
    """Whether this was no answer of Slack at all: nothing, or a page of whatever stands before."""
    return outcome.code in (UNREACHABLE, NO_ANSWER_CODE) or outcome.code.startswith("http_")


def _answered(error: SlackApiError, method: str, unsaid: float) -> Outcome:
    response: Any = error.response
    status = getattr(response, "status_code", getattr(response, "status", 0)) or 0
    data = getattr(response, "data", None)
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    if " " in code:
        code = ""  # the SDK's words for a body that is not JSON
    if status == 429 or code in LIMITED:
        whole = code if code == "message_limit_exceeded" else ""
        return Outcome(Kind.LATER, RATE_LIMITED, _retry_after(response, unsaid), whole)
    if code:
        detail = _detail(data) if isinstance(data, dict) else ""
        return _coded(code, method, detail)
    body = str(getattr(response, "body", "<")) if data is None else "<"
    return _uncoded(status, webhook=not body.lstrip().startswith("<"))


def _coded(code: str, method: str, detail: str) -> Outcome:
    if code in DONE or (method, code) in DONE_FOR:
        return Outcome(Kind.DONE, code)
    if code in DOUBTFUL:
        return Outcome(Kind.IN_DOUBT, code, 1.0)
    if code in SOON:
        return Outcome(Kind.LATER, code, 2.0)
    if code in MUCH_LATER:
        return Outcome(Kind.LATER, code, MINUTES)
    for kind, words, heads in (
        (Kind.DEAD, DEAD, ()),
        (Kind.INSTEAD, INSTEAD, ()),
        (Kind.FORBIDDEN, FORBIDDEN, FORBIDDEN_AS),
        (Kind.OURS, OURS, OURS_AS),
    ):
        if code in words or (heads and code.startswith(heads)):
            return Outcome(kind, code, detail=detail)
    return Outcome(Kind.FINAL, code, detail=detail)


def _uncoded(status: int, *, webhook: bool) -> Outcome:
    """A page, an empty body or a torn one. Slack refuses in JSON; an answer address in words."""
    code = f"http_{status}"
    if webhook and 400 <= status < 500:
        return Outcome(Kind.FINAL, code)
    if status in (413, 414, 431):
        return Outcome(Kind.OURS, code)
    if 400 <= status < 500 and status != 408:
        return Outcome(Kind.LATER, code, 2.0)  # something between us and Slack turned it away
    return Outcome(Kind.IN_DOUBT, code, 1.0)


def _retry_after(response: Any, unsaid: float) -> float:
    headers = {k.lower(): v for k, v in dict(getattr(response, "headers", {}) or {}).items()}
    try:
        asked = float(headers["retry-after"])
    except (KeyError, ValueError):
        return unsaid
    return unsaid if math.isnan(asked) else min(max(1.0, asked), LONGEST)


def _detail(data: dict[str, Any]) -> str:
    parts = [f"needs the scope {data['needed']}"] if data.get("needed") else []
    metadata = data.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    parts += [str(message) for message in messages or []]
    for one in data.get("errors") or []:
        if isinstance(one, dict):
            parts.append(f"{one.get('user', '')} {one.get('error', '')}".strip())
    return "; ".join(parts)[:500]
