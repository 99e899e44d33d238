"""Declaring an incident: by words, by a form, or by the shortcut from anywhere."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents import lifecycle
from incidentbot.slack.blocks import modals, replies
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Form, Shortcut, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture

DEFAULT_SEVERITY = 3


def form(desk: Desk, session: Session, gesture: Gesture) -> View:
    return modals.declare(gesture.channel)


def by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    return declared(session, gesture, gesture.text, DEFAULT_SEVERITY, "", "")


def by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    values = gesture.values
    severity = int(values.get("severity") or DEFAULT_SEVERITY)
    title, summary = values["title"].strip(), values.get("summary", "").strip()
    return declared(session, gesture, title, severity, summary, values.get("how", ""))


async def from_anywhere(desk: Desk, gesture: Gesture) -> Message | None:
    await desk.open_form(gesture, modals.declare(gesture.channel))
    return None


def declared(
    session: Session, gesture: Gesture, title: str, severity: int, summary: str, how: str
) -> Message | None:
    """Open an incident that a person declared; the gesture's key makes a repeat the same one."""
    now = clock.now()
    incident_id, _ = lifecycle.open_incident(
        session,
        key=f"declared:{gesture.key}",
        title=title[:200],
        severity=severity,
        opened_by=gesture.person.id,
        started_at=now,
        detected_at=now,
        summary=summary,
        text=f"{gesture.person.name} declared: {title[:200]}",
        private="private" in how,
        test="test" in how,
    )
    return replies.plain(f"{incident_id} is open. Its channel comes now, and you are invited.")


def faults(values: Mapping[str, str]) -> dict[str, str]:
    return {} if values.get("title", "").strip() else {"title": "Please write a few words."}


ACTS: tuple[Act, ...] = (
    Verb(
        "declare",
        by_words,
        usage="<what fails>",
        help="open an incident; without words, a form",
        group="Begin",
        label="Declare an incident",
        form=form,
        other_names=("new", "open"),
    ),
    Form("incident.declare", by_form, faults),
    Shortcut(
        "incident.declare", from_anywhere, "Declare an incident", "Open the form of a new incident"
    ),
)
