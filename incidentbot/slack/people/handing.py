"""The command on its way from one person to another: what the two of them are told."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.incidents import handover
from incidentbot.incidents.handover import Offer
from incidentbot.slack.blocks import crew, replies
from incidentbot.slack.blocks.crew import Briefing
from incidentbot.slack.gestures.gesture import Desk
from incidentbot.slack.outbound import outbox
from incidentbot.store.models import ActionItem, Timer

LAST = 5  # lines of the story in a briefing


def ask(desk: Desk, session: Session, offer: Offer) -> None:
    """The other one hears where we stand, and is asked."""
    outbox.post(session, offer.id, offer.to.id, crew.offered(briefing(desk, session, offer)))


def briefing(desk: Desk, session: Session, offer: Offer) -> Briefing:
    number = offer.incident_id
    items = session.scalars(select(ActionItem).filter_by(incident_id=number, state="open"))
    story = timeline.told(timeline.read(session, number))
    loud = [e for e in story if not e.data.get("quiet") and e.kind not in ("page", "external")]
    view = desk.present.view(session, number)
    return Briefing(
        view=view,
        giver=offer.giver.name,
        until=offer.until,
        actions=[f"{item.text} ({_owner(desk, item)})" for item in items],
        running=desk.runbooks.not_normal(session, number),
        last=[(entry.at, entry.text) for entry in loud[-LAST:]],
        next_update=view.next_update_at,
    )


def tell(session: Session, offer: Offer, person: str, text: str, what: str) -> None:
    """Tell one of the two, alone, what became of it."""
    outbox.post(session, f"{offer.id}:{what}", person, replies.plain(text))


def kept(session: Session, offer: Offer) -> None:
    """The other one hears that the offer was taken back."""
    text = f"{offer.giver.name} keeps the command of {offer.incident_id} after all."
    tell(session, offer, offer.to.id, text, "kept")


def expired(session: Session, timer: Timer, now: datetime) -> None:
    """Its timer is due: nobody answered."""
    offer = handover.expire(session, timer)
    number, giver, to = offer.incident_id, offer.giver, offer.to
    tell(session, offer, giver.id, f"{to.name} did not answer: you command {number}.", "giver")
    tell(session, offer, to.id, f"The offer is over: {giver.name} commands {number}.", "to")


def _owner(desk: Desk, item: ActionItem) -> str:
    return desk.directory.name(item.owner) if item.owner else "nobody"
