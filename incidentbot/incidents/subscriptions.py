"""Who wants to be told directly of which incidents. Nobody is ever told of one they may not see.

A wish is about one incident, or about all of a severity or worse, of one dependency or of any.
A muted incident is a wish too: not to hear of it.
"""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents import privacy
from incidentbot.incidents.people import Person
from incidentbot.store import upsert
from incidentbot.store.models import Incident, Subscription

ANY_SEVERITY = 5
KEY = ("person", "incident", "dependency")


def wish(
    session: Session,
    person: str,
    *,
    incident: str = "",
    dependency: str = "",
    severity: int = ANY_SEVERITY,
    muted: bool = False,
) -> None:
    """From now on; the same wish again takes the new severity."""
    row = {
        "person": person,
        "incident": incident,
        "dependency": dependency,
        "severity": severity,
        "muted": muted,
        "since": clock.now(),
    }
    upsert(session, Subscription, [row], KEY)


def end(session: Session, person: str, incident: str, dependency: str) -> bool:
    """False when there was no such wish."""
    mine = delete(Subscription).where(
        Subscription.person == person,
        Subscription.incident == incident,
        Subscription.dependency == dependency,
    )
    return session.execute(mine.returning(Subscription.person)).first() is not None


def replace(
    session: Session, person: str, severity: int | None, dependencies: Sequence[str]
) -> None:
    """What a person wants of all incidents, instead of what they wanted; None ends it."""
    general = delete(Subscription).where(Subscription.person == person, Subscription.incident == "")
    session.execute(general)
    if severity is not None:
        for dependency in dependencies or ("",):
            wish(session, person, dependency=dependency, severity=severity)


def of(session: Session, person: str) -> list[Subscription]:
    """A person's wishes: the general ones first."""
    rows = select(Subscription).filter_by(person=person)
    return list(session.scalars(rows.order_by(Subscription.incident, Subscription.dependency)))


def audience(session: Session, incident: Incident) -> list[str]:
    """The ids of those who want to hear of it now, and may. A drill is for those who asked for it
    by its number."""
    rows = session.scalars(select(Subscription).order_by(Subscription.since, Subscription.person))
    wanted: dict[str, bool] = {}
    for row in rows:
        if row.incident == incident.id:
            wanted[row.person] = not row.muted  # the word on this very incident counts most
        elif row.person not in wanted and _fits(row, incident):
            wanted[row.person] = True
    named = {row.person for row in _about(session, incident.id)}
    return [
        person
        for person, wants in wanted.items()
        if wants
        and (person in named or not incident.test)
        and privacy.may_see(session, incident, Person(person, person))
    ]


def _fits(row: Subscription, incident: Incident) -> bool:
    if row.incident or row.muted or incident.severity > row.severity:
        return False
    return row.dependency in ("", incident.dependency)


def _about(session: Session, incident_id: str) -> list[Subscription]:
    return list(session.scalars(select(Subscription).filter_by(incident=incident_id)))
