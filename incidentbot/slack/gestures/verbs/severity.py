"""How bad it is."""

from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle
from incidentbot.slack.blocks import forms, replies
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of, without_number


def form(desk: Desk, session: Session, gesture: Gesture) -> View:
    incident = incident_of(session, gesture)
    return forms.form(
        "incident.severity",
        f"Severity of {incident.id}",
        "Change it",
        [forms.severity(incident.severity, label="How bad is it for users?")],
        about=incident.id,
        channel=gesture.channel,
    )


def by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    return _set(session, gesture, without_number(gesture, gesture.text))


def by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    return _set(session, gesture, gesture.values.get("severity", ""))


def _set(session: Session, gesture: Gesture, wanted: str) -> Message | None:
    incident = incident_of(session, gesture)
    if not wanted.isdecimal() or int(wanted) not in lifecycle.SEVERITIES:
        allowed = ", ".join(f"{n} {word}" for n, word in lifecycle.SEVERITIES.items())
        raise Refused(f"Name a severity: {allowed}. {incident.id} has {incident.severity} now.")
    if lifecycle.set_severity(session, incident.id, int(wanted), gesture.person):
        return None
    return replies.plain(f"{incident.id} has severity {wanted} already.")


ACTS: tuple[Act, ...] = (
    Verb(
        "severity",
        by_words,
        usage="<1-5>",
        help="1 critical, 2 major, 3 partial, 4 minor, 5 cosmetic",
        group="Run it",
        label="Severity",
        form=form,
        other_names=("sev",),
    ),
    Form("incident.severity", by_form),
)
