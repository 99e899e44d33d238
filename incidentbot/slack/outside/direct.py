"""Direct messages to subscribers: one per incident and person, edited as it goes on.

An edit makes no noise. What must not be missed is a message of its own: that it got worse, that
it is mitigated, that the harm is back, that it is over.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot.incidents import subscriptions
from incidentbot.slack.blocks import telling
from incidentbot.slack.blocks.view import IncidentView
from incidentbot.slack.outbound import outbox
from incidentbot.store.models import Delivery, Incident
from incidentbot.timeline import Entry


def tell(session: Session, incident: Incident, view: IncidentView, entry: Entry) -> None:
    """What this entry changes for those who want to hear of it, and may."""
    if not view.channel:
        return  # told with its channel, in a moment; without Slack nobody could be told anyway
    for person in subscriptions.audience(session, incident):
        id, target = f"dm:{incident.id}:{person}", outbox.about(incident.id, person)
        if session.scalar(select(Delivery.seq).filter_by(id=id)) is not None:
            if is_loud(entry):
                outbox.post(session, f"{id}:{entry.seq}", target, telling.news(view, entry))
            outbox.edit(session, id, target, telling.direct(view))
        elif incident.status != "resolved":
            outbox.post(session, id, target, telling.direct(view))


def is_loud(entry: Entry) -> bool:
    """Whether it must not be missed."""
    data = entry.data
    if entry.kind == "severity":
        return int(data.get("to", 5)) < int(data.get("from", 0))
    if entry.kind != "state":
        return False
    back = data.get("previous") in ("mitigated", "resolved")
    return back or data.get("status") in ("mitigated", "resolved")
