"""Private incidents: who may see one. Everyone else is told that there is none.

Every list, search, announcement, page, document and answer asks here; nothing else decides it.
"""

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.errors import NotFound
from incidentbot.incidents.people import Person
from incidentbot.incidents.rights import ADMIN
from incidentbot.store import insert_once
from incidentbot.store.models import Incident, Member


def let_in(session: Session, incident_id: str, person: str) -> bool:
    """This person sees it from now on. False when they did before."""
    values = {"incident_id": incident_id, "person": person, "since": clock.now()}
    return insert_once(session, Member, **values)


def let_out(session: Session, incident_id: str, person: str) -> None:
    row = session.get(Member, (incident_id, person))
    if row is not None:
        session.delete(row)


def may_see(session: Session, incident: Incident, person: Person | None) -> bool:
    """`None` is the public: nobody in particular."""
    if not incident.private:
        return True
    if person is None:
        return False
    return ADMIN in person.rights or session.get(Member, (incident.id, person.id)) is not None


def visible(session: Session, incident_id: str, person: Person | None) -> Incident:
    """The incident. Raises NotFound also where it exists but is not for this person."""
    incident = session.get(Incident, incident_id)
    if incident is None or not may_see(session, incident, person):
        raise NotFound(f"There is no incident {incident_id}.")
    return incident


def seen_by(person: Person | None) -> ColumnElement[bool]:
    """The same as a condition on `Incident`, for lists and searches."""
    if person is None:
        return Incident.private.is_(False)
    if ADMIN in person.rights:
        return Incident.id.is_not(None)
    mine = select(Member.incident_id).where(Member.person == person.id)
    return or_(Incident.private.is_(False), Incident.id.in_(mine))
