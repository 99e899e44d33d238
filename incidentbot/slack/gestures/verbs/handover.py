"""The answers to an offered command: yes, not now, or taken back by whoever offered it."""

from sqlalchemy.orm import Session

from incidentbot.incidents import handover, lifecycle
from incidentbot.slack.blocks import crew
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Click
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of
from incidentbot.slack.people import handing


def accept(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    offer = handover.accept(session, incident.id, gesture.person)
    if offer is None:
        return crew.instead(f"You command {incident.id}.")
    lifecycle.acknowledge(session, incident.id, gesture.person)
    text = f"{gesture.person.name} accepted: {incident.id} is commanded by them now."
    handing.tell(session, offer, offer.giver.id, text, "accepted")
    return crew.instead(f"You command {incident.id} now. {offer.giver.name} is told.")


def decline(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    offer = handover.decline(session, incident.id, gesture.person)
    if offer is None:
        return _over(incident.id)
    text = f"{gesture.person.name} cannot take it now: you command {incident.id}."
    handing.tell(session, offer, offer.giver.id, text, "declined")
    return crew.instead(f"{offer.giver.name} keeps the command of {incident.id}, and is told.")


def withdraw(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    offer = handover.withdraw(session, incident.id, gesture.person)
    if offer is None:
        return _over(incident.id)
    handing.kept(session, offer)
    return crew.instead(f"You keep the command of {incident.id}.")


def _over(incident_id: str) -> Message:
    return crew.instead(f"The offer of the command of {incident_id} is over; nothing was changed.")


ACTS: tuple[Act, ...] = (
    Click("handover.accept", accept),
    Click("handover.decline", decline),
    Click("handover.withdraw", withdraw),
)
