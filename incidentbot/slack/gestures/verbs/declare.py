"""Declaring an incident: by words, by a form, or by the shortcut from anywhere."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle
from incidentbot.slack.blocks import modals, replies
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Form, Shortcut, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture

DEFAULT_SEVERITY = 3


FLAGS = {"--private": "private", "--test": "test", "--drill": "test"}


def form(desk: Desk, session: Session, gesture: Gesture) -> View:
    return modals.declare(gesture.channel, private=desk.settings.slack.private)


def by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    """`declare --private --test What fails`: the flags come first."""
    title, how = gesture.text, ""
    while (first := title.partition(" "))[0] in FLAGS:
        how, title = f"{how},{FLAGS[first[0]]}", first[2].strip()
    if not title:
        raise Refused("Say what fails behind the flags; nothing was opened.")
    may_be_private(desk, how)
    return declared(session, gesture, title, DEFAULT_SEVERITY, "", how)


def by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    values = gesture.values
    severity = int(values.get("severity") or DEFAULT_SEVERITY)
    title, summary = values["title"].strip(), values.get("summary", "").strip()
    may_be_private(desk, values.get("how", ""))
    return declared(session, gesture, title, severity, summary, values.get("how", ""))


async def from_anywhere(desk: Desk, gesture: Gesture) -> Message | None:
    form = modals.declare(gesture.channel, private=desk.settings.slack.private)
    await desk.open_form(gesture, form)
    return None


def may_be_private(desk: Desk, how: str) -> None:
    """Before anything is opened: what is meant to be private must not be open even for a moment."""
    if "private" in how and not desk.settings.slack.private:
        raise Refused(
            "Private incidents are switched off here; nothing was opened. `slack.private: true`"
            " in the configuration switches them on, with the scopes that it takes."
        )


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
        usage="[--private] [--test] <what fails>",
        help="open an incident",
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
