"""The draft that is written when it is over, and again whenever somebody asks; where it lies."""

from sqlalchemy.orm import Session

from incidentbot.slack.blocks import replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import ANYBODY, Act, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of


async def postmortem(desk: Desk, gesture: Gesture) -> Message | None:
    def find(session: Session) -> str:
        return incident_of(session, gesture).id

    incident_id = await desk.store.tx(find)
    await desk.draft(incident_id)
    return replies.documents(await desk.store.tx(desk.present.view, incident_id))


def export(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    return replies.export(desk.present.view(session, incident.id), desk.command)


ACTS: tuple[Act, ...] = (
    Verb(
        "postmortem",
        postmortem,
        help="the draft, written anew from the facts of now",
        group="After it",
        label="Write postmortem",
    ),
    Verb(
        "export",
        export,
        help="where the written documents are, for reading and for machines",
        group="After it",
        label="Show documents",
        needs=ANYBODY,
    ),
)
