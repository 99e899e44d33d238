"""Somebody comes into an incident's channel: they see where it stands, and nobody else is told."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.incidents import lifecycle, privacy
from incidentbot.slack.blocks import asked
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.channel import rooms
from incidentbot.slack.gestures.act import Act, Heard
from incidentbot.slack.gestures.gesture import Desk, Gesture, here_of
from incidentbot.slack.outbound import outbox
from incidentbot.slack.people import summons
from incidentbot.store.models import Delivery

FIRST_MINUTES = timedelta(minutes=2)  # who comes so early has missed nothing
AGAIN_AFTER = timedelta(hours=4)


def joined(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    person = desk.directory.known(gesture.person.id)
    if person is not None and person.kind == "bot":
        rooms.member_joined_channel(session, gesture.event)  # it may be us, let in again
        return None
    incident_id = here_of(session, gesture.channel)
    if incident_id is None:
        return None
    incident = lifecycle.get(session, incident_id)
    if incident.private:
        privacy.let_in(session, incident_id, gesture.person.id)
    now = clock.now()
    young = now - incident.detected_at < FIRST_MINUTES
    if young or _told_lately(session, incident_id, gesture.person.id):
        return None
    if summons.asked_since(session, incident_id, gesture.person.id, now - FIRST_MINUTES):
        return None  # they saw the call and the card as they were posted
    view = desk.present.view(session, incident_id)
    message = asked.catch_up(view, timeline.told(timeline.read(session, incident_id)))
    id = f"catch-up:{incident_id}:{gesture.person.id}:{int(now.timestamp())}"
    outbox.whisper(session, id, gesture.channel, gesture.person.id, message)
    return None


def _told_lately(session: Session, incident_id: str, person: str) -> bool:
    mine = Delivery.id.startswith(f"catch-up:{incident_id}:{person}:", autoescape=True)
    lately = Delivery.created_at > clock.now() - AGAIN_AFTER
    return session.scalar(select(Delivery.seq).where(mine, lately).limit(1)) is not None


ACTS: tuple[Act, ...] = (Heard("member_joined_channel", joined, scope="channels:read"),)
