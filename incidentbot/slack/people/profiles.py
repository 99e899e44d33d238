"""What Slack said of people and user groups, kept so that a restart, or an outage of Slack, does
not forget who somebody is. Functions of a session; `directory` asks Slack."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents.rights import Member
from incidentbot.store import upsert
from incidentbot.store.models import GroupMember, Profile


@dataclass(frozen=True, slots=True)
class Known:
    """One person. `kind` is member, guest, stranger or bot; `tz` like "Europe/Berlin"."""

    id: str
    handle: str
    name: str
    email: str = ""
    tz: str = ""
    team: str = ""
    kind: str = "member"
    gone: bool = False

    def member(self, groups: frozenset[str]) -> Member:
        return Member(self.id, self.handle, self.team, self.kind, groups)


def known(user: Mapping[str, Any], home: Collection[str] = ()) -> Known:
    """A user object of Slack. `home`: our own workspaces and our organisation, by their ids.
    Whoever is of none of them is a stranger."""
    profile = user.get("profile") or {}
    name = profile.get("real_name") or user.get("real_name") or user.get("name", "")
    team = str(user.get("team_id") or profile.get("team") or "")
    return Known(
        id=str(user["id"]),
        handle=str(user.get("name", "")).lower(),
        name=str(name),
        email=str(profile.get("email") or ""),
        tz=str(user.get("tz") or ""),
        team=team,
        kind=_kind(user, team, home),
        gone=bool(user.get("deleted")),
    )


def _kind(user: Mapping[str, Any], team: str, home: Collection[str]) -> str:
    if user.get("is_bot"):
        return "bot"
    teams = {team, *(user.get("teams") or ()), *_enterprise(user)}
    if user.get("is_stranger") or (home and team and teams.isdisjoint(home)):
        return "stranger"
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "guest"
    return "member"


def _enterprise(user: Mapping[str, Any]) -> Sequence[str]:
    one = user.get("enterprise_user") or {}
    return (*(one.get("teams") or ()), *filter(None, (one.get("enterprise_id"),)))


def keep(session: Session, people: Iterable[Known]) -> None:
    now = clock.now()
    rows = [
        {
            "person": one.id,
            "handle": one.handle[:80],
            "name": one.name,
            "email": one.email,
            "tz": one.tz[:80],
            "team": one.team,
            "kind": one.kind,
            "gone": one.gone,
            "seen_at": now,
        }
        for one in people
    ]
    if rows:
        upsert(session, Profile, rows, ("person",))


def keep_group(session: Session, group: str, handle: str, people: Iterable[str]) -> None:
    """The whole list of a group, instead of what was known of it."""
    session.execute(delete(GroupMember).where(GroupMember.group == group))
    session.add_all(
        GroupMember(group=group, person=person, handle=handle) for person in dict.fromkeys(people)
    )


def load(session: Session) -> tuple[list[Known], list[tuple[str, str, str]]]:
    """Everybody, and (group id, its handle, person) for every membership."""
    people = [
        Known(r.person, r.handle, r.name, r.email, r.tz, r.team, r.kind, r.gone)
        for r in session.scalars(select(Profile))
    ]
    groups = [(r.group, r.handle, r.person) for r in session.scalars(select(GroupMember))]
    return people, groups
