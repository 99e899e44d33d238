"""What stakeholders are told now."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from incidentbot.incidents import lifecycle
from incidentbot.slack.blocks import modals
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Click, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of, without_number


def form(desk: Desk, session: Session, gesture: Gesture) -> View:
    incident = incident_of(session, gesture)
    return modals.update(incident.id, incident.summary, gesture.channel)


def by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    return _update(session, incident.id, without_number(gesture, gesture.text), gesture)


def by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    return _update(session, gesture.value, gesture.values["text"].strip(), gesture)


async def open_form(desk: Desk, gesture: Gesture) -> Message | None:
    await desk.open_form(gesture, await desk.store.tx(lambda s: form(desk, s, gesture)))
    return None


def _update(session: Session, incident_id: str, text: str, gesture: Gesture) -> Message | None:
    lifecycle.update(session, incident_id, text, gesture.person, key=f"update:{gesture.key}")
    return None


def faults(values: Mapping[str, str]) -> dict[str, str]:
    return {} if values.get("text", "").strip() else {"text": "Please write a few words."}


ACTS: tuple[Act, ...] = (
    Verb(
        "update",
        by_words,
        usage="<text>",
        help="tell stakeholders; without words, a form",
        group="Tell people",
        label="Post an update",
        form=form,
    ),
    Click("incident.update", open_form),
    Form("incident.update", by_form, faults),
)
