"""The story so far, and lines that people write into it."""

from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.incidents import lifecycle
from incidentbot.slack.blocks import replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import ANYBODY, Act, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of, without_number


def show(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    text = without_number(gesture, gesture.text)
    if text.lower().startswith("add "):
        lifecycle.note(session, incident.id, text[4:].strip(), gesture.person)
        return None
    return replies.timeline(incident.id, timeline.told(timeline.read(session, incident.id)))


ACTS: tuple[Act, ...] = (
    Verb(
        "timeline",
        show,
        help="what happened; `timeline add <text>` writes a line into it",
        group="Look",
        label="Timeline",
        needs=ANYBODY,
    ),
)
