"""Who and what the names in the configuration are, asked of Slack on demand and remembered.

People are matched by id. A name in the configuration becomes an id by what Slack's own list says,
never by what a request claims. What was learned is kept in the database, so that a restart while
Slack is away still knows who may do what.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from slack_sdk.errors import SlackApiError

from incidentbot.incidents.people import Person
from incidentbot.incidents.rights import APPROVER, Rights
from incidentbot.slack.outbound import settle
from incidentbot.slack.outbound.classify import NO_ANSWER, Kind, classify
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.slack.people import profiles
from incidentbot.slack.people.profiles import Known
from incidentbot.store import Store

log = logging.getLogger(__name__)

T = TypeVar("T")

ID_PREFIXES = ("U", "W")
PAGE = 200
PATIENCE = 1.0  # seconds


class Directory:
    """People, groups and channels by name. What Slack does not know stays unresolved, and is said.

    `names` are those of the configuration: until each is known, Slack's list is asked for. Without
    a store nothing is kept.
    """

    def __init__(
        self,
        client: SlackClient,
        store: Store | None,
        rights: Rights,
        names: Iterable[str] = (),
    ) -> None:
        self._client = client
        self._store = store
        self._rights = rights
        self._names = tuple(dict.fromkeys(names))
        self._people: dict[str, Known] = {}
        self._handles: dict[str, str] = {}  # user name, in lower case -> id
        self._groups: dict[str, list[str]] = {}  # a group's id or @handle -> ids of people
        self._in: dict[str, set[str]] = defaultdict(set)  # person -> ids and @handles of groups
        self._channels: dict[str, str] = {}
        self._lock = asyncio.Lock()
        self._read = False  # Slack's lists, by this process
        self._refused: set[str] = set()  # methods that the app or the plan does not have
        self._unsure: set[str] = set()  # people about whom Slack did not answer
        self._teams: tuple[str, ...] = ()  # workspaces of our organisation, once they are known

    @property
    def rights(self) -> Rights:
        return self._rights

    async def load(self) -> None:
        """What an earlier process learned."""
        if self._store is None:
            return
        people, groups = await self._store.tx(profiles.load)
        self._remember(people)
        by_group: dict[tuple[str, str], list[str]] = defaultdict(list)
        for group, handle, person in groups:
            by_group[group, handle].append(person)
        for (group, handle), members in by_group.items():
            self._remember_group(group, handle, members)

    def person(self, id: str, handle: str = "") -> Person:
        """Whoever acted, with their rights. `handle` is for reading only, until Slack told us."""
        one = self._people.get(id)
        if one is None:
            return Person(id, handle or id)
        if one.gone:
            return Person(id, one.name)
        rights = self._rights.of(one.member(frozenset(self._in[id])))
        return Person(id, one.name, APPROVER in rights, rights)

    def knows(self, id: str) -> bool:
        return id in self._people

    def known(self, id: str) -> Known | None:
        """What Slack said of them: e-mail, time zone and so on."""
        return self._people.get(id)

    def name(self, id: str) -> str:
        one = self._people.get(id)
        return one.name if one else id

    def unresolved(self) -> list[str]:
        """Names of the configuration that nobody in Slack has, as far as we know."""
        return [name for name in self._names if not self._resolved(name)]

    async def meet(self, id: str, handle: str = "", team: str = "") -> None:
        """Ask Slack about somebody who acts and is not known yet; quick, and only once each.

        When Slack does not say, they count as a plain member of the team that their request names:
        a click at 3 a.m. must not fail because a look-up does. It is not kept, and asked again when
        they act again.
        """
        if id in self._people and id not in self._unsure:
            return
        home: frozenset[str] = frozenset()
        try:
            async with asyncio.timeout(PATIENCE):  # whoever wants a form has three seconds
                home = await self._home()
                answer = await self._client.call("users.info", {"user": id})
            await self._learn([profiles.known(answer["user"], home)])
        except (SlackApiError, *NO_ANSWER) as error:
            log.warning("slack: cannot look up %s (%s)", id, error)
            kind = "member" if not home or team in ("", *home) else "stranger"
            self._remember([Known(id, "", handle or id, team=team, kind=kind)])
            if classify(error).kind is not Kind.FORBIDDEN:  # without the scope it stays so
                self._unsure.add(id)

    async def handles(self, ids: Sequence[str]) -> list[str]:
        """The user names of these ids; an id stays where none is known."""
        if any(id not in self._people for id in ids):
            await self.warm()
        found = {id: self._people.get(id) for id in ids}
        return [one.handle if one and one.handle else id for id, one in found.items()]

    async def warm(self) -> None:
        """Learn the people and the groups that are named; the caller tries again when it fails."""
        async with self._lock:
            await self._warm()

    async def before_refusing(self) -> bool:
        """Whether more is known now: in our first moments a group may not have been read yet."""
        if self._read or not self.unresolved():
            return False
        try:
            await self.warm()
        except (SlackApiError, *NO_ANSWER) as error:
            log.warning("slack: cannot read the list of people yet (%s)", error)
        return self._read

    async def people(self, names: Sequence[str]) -> list[str]:
        """The ids of these people (and of those in these groups); unknown ones are logged."""
        async with self._lock:  # where many ask at once, one asks Slack for all
            if any(not self._resolved(name) for name in names):
                await self._warm()
        missing = [name for name in names if not self._resolved(name)]
        if missing:
            log.warning("slack: nobody here is called %s", ", ".join(missing))
        return list(dict.fromkeys(id for name in names for id in self._ids(name)))

    async def learn(self, user: dict[str, Any]) -> None:
        """Slack told of a change."""
        await self._learn([profiles.known(user, await self._home())])

    async def regroup(self, event: Mapping[str, Any]) -> None:
        """An event told of a group: all of its people, or who came and who went."""
        group = event.get("subteam") or {}
        if group and isinstance(group.get("users"), list):
            handle = f"@{group.get('handle', '')}".lower()
            await self.learn_group(str(group["id"]), handle, group["users"])
            return
        id = str(event.get("subteam_id") or group.get("id") or "")
        handles = [name for name in self._groups if name.startswith("@")]
        handle = next((one for one in handles if self._groups[one] is self._groups.get(id)), "")
        if not handle:
            return  # none that matters here
        gone = set(event.get("removed_users") or ())
        members = [one for one in self._groups[id] if one not in gone]
        await self.learn_group(id, handle, [*members, *(event.get("added_users") or ())])

    async def learn_group(self, group: str, handle: str, members: Sequence[str]) -> None:
        if self._store is not None:
            await self._store.tx(profiles.keep_group, group, handle, members)
        self._remember_group(group, handle, members)

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

    async def _home(self) -> frozenset[str]:
        """The ids of our own workspaces and organisation; empty while Slack does not say."""
        try:
            me = await self._client.me()
            if me.get("is_enterprise_install") and not self._teams:
                answer = await self._client.call("auth.teams.list", {})
                self._teams = tuple(str(team["id"]) for team in answer.get("teams", []))
        except (SlackApiError, *NO_ANSWER):
            me = self._client.known_me()
        ours = (me.get("team_id"), me.get("enterprise_id"), *self._teams)
        return frozenset(str(id) for id in (*ours, self._client.team) if id)

    async def _warm(self) -> None:
        home = await self._home()
        users = await self._allowed("users.list", self._pages("users.list", "members", {}))
        await self._learn([profiles.known(user, home) for user in users or ()])
        if any(_is_group(name) for name in self._names):
            asked = self._client.call("usergroups.list", {"include_users": True})
            answer = await self._allowed("usergroups.list", asked) or {}
            for group in answer.get("usergroups", []):
                handle = f"@{group.get('handle', '')}".lower()
                await self.learn_group(group["id"], handle, group.get("users") or [])
        self._read = True

    async def _allowed(self, method: str, asked: Awaitable[T]) -> T | None:
        """The answer; None where the app or the plan lacks it. That is said once, and the others
        are found all the same."""
        try:
            return await asked
        except SlackApiError as error:
            outcome = classify(error, method)
            if outcome.kind is not Kind.FORBIDDEN:
                raise
            if method not in self._refused:
                self._refused.add(method)
                log.warning("slack: %s", settle.words(method, outcome))
                if self._store is not None:
                    await self._store.tx(settle.forbidden, method, outcome)
            return None

    async def _learn(self, people: Sequence[Known]) -> None:
        if self._store is not None:
            await self._store.tx(profiles.keep, people)
        self._remember(people)

    def _remember(self, people: Iterable[Known]) -> None:
        for one in people:
            self._unsure.discard(one.id)
            before = self._people.get(one.id)
            if before is not None and self._handles.get(before.handle) == one.id:
                del self._handles[before.handle]
            self._people[one.id] = one
            if one.handle and not one.gone:
                self._handles[one.handle] = one.id

    def _remember_group(self, group: str, handle: str, members: Sequence[str]) -> None:
        for names in self._in.values():
            names -= {group, handle}
        self._groups[group] = self._groups[handle] = list(members)
        for person in members:
            self._in[person] |= {group, handle}

    def _resolved(self, name: str) -> bool:
        if _is_group(name):
            return name in self._groups
        return _is_word(name) or _is_id(name) or name.lower() in self._handles

    def _ids(self, name: str) -> list[str]:
        if _is_group(name):
            return self._groups.get(name, [])
        id = name if _is_id(name) else self._handles.get(name.lower())
        return [id] if id else []

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
    """Ask until every name of the configuration was looked for once; nothing waits for it."""
    pause = 1.0
    while directory.unresolved():
        try:
            await directory.warm()
            break
        except (SlackApiError, *NO_ANSWER) as error:
            log.warning("slack: cannot read the list of people yet (%s)", error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 60)
    if missing := directory.unresolved():
        log.warning("slack: nobody here is called %s", ", ".join(missing))


def _is_id(name: str) -> bool:
    return len(name) >= 3 and name[0] in ID_PREFIXES and name.isalnum() and name.isupper()


def _is_group(name: str) -> bool:
    return name.startswith("@") or (name[:1] == "S" and len(name) >= 3 and name.isupper())


def _is_word(name: str) -> bool:
    return name in ("everyone", "guests") or name.startswith("team:")
