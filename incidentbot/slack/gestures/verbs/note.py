"""A fact that somebody writes down, also one that happened before they could."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from incidentbot.incidents import lifecycle
from incidentbot.slack.blocks import replies, writing
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of, without_number


def form(desk: Desk, session: Session, gesture: Gesture) -> View:
    return writing.note_form(incident_of(session, gesture).id, gesture.channel)


def by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    return _write(session, gesture, without_number(gesture, gesture.text), None)


def by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    seconds = gesture.values.get("at", "")
    at = datetime.fromtimestamp(int(seconds), UTC) if seconds.isdecimal() else None
    return _write(session, gesture, gesture.values["text"].strip(), at)


def _write(session: Session, gesture: Gesture, text: str, at: datetime | None) -> Message | None:
    incident = incident_of(session, gesture)
    lifecycle.note(session, incident.id, text, gesture.person, f"note:{gesture.key}", at)
    return None if gesture.channel else replies.plain(f"It is in the timeline of {incident.id}.")


def faults(values: Mapping[str, str]) -> dict[str, str]:
    return {} if values.get("text", "").strip() else {"text": "Please write a few words."}


ACTS: tuple[Act, ...] = (
    Verb(
        "note",
        by_words,
        usage="<text>",
        help="write a line into the timeline; the form also takes what was earlier",
        group="Write down",
        label="Write a note",
        form=form,
    ),
    Form("incident.note", by_form, faults),
)
