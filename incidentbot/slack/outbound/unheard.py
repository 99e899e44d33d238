"""A channel that is to hear of incidents and does not: a notice says so once, and each incident.

What is to be said there waits. The notice is on the bot's own pages and goes to whoever follows by
webhook; the incident's own channel hears of it too, for the notice may have nowhere else to go.
"""

import logging

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.incidents import notices
from incidentbot.slack.blocks import kit
from incidentbot.slack.outbound import outbox
from incidentbot.store.models import Delivery

log = logging.getLogger(__name__)

UNSEEN = "not_seen"  # our own word: no channel of that name is shown to us
WHYS = {
    "not_in_channel": "the bot is not in it",
    "channel_not_found": "it is private and the bot is not in it, or it was deleted",
    "is_archived": "it is archived",
    "is_inactive": "it is archived",
    UNSEEN: "the bot cannot see a channel of that name; if it is private, its id has to stand in"
    " the configuration",
}
STEP = "Type /invite @ and the bot's name in it; what is to be said there waits for that."


def say(session: Session, row: Delivery, code: str, detail: str = "") -> None:
    """Tell it of the place that this delivery is for, with Slack's word for the refusal."""
    place = outbox.place_of(row.target)
    why = WHYS.get(code, f"Slack refuses ({code})") + (f" ({detail})" if detail else "")
    where = "the announcement channel" if place == outbox.ANNOUNCE else f"the channel {place}"
    text = f"Nobody hears of incidents in {where}: {why}. {STEP} `incidentbot doctor` looks at it."
    if notices.write(session, "slack", f"unheard:{place}:{code}", text, at=clock.now()):
        log.error("slack: %s", text)
    if row.target.startswith(outbox.ABOUT):
        incident_id = row.target.split(":", 2)[1]
        told = f"Not announced in {where} yet: {why}. {STEP}"
        data = {"what": "not announced", "place": place, "why": code}
        key = f"unheard:{incident_id}:{place}"
        if timeline.append(session, incident_id, "external", told, data=data, key=key):
            said = kit.message(told, [kit.context(f":mute: {kit.esc(told)}")])
            outbox.post(session, key, outbox.to_incident(incident_id), said)


def look(session: Session, name: str) -> None:
    """Nobody finds a channel of that name: tell it of all that waits for it and was not told."""
    waiting = select(Delivery).where(
        Delivery.state == "queued",
        Delivery.error == "",
        or_(
            Delivery.target == name,
            Delivery.target.startswith(outbox.ABOUT)
            & Delivery.target.endswith(f":{name}", autoescape=True),
        ),
    )
    for row in session.scalars(waiting).all():
        row.error = UNSEEN
        say(session, row, UNSEEN)
