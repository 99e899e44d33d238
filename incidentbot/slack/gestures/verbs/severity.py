"""How bad it is, and why."""

from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle
from incidentbot.slack.blocks import replies, running
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of, without_number


def form(desk: Desk, session: Session, gesture: Gesture) -> View:
    incident = incident_of(session, gesture)
    lifecycle.still_open(session, incident.id)
    return running.severity(incident.id, incident.severity, gesture.channel)


def by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    wanted, _, reason = without_number(gesture, gesture.text).partition(" ")
    return _set(session, gesture, wanted, reason.strip())


def by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    values = gesture.values
    return _set(session, gesture, values.get("severity", ""), values.get("reason", "").strip())


def _set(session: Session, gesture: Gesture, wanted: str, reason: str) -> Message | None:
    incident = incident_of(session, gesture)
    if not wanted.isdecimal() or int(wanted) not in lifecycle.SEVERITIES:
        allowed = ", ".join(f"{n} {word}" for n, word in lifecycle.SEVERITIES.items())
        raise Refused(f"Name a severity: {allowed}. {incident.id} has {incident.severity} now.")
    if lifecycle.set_severity(session, incident.id, int(wanted), gesture.person, reason):
        return None
    return replies.plain(f"{incident.id} has severity {wanted} already.")


ACTS: tuple[Act, ...] = (
    Verb(
        "severity",
        by_words,
        usage="<1-5> [why]",
        help="1 critical, 2 major, 3 partial, 4 minor, 5 cosmetic",
        group="Run it",
        label="Change severity",
        form=form,
        other_names=("sev",),
    ),
    Form("incident.severity", by_form),
)
