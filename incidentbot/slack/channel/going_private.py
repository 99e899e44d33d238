"""An open incident is made private: another channel takes the place of its public one.

A bot cannot turn a public channel into a private one, and what was said in it stays readable to
everybody: so the old channel is told and archived, and the incident goes on in a new, private one.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.incidents import lifecycle, privacy
from incidentbot.incidents.privacy import LEAVING
from incidentbot.slack.blocks import kit
from incidentbot.slack.outbound import outbox
from incidentbot.slack.present import Presenter
from incidentbot.store.models import Channel, Delivery, Plan

WAITING = ("queued", "doubt")
LIVE_PLANS = ("planned", "approved", "running", "in_doubt")
GOODBYE = (
    "{id} goes on in private, and this channel is archived. What was said here stays readable to"
    " everybody; an owner of the workspace can delete it. Who works on it is invited there."
)
NO_ROOM = (
    "{id} is open and private, but it has no channel: Slack does not make a private one ({why})."
    " Nothing was made public. I try again; what is missing is named by `incidentbot doctor`."
    " Until then it is worked on with `incidentbot incident show {id}`."
)


def move(session: Session, incident_id: str, present: Presenter) -> None:
    """Leave the public channel for good. A second time it finds nothing to do."""
    channel = session.get(Channel, incident_id, with_for_update=True)
    if channel is None or channel.state != LEAVING or channel.channel_id is None:
        return
    old = channel.channel_id
    _forget(session, incident_id, old)
    lane = f"{old}/end"
    text = GOODBYE.format(id=incident_id)
    said = kit.message(text, [kit.section(text)])
    outbox.post(session, f"goodbye:{incident_id}:{old}", old, said, lane=lane)
    id = f"archive:{incident_id}:{old}"
    outbox.send(session, id, "conversations.archive", old, {}, lane=lane)
    for plan_id in session.scalars(
        select(Plan.id).filter_by(incident_id=incident_id).where(Plan.state.in_(LIVE_PLANS))
    ):
        message = present.plan_message(present.plan(session, plan_id))
        outbox.post(session, f"plan:{plan_id}", outbox.to_incident(incident_id), message)
    channel.channel_id, channel.state, channel.error = None, "wanted", ""


def no_room(session: Session, incident_id: str, why: str) -> None:
    """Slack gives no channel: the story says so once, and by it the announcement goes out without
    one. Of a private incident those who may see it are told, and nobody else."""
    incident = lifecycle.get(session, incident_id)
    one = "a private one" if incident.private else "one"
    timeline.append(
        session,
        incident_id,
        "external",
        f"There is no channel: Slack does not make {one} ({why}).",
        data={"what": "no channel", "why": why},
        key=f"no-room:{incident_id}",
    )
    if not incident.private:
        return
    text = NO_ROOM.format(id=incident_id, why=why)
    said = kit.message(text, [kit.section(kit.esc(text))])
    for person in privacy.members(session, incident_id):
        outbox.post(session, f"no-room:{incident_id}:{person}", person, said)


def _forget(session: Session, incident_id: str, old: str) -> None:
    """What was sent to the old channel keeps its story under another name, so that the new one
    gets a card, a topic and so on of its own. Lines that still wait go to the new one."""
    room = outbox.to_incident(incident_id)
    for row in session.scalars(select(Delivery).filter_by(target=room)):
        waits = row.state in WAITING
        if waits and row.id.startswith("entry:"):
            continue
        if waits:
            row.state, row.error = "failed", "the incident went private"
        row.id, row.coalesce = f"{row.id}@{old}"[:200], None
