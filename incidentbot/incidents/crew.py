"""Who does what in an incident: its roles. Whoever commands has every role not given away.

A role is free for whoever takes it; one that somebody has is only given by name. How the command
changes hands is in `handover`.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import audit, clock, timeline, timers
from incidentbot.errors import Refused
from incidentbot.incidents import privacy
from incidentbot.incidents.locking import live
from incidentbot.incidents.people import Person
from incidentbot.store.models import Role

COMMANDER = "commander"
ROLES = (COMMANDER, "operations", "communications", "scribe")
OFFER = "handover"  # the kind of timer that an offered command is


def assign(session: Session, incident_id: str, role: str, to: Person, by: Person) -> bool:
    """Give a role to a person; the one who had it is named in the entry. False when it is so."""
    _check(role)
    live(session, incident_id)
    row = session.get(Role, (incident_id, role))
    if row is not None and row.person == to.id:
        return False
    before = row.person if row else None
    if row is None:
        session.add(Role(incident_id=incident_id, role=role, person=to.id, since=clock.now()))
    else:
        row.person, row.since = to.id, clock.now()
    if role == COMMANDER:
        timers.cancel_all(session, incident_id, OFFER)
    text = f"{to.name} took the role of {role}."
    if to.id != by.id:
        text = f"{by.name} made {to.name} {role}."
    privacy.let_in(session, incident_id, to.id)
    data = {"role": role, "person": to.id, "name": to.name, "before": before}
    timeline.append(session, incident_id, "role", text, actor=by.id, data=data)
    audit.append(session, "role", by.id, incident_id, data=data)
    return True


def take(session: Session, incident_id: str, role: str, person: Person) -> str | None:
    """Take a role that is free; None then, and when this person has it already. Otherwise the id
    of whoever has it: of two who take it at once, the second hears of the first."""
    _check(role)
    has = holder(session, incident_id, role)
    if has is None:
        assign(session, incident_id, role, person, person)
    return None if has == person.id else has


def relieve(session: Session, incident_id: str, role: str, by: Person, whose: str = "") -> bool:
    """Nobody has this role any more, unless the commander keeps it. False when nobody had.

    `whose` is the name of whoever had it, for reading.
    """
    _check(role)
    live(session, incident_id)
    row = session.get(Role, (incident_id, role))
    if row is None:
        return False
    before = row.person
    session.delete(row)
    if role == COMMANDER:
        timers.cancel_all(session, incident_id, OFFER)
    text = f"{by.name} gave up the role of {role}."
    if before != by.id:
        text = f"{by.name} took the role of {role} from {whose or before}."
    data = {"role": role, "person": None, "before": before}
    timeline.append(session, incident_id, "role", text, actor=by.id, data=data)
    audit.append(session, "role", by.id, incident_id, data=data)
    return True


def holder(session: Session, incident_id: str, role: str) -> str | None:
    """Who has a role now. Of two who look at once and then take it, the second sees the first."""
    live(session, incident_id)
    return roles(session, incident_id).get(role)


def roles(session: Session, incident_id: str) -> dict[str, str]:
    """Role -> person's id, in the usual order."""
    return {row.role: row.person for row in crew(session, incident_id)}


def crew(session: Session, incident_id: str) -> list[Role]:
    """The rows, with since when, in the usual order."""
    rows = session.scalars(select(Role).filter_by(incident_id=incident_id))
    return sorted(rows, key=lambda row: ROLES.index(row.role))


def _check(role: str) -> None:
    if role not in ROLES:
        raise Refused(f"There is no role {role!r} (allowed: {', '.join(ROLES)}).")
