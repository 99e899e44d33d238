"""Whether what is about an incident may still be seen where it goes. Asked when it is sent."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot.incidents import privacy
from incidentbot.incidents.people import Person
from incidentbot.slack.outbound import outbox
from incidentbot.store.models import Delivery, Incident


def where(session: Session, target: str) -> str | None:
    """The channel or person of a target of `outbox.about`; None when it is not for those eyes."""
    _, incident_id, place = target.split(":", 2)
    incident = session.get(Incident, incident_id)
    person = Person(place, place) if is_person(place) else None
    if incident is None or not privacy.may_see(session, incident, person):
        return None
    return place if person is None else _conversation(session, target) or place


def withdraw(session: Session, incident_id: str) -> int:
    """Take back what still waits and may not be seen any more; how many messages that were."""
    waiting = select(Delivery).where(
        Delivery.target.startswith(f"{outbox.ABOUT}{incident_id}:"),
        Delivery.state.in_(("queued", "doubt")),
    )
    rows = [row for row in session.scalars(waiting) if where(session, row.target) is None]
    for row in rows:
        row.state, row.error = "failed", "withdrawn: the incident is private now"
    return len(rows)


def is_person(place: str) -> bool:
    return place[:1] in ("U", "W") and place.isalnum() and place.isupper()


def _conversation(session: Session, target: str) -> str | None:
    """The bot's conversation with them, once it told them of this: an edit needs its id."""
    sent = (
        select(Delivery.result)
        .where(Delivery.target == target, Delivery.state == "sent")
        .order_by(Delivery.seq.desc())
    )
    found = [row["channel"] for row in session.scalars(sent) if row.get("channel")]
    return str(found[0]) if found else None
