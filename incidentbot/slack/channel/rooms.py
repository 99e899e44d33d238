"""What people do to an incident's channel, and to the app: told in the timeline, healed or asked.

An event of Slack and a delivery that fails come to the same place, whichever is first: the loss of
a room is one entry, however often it is noticed. It is healed once by itself; after that it is
somebody's wish, and people are asked instead. Meanwhile the messages wait in the outbox.
Each handler is named like the event it takes.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.incidents import lifecycle, privacy
from incidentbot.slack.blocks import kit
from incidentbot.slack.channel import care
from incidentbot.slack.outbound import ledger, line, outbox
from incidentbot.slack.outbound.outbox import ANNOUNCE, Rank
from incidentbot.store import changed
from incidentbot.store.models import Channel, Delivery, Incident, Line, TimelineEntry

log = logging.getLogger(__name__)

Event = Mapping[str, Any]
HEALS = 1  # how often a room is brought back without asking


def channel_archive(session: Session, event: Event) -> None:
    """A person archived it. While the incident lives it is opened again, once."""
    channel = _ours(session, event["channel"])
    if channel is not None and channel.state != care.ARCHIVED:  # else it was our own doing
        _lost(session, channel, "archived", str(event.get("user") or ""))


def channel_unarchive(session: Session, event: Event) -> None:
    channel = _ours(session, event["channel"])
    if channel is not None:
        care.came_back(session, str(channel.channel_id))
        back(session, channel.incident_id, "was opened again", str(event.get("user") or ""))


def channel_rename(session: Session, event: Event) -> None:
    """The new name is the name from now on."""
    channel, name = _ours(session, event["channel"]["id"]), str(event["channel"]["name"])
    if channel is None or channel.name == name:
        return
    text = f"The channel #{channel.name} is called #{name} now."
    before, channel.name = channel.name, name[:80]
    data = {"what": "channel", "channel": channel.channel_id, "name": name, "before": before}
    timeline.append(session, channel.incident_id, "external", text, data=data)


def channel_deleted(session: Session, event: Event) -> None:
    channel = _ours(session, event["channel"])
    if channel is not None:
        _lost(session, channel, "deleted", str(event.get("actor_id") or ""))


def channel_id_changed(session: Session, event: Event) -> None:
    """Slack gave the channel another id; what waits for the old one goes to the new one."""
    old, new = str(event["old_channel_id"]), str(event["new_channel_id"])
    waits = Delivery.state.in_(ledger.WAITING)
    session.execute(update(Delivery).where(Delivery.target == old, waits).values(target=new))
    channel = _ours(session, old)
    if channel is None:
        return
    channel.channel_id = new
    text = f"Slack gave the channel #{channel.name} another id."
    data = {"what": "channel", "channel": new, "before": old}
    timeline.append(session, channel.incident_id, "external", text, data=data)
    ledger.hurry(session, outbox.to_incident(channel.incident_id))


def channel_left(session: Session, event: Event) -> None:
    """We were taken out of a channel. A public one we join again, once; else somebody is asked."""
    channel = _ours(session, event["channel"])
    if channel is not None:
        _lost(session, channel, "left", str(event.get("actor_id") or ""))


def group_left(session: Session, event: Event) -> None:
    """The same of a private channel, which only a person can let us into."""
    channel = _ours(session, event["channel"])
    if channel is not None:
        _lost(session, channel, "shut", str(event.get("actor_id") or ""))


def member_left_channel(session: Session, event: Event) -> None:
    if event.get("user") == _me(session):
        (group_left if event.get("channel_type") == "G" else channel_left)(session, event)


def member_joined_channel(session: Session, event: Event) -> None:
    channel = _ours(session, event["channel"])
    if channel is not None and event.get("user") == _me(session):
        care.came_back(session, str(channel.channel_id))
        back(session, channel.incident_id, "has me in it again", str(event.get("inviter") or ""))


def app_uninstalled(session: Session, event: Event) -> None:
    """The app is gone: nothing is sent until Slack takes our token again."""
    _refused(session, "app_uninstalled", "The app was removed from Slack.")


def tokens_revoked(session: Session, event: Event) -> None:
    if (event.get("tokens") or {}).get("bot"):
        _refused(session, "token_revoked", "Slack took the bot's token back.")


HANDLERS: dict[str, Callable[[Session, Event], None]] = {
    handler.__name__: handler
    for handler in (
        channel_archive, channel_unarchive, channel_rename, channel_deleted, channel_id_changed,
        channel_left, group_left, member_left_channel, member_joined_channel, app_uninstalled,
        tokens_revoked,
    )
} | {
    "group_archive": channel_archive,
    "group_unarchive": channel_unarchive,
    "group_rename": channel_rename,
    "group_deleted": channel_deleted,
}  # fmt: skip


def refused(session: Session, incident_id: str, code: str) -> None:
    """A delivery could not go into an incident's channel: the same as if an event had told us."""
    channel = session.get(Channel, incident_id)
    how = {"is_archived": "archived", "is_inactive": "archived", "not_in_channel": "shut"}
    if channel is not None:
        _lost(session, channel, how.get(code, "unseen"), "")


