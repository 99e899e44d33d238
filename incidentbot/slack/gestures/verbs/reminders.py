"""The buttons of a reminder: not now, or not at all."""

from datetime import timedelta

from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents import cadence, lifecycle
from incidentbot.slack.blocks import replies, telling
from incidentbot.slack.blocks.kit import Message, when
from incidentbot.slack.gestures.act import Act, Click
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of
from incidentbot.slack.outbound import outbox


def snooze(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    _, minutes, name = _parts(gesture)
    until = clock.now() + timedelta(minutes=minutes)
    if not cadence.snooze(session, incident.id, until):
        return replies.plain(f"Nothing is due for {incident.id} any more.")
    words = f"I remind you again at {when(until, '{time}')}."
    _answer(desk, session, gesture, incident.id, name, words)
    return None


def dismiss(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    _, _, name = _parts(gesture)
    if incident.next_update_at is not None:
        cadence.dismiss(session, incident.id)
        text = "The promised update is taken back; the next one comes when something changes."
        lifecycle.note(session, incident.id, text, gesture.person)
    words = "no more reminders until the next update names a time."
    _answer(desk, session, gesture, incident.id, name, words)
    return None


def _answer(
    desk: Desk, session: Session, gesture: Gesture, incident_id: str, name: str, words: str
) -> None:
    """The reminder itself says what became of it."""
    view = desk.present.view(session, incident_id)
    target = outbox.about(incident_id, gesture.person.id)
    outbox.edit(session, name, target, telling.settled(view, words))


def _parts(gesture: Gesture) -> tuple[str, int, str]:
    incident_id, minutes, name = gesture.value.split("|", 2)
    return incident_id, int(minutes), name


ACTS: tuple[Act, ...] = (Click("update.snooze", snooze), Click("update.dismiss", dismiss))
