"""Who types: the user of the operating system, as somebody whom Slack knows too.

One person has one id everywhere, so nobody is two people by using two ways in. What is typed
under sudo is done by the user that sudo gave; who was behind it is noted in the story.
"""

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents.people import Person
from incidentbot.incidents.rights import APPROVER, Member, Rights
from incidentbot.settings import PersonSettings, Settings
from incidentbot.slack.people import profiles
from incidentbot.slack.people.grants import rights_of
from incidentbot.slack.people.profiles import Known


@dataclass(frozen=True, slots=True)
class Account:
    """`behind` is whoever used sudo, empty without."""

    user: str
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Operator:
    """`behind` is the person who used sudo, where they are somebody else whom we know."""

    person: Person
    rights: Rights
    behind: str = ""


def account(env: Mapping[str, str]) -> Account:
    """By the process's own id: an environment can say anything."""
    uid = os.getuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    behind = env.get("SUDO_USER", "")
    return Account(user, behind if behind != user else "")


def operator(session: Session, settings: Settings, who: Account) -> Operator:
    """Raises Refused, with the line to add, where nobody in the configuration is this user."""
    if not settings.has_slack:
        raise Refused("Incidents take the section `slack` in the configuration: it says who may.")
    known, groups = _remembered(session)
    mine = _person(settings, who.user)
    id = slack_id(mine, known)
    rights = rights_of(settings)
    held = _held(rights, mine, known.get(id), id, groups.get(id, frozenset()))
    via = f"command line, sudo by {who.behind}" if who.behind else "command line"
    name = f"{mine.name} ({via})"
    behind = _behind(settings, who.behind, known)
    return Operator(
        Person(id, name, APPROVER in held, held), rights, behind if behind != id else ""
    )


def other(session: Session, settings: Settings, name: str) -> Person:
    """Somebody who is named: by a name of `people`, a user name or an id of Slack."""
    known, _ = _remembered(session)
    plain = name.removeprefix("@")
    for one in settings.people:
        if plain.lower() in (one.name.lower(), (one.os_user or "").lower()) and one.slack:
            return Person(slack_id(one, known), one.name)
    found = known.get(plain) or _by_handle(plain, known)
    if found is None or found.gone:
        raise Refused(f"Nobody here is called {name!r}. Names are those of `people`, or of Slack.")
    return Person(found.id, found.name)


def slack_id(one: PersonSettings, known: Mapping[str, Known]) -> str:
    """Never a name in place of an id: then one person could be two."""
    if not one.slack:
        raise Refused(
            f"{one.name} has no `slack` under `people`, so nobody can tell that they are not"
            f" somebody else there. Add it: {_line(one.name, one.os_user)}"
        )
    if one.slack[0] in "UW" and one.slack.isupper():
        return one.slack
    found = _by_handle(one.slack, known)
    if found is None:
        raise Refused(
            f"The id of {one.slack} in Slack is not known here: the bot has not been connected so"
            f" far. Write the id itself: {_line(one.name, one.os_user)}"
        )
    return found.id


def _person(settings: Settings, user: str) -> PersonSettings:
    mine = [one for one in settings.people if one.os_user == user]
    if len(mine) == 1:
        return mine[0]
    if mine:
        names = " and ".join(one.name for one in mine)
        raise Refused(f"{user} is {names} under `people`; one user is one person.")
    raise Refused(
        f"The user {user} of this machine is nobody in {settings.source.name}; nothing was done."
        f" Add a line under `people:`\n  - {_line('Your Name', user)}"
    )


def _line(name: str, user: str | None) -> str:
    return f"{{name: {name}, slack: U..., os_user: {user}}}"


def _held(
    rights: Rights,
    mine: PersonSettings,
    known: Known | None,
    id: str,
    groups: frozenset[str],
) -> frozenset[str]:
    if known is not None:
        return frozenset() if known.gone else rights.of(known.member(groups))
    # Slack has not told of them so far: as an unknown member of the workspace.
    return rights.of(Member(id, "" if mine.slack == id else mine.slack or ""))


def _behind(settings: Settings, user: str, known: Mapping[str, Known]) -> str:
    for one in settings.people:
        if user and one.os_user == user and one.slack:
            return slack_id(one, known)
    return ""


def _by_handle(handle: str, known: Mapping[str, Known]) -> Known | None:
    low = handle.lower()
    return next((one for one in known.values() if one.handle == low and not one.gone), None)


def _remembered(session: Session) -> tuple[dict[str, Known], dict[str, frozenset[str]]]:
    people, memberships = profiles.load(session)
    groups: dict[str, set[str]] = {}
    for group, handle, person in memberships:
        groups.setdefault(person, set()).update((group, handle))
    return {one.id: one for one in people}, {p: frozenset(names) for p, names in groups.items()}
