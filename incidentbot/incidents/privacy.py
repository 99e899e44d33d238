"""Private incidents: who may see one. Everyone else is told that there is none.

Every list, search, announcement, page, document and answer asks here; nothing else decides it.
What was said while an incident was public stays where it was said: that cannot be taken back.
"""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.errors import NotFound, Refused
from incidentbot.incidents.people import BOT, Person
from incidentbot.incidents.rights import ADMIN
from incidentbot.store import insert_once
from incidentbot.store.models import Channel, Incident, Member, Role

LEAVING = "leaving"  # the state of a public channel that nothing more may be said in


def let_in(session: Session, incident_id: str, person: str) -> bool:
    """This person sees it from now on. False when they did before."""
    values = {"incident_id": incident_id, "person": person, "since": clock.now()}
    return insert_once(session, Member, **values)


def members(session: Session, incident_id: str) -> list[str]:
    """Ids of those who were let in, in that order."""
    found = select(Member.person).filter_by(incident_id=incident_id)
    return list(session.scalars(found.order_by(Member.since, Member.person)))


def make_private(session: Session, incident_id: str, by: Person, people: Iterable[str]) -> bool:
    """Seen by `people`, whoever opened it and whoever has a role in it; False when it was so.

    From this moment on nothing more is said in its public channel: another one takes its place.
    """
    incident = session.get(Incident, incident_id, with_for_update=True, populate_existing=True)
    if incident is None:
        raise NotFound(f"There is no incident {incident_id}.")
    if incident.status == "resolved":
        raise Refused(f"{incident_id} is resolved; nothing was changed.")
    if incident.private:
        return False
    incident.private = True
    roles = session.scalars(select(Role.person).filter_by(incident_id=incident_id))
    opener = () if incident.opened_by == BOT else (incident.opened_by,)
    for person in (*opener, by.id, *roles, *people):
        let_in(session, incident_id, person)
    channel = session.get(Channel, incident_id, with_for_update=True, populate_existing=True)
    if channel is not None and channel.channel_id is not None:
        channel.state = LEAVING
    text = f"{by.name} made the incident private."
    data = {"private": True, "name": by.name}
    timeline.append(session, incident_id, "state", text, actor=by.id, data=data)
    return True


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
