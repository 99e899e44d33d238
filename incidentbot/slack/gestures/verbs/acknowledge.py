"""Acknowledge: a person has seen it and is on it."""

from sqlalchemy.orm import Session

from incidentbot.incidents import lifecycle
from incidentbot.slack.blocks import replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Click, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of


def ack(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    if lifecycle.acknowledge(session, incident.id, gesture.person):
        return None
    return replies.plain(f"{incident.id} was acknowledged before; nothing changed.")


ACTS: tuple[Act, ...] = (
    Verb(
        "ack",
        ack,
        help="you have seen it and are on it",
        group="Run it",
        label="Acknowledge",
        other_names=("acknowledge",),
    ),
    Click("incident.ack", ack),
)
