"""Who and what the names in the configuration are, asked of Slack on demand and remembered."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from slack_sdk.errors import SlackApiError

from incidentbot.incidents.people import Person
from incidentbot.slack.classify import NO_ANSWER, classify
from incidentbot.slack.client import SlackClient

log = logging.getLogger(__name__)

ID_PREFIXES = ("U", "W")
PAGE = 200


class Directory:
    """People and channels by name. A name that Slack does not know stays unresolved and is said."""

    def __init__(self, client: SlackClient, approvers: Sequence[str]) -> None:
        self._client = client
        self._approvers = approvers
        self._people: dict[str, str] = {}  # handle, in lower case -> id
        self._names: dict[str, str] = {}  # id -> name for reading
        self._channels: dict[str, str] = {}
        self._lock = asyncio.Lock()

    def person(self, id: str, handle: str) -> Person:
        """Whoever acted. Approvers are matched by id, never by a name that people can change."""
        return Person(id, self._names.get(id, handle or id), id in self._ids(self._approvers))

    def knows_approvers(self) -> bool:
        """False while a name among the approvers has not been found in the workspace."""
        return len(self._ids(self._approvers)) == len(set(self._approvers))

    def name(self, id: str) -> str:
        return self._names.get(id, id)

    async def warm(self) -> None:
        """Learn the people once; the caller retries when Slack does not answer."""
        async with self._lock:
            await self._learn()

    async def people(self, names: Sequence[str]) -> list[str]:
        """The ids of these names or ids; unknown ones are left out and logged."""
        async with self._lock:  # where many ask at once, one asks Slack for all
            if any(not _is_id(name) and name.lower() not in self._people for name in names):
                await self._learn()
        missing = [n for n in names if not _is_id(n) and n.lower() not in self._people]
        if missing:
            log.warning("slack: no such people: %s", ", ".join(missing))
        return self._ids(names)

    def known(self, names: Sequence[str]) -> list[str]:
        """The same without asking anybody."""
        return self._ids(names)

    async def channel(self, name: str) -> str | None:
        """The id of a channel named like "#incidents"; None when the bot cannot see it."""
        plain = name.lstrip("#")
        if plain and plain[0] in "CGD" and plain.isupper():
            return plain
        if plain not in self._channels:
            for channel in await self.channels():
                self._channels[channel["name"]] = channel["id"]
        return self._channels.get(plain)

    def forget(self, name: str) -> None:
        """It is not where it was: look again when it is asked for."""
        self._channels.pop(name.lstrip("#"), None)

    async def channels(self) -> list[dict[str, Any]]:
        """Every channel the bot can see, archived ones too (they keep their names)."""
        types = {"types": "public_channel,private_channel"}
        try:
            return await self._pages("conversations.list", "channels", types)
        except SlackApiError as error:
            if classify(error).code != "missing_scope":
                raise
            return await self._pages("conversations.list", "channels", {"types": "public_channel"})

    async def _learn(self) -> None:
        for user in await self._pages("users.list", "members", {}):
            profile = user.get("profile") or {}
            name = profile.get("real_name") or user.get("real_name") or user.get("name", "")
            self._names[user["id"]] = name
            self._people[str(user.get("name", "")).lower()] = user["id"]

    def _ids(self, names: Sequence[str]) -> list[str]:
        found = (name if _is_id(name) else self._people.get(name.lower()) for name in names)
        return [id for id in found if id]

    async def _pages(self, method: str, field: str, args: dict[str, Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = args | {"limit": str(PAGE)} | ({"cursor": cursor} if cursor else {})
            answer = await self._client.call(method, page)
            rows += answer.get(field, [])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return rows


async def keep_warm(directory: Directory) -> None:
    """Ask until Slack has answered once; nothing waits for it."""
    pause = 1.0
    while True:
        try:
            await directory.warm()
            return
        except (SlackApiError, *NO_ANSWER) as error:
            log.warning("slack: cannot read the list of people yet (%s)", error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 60)


def _is_id(name: str) -> bool:
    return len(name) >= 3 and name[0] in ID_PREFIXES and name.isalnum() and name.isupper()
