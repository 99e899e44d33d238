"""The end of it."""

from sqlalchemy.orm import Session

from incidentbot.incidents import lifecycle
from incidentbot.slack.blocks import replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Click, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of, without_number


def resolve(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    text = without_number(gesture, gesture.text)
    if lifecycle.resolve(session, incident.id, actor=gesture.person, text=text):
        return None
    return replies.plain(f"{incident.id} is resolved already.")


ACTS: tuple[Act, ...] = (
    Verb(
        "resolve",
        resolve,
        usage="[text]",
        help="close it and draft the postmortem",
        group="Run it",
        label="Resolve",
        other_names=("close",),
    ),
    Click("incident.resolve", resolve),
)