def not_healed(session: Session, incident_id: str, code: str) -> None:
    """Slack did not let us bring the room back: now people are asked."""
    channel = session.get_one(Channel, incident_id)
    number = _count(session, f"room-back:{incident_id}:")
    why = f"I tried to bring it back, but Slack does not let me ({code})."
    _ask(session, channel, number, f"The channel #{channel.name} is closed to me. {why}")


def back(session: Session, incident_id: str, how: str, by: str = "") -> None:
    """The room is there again: say so once, and send what waited for it."""
    number = _count(session, f"room-back:{incident_id}:")
    if _count(session, f"room-lost:{incident_id}:") <= number:
        return
    channel = session.get_one(Channel, incident_id)
    text = f"The channel #{channel.name} {how}."
    data = {"what": "channel", "channel": channel.channel_id, "by": by}
    key = f"room-back:{incident_id}:{number}"
    timeline.append(session, incident_id, "external", text, data=data, key=key)
    ledger.hurry(session, outbox.to_incident(incident_id))
    changed(session, outbox.TOPIC)


WORDS = {
    "archived": "was archived",
    "deleted": "was deleted",
    "left": "has me in it no more",
    "shut": "has me in it no more",
    "unseen": "cannot be seen by me any more",
}


def _lost(session: Session, channel: Channel, how: str, by: str) -> None:
    if channel.state in (care.ARCHIVED, privacy.LEAVING):
        return  # nothing is to be said there
    id, number = channel.incident_id, _count(session, f"room-back:{channel.incident_id}:")
    text = f"The channel #{channel.name} {WORDS[how]}."
    data = {"what": "channel", "channel": channel.channel_id, "lost": how, "by": by}
    key = f"room-lost:{id}:{number}"
    actor = by or "incidentbot"
    if timeline.append(session, id, "external", text, actor=actor, data=data, key=key) is None:
        return
    if lifecycle.get(session, id).status == "resolved":
        return
    steps = {"archived": ("conversations.unarchive", "conversations.join"),
             "left": ("conversations.join",)}.get(how, ())  # fmt: skip
    if not steps or number >= HEALS:
        _ask(session, channel, number, text)
        return
    room = outbox.to_incident(id)
    for method in steps:
        heal = f"{heal_id(id)}{number}:{method}"
        outbox.send(session, heal, method, room, {}, lane=f"{room}/heal", rank=Rank.URGENT)


def heal_id(incident_id: str) -> str:
    """How the ids of the calls that bring a room back begin."""
    return f"heal:{incident_id}:"


def _ask(session: Session, channel: Channel, number: int, what: str) -> None:
    """Where the channel of a living incident is gone, people hear of it elsewhere, once."""
    incident = lifecycle.get(session, channel.incident_id)
    advice = (
        f"Nothing is lost: what is said waits, and the commands work from any channel with the"
        f" number, like `status {incident.id}`. To go on in the channel, open it again if it was"
        f" archived and invite me; where it was deleted, declare a new incident for the talk."
    )
    lines = [f"*{incident.id}* {kit.esc(incident.title, 200)}", kit.esc(what), advice]
    message = kit.message(f"{incident.id}: {what}", [kit.section("\n".join(lines))])
    id = f"room:{incident.id}:{number}"
    _announce(session, incident, id, message)
    person = lifecycle.roles(session, incident.id).get("commander") or incident.opened_by
    if person[:1] in ("U", "W"):
        outbox.post(session, f"{id}:{person}", person, message, rank=Rank.URGENT)


def _announce(session: Session, incident: Incident, id: str, message: kit.Message) -> None:
    outbox.post(session, id, outbox.about(incident.id, ANNOUNCE), message)


def _refused(session: Session, code: str, text: str) -> None:
    if line.read(session).state == "refused":
        return
    row = session.get_one(Line, line.NAME)
    row.since = row.since if row.state == "away" else clock.now()
    row.state, row.code = "refused", code
    log.error("slack: %s What is to be said waits until the app is installed again.", text)
    told = f"{text} What is said is kept, and told there when Slack takes us back."
    live = select(Incident.id).where(Incident.status != "resolved")
    for incident_id in session.scalars(live).all():
        timeline.append(session, incident_id, "external", told, data={"what": "slack"})
    changed(session, outbox.TOPIC)


def _ours(session: Session, channel_id: object) -> Channel | None:
    return session.scalar(select(Channel).filter_by(channel_id=str(channel_id)))


def _me(session: Session) -> str:
    return line.read(session).me or "?"


def _count(session: Session, head: str) -> int:
    rows = select(func.count()).where(TimelineEntry.key.startswith(head, autoescape=True))
    return session.scalar(rows) or 0
