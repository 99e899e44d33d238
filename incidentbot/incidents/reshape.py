"""An incident gets another name, or goes on as part of another one."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline, timers
from incidentbot.errors import Refused
from incidentbot.incidents import crew, privacy
from incidentbot.incidents.finding import survivor
from incidentbot.incidents.locking import get, live, locked
from incidentbot.incidents.people import BOT, Person
from incidentbot.store.models import Incident, Member, Role, TimelineEntry

LONGEST = 200  # letters of a title
MERGED_HERE, RENAMED = "merged here", "renamed"  # data["event"] of their entries


def rename(session: Session, incident_id: str, title: str, person: Person) -> bool:
    """False when it has that title."""
    wanted = " ".join(title.split())[:LONGEST]
    if not wanted:
        raise Refused("Write the new title: what do users notice?")
    incident = live(session, incident_id)
    if incident.title == wanted:
        return False
    before, incident.title = incident.title, wanted
    text = f"{person.name} renamed the incident: {wanted} (before: {before})."
    data = {"event": RENAMED, "title": wanted, "before": before, "name": person.name}
    timeline.append(session, incident_id, "note", text, actor=person.id, data=data)
    return True


def merge(session: Session, incident_id: str, into: str, person: Person) -> str | None:
    """It goes on as part of `into`, or of what that one was merged into: the id of that one.

    None when it did already. Raises Refused, with why, for what must not become one.
    """
    goes_on = survivor(session, get(session, into))
    for one in sorted({incident_id, goes_on.id}):  # in one order, whoever merges what into what
        locked(session, one)
    goes_on = locked(session, survivor(session, goes_on).id)  # it may have been merged meanwhile
    incident = get(session, incident_id)
    if incident.merged_into is not None and survivor(session, incident).id == goes_on.id:
        return None
    live(session, incident_id)
    _check(incident, goes_on, into)
    timers.cancel_all(session, incident_id, crew.OFFER)
    before, incident.status, incident.resolved_at = incident.status, "resolved", clock.now()
    incident.merged_into = goes_on.id
    _tell_both(session, incident, goes_on, before, person)
    for one in people_in(session, incident_id):
        privacy.let_in(session, goes_on.id, one)
    return goes_on.id


def people_in(session: Session, incident_id: str) -> list[str]:
    """Everybody who had a part in it: let in, in a role, or in its story."""
    found = [
        session.scalars(select(Member.person).filter_by(incident_id=incident_id)),
        session.scalars(select(Role.person).filter_by(incident_id=incident_id)),
        session.scalars(select(TimelineEntry.actor).filter_by(incident_id=incident_id).distinct()),
    ]
    return sorted({one for people in found for one in people} - {BOT})


def _check(incident: Incident, goes_on: Incident, into: str) -> None:
    if goes_on.id == incident.id:
        behind = f", and {into} is part of it" if into != incident.id else ""
        raise Refused(f"{incident.id} cannot be part of itself{behind}. Name the one that goes on.")
    if goes_on.status == "resolved":
        raise Refused(f"{goes_on.id} is resolved. Reopen it, or merge the other way round.")
    if incident.private != goes_on.private:
        private, public = (incident, goes_on) if incident.private else (goes_on, incident)
        raise Refused(
            f"{private.id} is private and {public.id} is not: people would learn what is not"
            f" theirs. Make {public.id} private first."
        )
    if incident.test != goes_on.test:
        test, real = (incident, goes_on) if incident.test else (goes_on, incident)
        raise Refused(f"{test.id} is a test and {real.id} is not, so they stay two.")


def _tell_both(
    session: Session, incident: Incident, goes_on: Incident, before: str, person: Person
) -> None:
    text = f"{person.name} merged this into {goes_on.id} ({goes_on.title}); it goes on there."
    data = {"status": "resolved", "previous": before, "merged_into": goes_on.id}
    data["name"] = person.name
    timeline.append(session, incident.id, "state", text, actor=person.id, data=data)
    text = f"{person.name} merged {incident.id} ({incident.title}) into this."
    data = {"event": MERGED_HERE, "merged": incident.id, "name": person.name}
    data["began"] = clock.iso(goes_on.started_at)  # so that it can be undone
    if incident.started_at < goes_on.started_at:
        goes_on.started_at = incident.started_at
        text += f" It began earlier, at {incident.started_at:%H:%M:%S} UTC: so did this, then."
    timeline.append(session, goes_on.id, "note", text, actor=person.id, data=data)
