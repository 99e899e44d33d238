"""Gestures about a message: which message was meant, and for which incident it may be."""

from collections.abc import Sequence
from functools import wraps
from typing import Any

from sqlalchemy.orm import Session

from incidentbot.errors import Refused, Temporary
from incidentbot.incidents import lifecycle, privacy
from incidentbot.incidents.people import Person
from incidentbot.incidents.rights import RESPONDER, require
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.blocks.writing import Choice
from incidentbot.slack.gestures.gesture import Desk, Gesture, SlowHandler, here_of
from incidentbot.slack.inbound import again
from incidentbot.store.models import InboxItem, Incident

NONE_OPEN = "There is no incident yet that it could belong to. Declare one first."


def responder(desk: Desk, gesture: Gesture, what: str) -> None:
    """For events, which Slack sends whoever caused them. Raises Refused, naming who may."""
    require(desk.directory.rights, gesture.person.rights, RESPONDER, what)


def patient(does: SlowHandler) -> SlowHandler:
    """Where Slack cannot be asked now, do it again later; in the end, say that it was not done."""

    @wraps(does)
    async def perhaps_later(desk: Desk, gesture: Gesture) -> Message | None:
        try:
            return await does(desk, gesture)
        except Temporary as error:
            if await desk.store.tx(again.later, gesture.key, error.retry_after or 5.0):
                return None
            raise Refused(f"{error.message} Nothing was kept; please try again later.") from error

    return perhaps_later


def is_machine(desk: Desk, person: str) -> bool:
    """Bots are never answered: they would answer back."""
    known = desk.directory.known(person)
    return not person or (known is not None and known.kind == "bot")


def choices(session: Session, person: Person) -> list[Choice]:
    """The incidents that may be meant, the open ones first. Raises Refused when there is none."""
    rows = [row for row in lifecycle.listed(session, to=person) if row.merged_into is None]
    if not rows:
        raise Refused(NONE_OPEN)
    return [Choice(row.id, row.title, row.status) for row in rows]


def named(session: Session, incident_id: str, gesture: Gesture) -> Incident:
    """The incident that a form or a menu names, if this person may see it."""
    if here_of(session, gesture.channel) == incident_id:
        return lifecycle.get(session, incident_id)
    return privacy.visible(session, incident_id, gesture.person)


def stored(session: Session, key: str) -> dict[str, Any]:
    """What Slack sent with the shortcut of that key: a form carries the key, not the message."""
    row = session.get(InboxItem, key)
    if row is None or not row.payload.get("message"):
        raise Refused("That was too long ago. Please use the shortcut again.")
    return dict(row.payload)


def parts(value: str, number: int) -> Sequence[str]:
    """The ids that a button or form carries. Raises Refused for another number of them."""
    found = value.split("|")
    if len(found) != number:
        raise Refused("This button is from an older version; nothing was done.")
    return found
