"""Is it the same human? By all the names under which our systems know somebody.

A person of ours is known by an id of Slack wherever they act; but one human may have two accounts.
What links them: `people` in the configuration (with `also`), and the e-mail address of a profile.
In doubt two accounts are one human: then somebody else approves.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot.incidents.people import BOT
from incidentbot.settings import PersonSettings, Settings
from incidentbot.store.models import Profile


def names(session: Session, settings: Settings, person: str) -> frozenset[str]:
    """Every name of whoever has this id (or name), with the system it is of: "slack:u1",
    "mail:maya@acme.com". Names are compared in lower case."""
    return _names(_known(session, settings), person)


def overlap(
    session: Session, settings: Settings, some: Collection[str], others: Collection[str]
) -> bool:
    """Whether a human is on both sides, under whatever name. Empty ids are nobody."""
    known = _known(session, settings)
    left = [_names(known, one) for one in some if one]
    right = [_names(known, one) for one in others if one]
    return any(one & other for one in left for other in right)


def is_bot(session: Session, person: str) -> bool:
    """Ourselves, or an account that Slack calls a bot."""
    profile = session.get(Profile, person)
    return person == BOT or (profile is not None and profile.kind == "bot")


def listed(session: Session, settings: Settings, person: str, among: Collection[str]) -> bool:
    """Whether one of these user names or ids of Slack is this person's."""
    mine = names(session, settings, person)
    return any(f"slack:{one.lower()}" in mine for one in among)


def _names(known: Sequence[frozenset[str]], person: str) -> frozenset[str]:
    found = frozenset({f"slack:{person.lower()}"})
    while True:
        more = found.union(*(one for one in known if one & found))
        if more == found:
            return found
        found = more


def _known(session: Session, settings: Settings) -> list[frozenset[str]]:
    """Sets of names, each of one human."""
    columns = select(Profile.person, Profile.handle, Profile.email, Profile.kind)
    profiles = [_of_profile(*row) for row in session.execute(columns)]
    return profiles + [_of(one) for one in settings.people]


def _of_profile(person: str, handle: str, email: str, kind: str) -> frozenset[str]:
    said = {f"slack:{person.lower()}"}
    # A stranger's user name may be that of somebody here.
    said |= {f"slack:{handle.lower()}"} if handle and kind != "stranger" else set()
    return frozenset(said | ({f"mail:{_mail(email)}"} if _mail(email) else set()))


def _of(one: PersonSettings) -> frozenset[str]:
    said = {f"slack:{name.lower()}" for name in (one.slack, *one.also) if name}
    said |= {f"user:{name.lower()}" for name in (one.os_user, *one.also) if name}
    mails = {_mail(name) for name in (one.email, *one.also) if name}
    return frozenset(said | {f"mail:{mail}" for mail in mails if mail})


def _mail(address: str) -> str:
    """The mailbox: what comes after a + is the same person's."""
    box, _, host = address.lower().partition("@")
    return f"{box.partition('+')[0]}@{host}" if host else ""
