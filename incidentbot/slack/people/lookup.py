"""Slack's answers for paging: who is in a user group, and whom a name or address belongs to."""

from collections.abc import Awaitable
from typing import Any, TypeVar

from slack_sdk.errors import SlackApiError

from incidentbot.errors import Permanent, Temporary
from incidentbot.slack.outbound.classify import NO_ANSWER, Kind, classify
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.slack.people.directory import Directory
from incidentbot.slack.setup.needs import is_id

T = TypeVar("T")

UNKNOWN = "users_not_found"
NOT_ALLOWED = "missing_scope"  # without users:read.email an address belongs to nobody; see needs


class Lookup:
    """What `paging.contract.Chat` asks for. Raises Temporary while Slack does not answer."""

    def __init__(self, client: SlackClient, directory: Directory) -> None:
        self._client = client
        self._directory = directory

    async def members(self, group: str) -> list[str]:
        """The user names in a user group, or ids. Permanent when there is no such group."""
        answer = await _asked(self._client.call("usergroups.list", {"include_users": True}))
        for one in answer.get("usergroups", []):
            if group in (f"@{one.get('handle')}", one.get("id")):
                ids = [str(user) for user in one.get("users") or []]
                return await _asked(self._directory.handles(ids))
        raise Permanent(f"there is no user group {group}")

    async def identify(self, handle: str, email: str) -> tuple[str, str] | None:
        """(id, name for reading): by the Slack name or id first, then by the address."""
        if handle:
            ids = [handle] if is_id(handle, "UW") else await self._by_name(handle)
            if ids:
                return ids[0], self._directory.name(ids[0])
        return await self._by_email(email) if email else None

    async def _by_name(self, handle: str) -> list[str]:
        return await _asked(self._directory.people([handle]))

    async def _by_email(self, email: str) -> tuple[str, str] | None:
        try:
            answer = await self._client.call("users.lookupByEmail", {"email": email})
        except (SlackApiError, *NO_ANSWER) as error:
            if classify(error).code in (UNKNOWN, NOT_ALLOWED):
                return None
            raise _as_ours(error) from error
        user: dict[str, Any] = answer["user"]
        name = (user.get("profile") or {}).get("real_name") or user.get("real_name") or email
        return str(user["id"]), str(name)


async def _asked(call: Awaitable[T]) -> T:
    try:
        return await call
    except (SlackApiError, *NO_ANSWER) as error:
        raise _as_ours(error) from error


def _as_ours(error: BaseException) -> Temporary | Permanent:
    outcome = classify(error)
    words = f"Slack says {outcome.code} {outcome.detail}".strip()
    if outcome.kind in (Kind.FINAL, Kind.FORBIDDEN):  # whoever waits for this is asked in vain
        return Permanent(words)
    return Temporary(words, outcome.wait or None)
