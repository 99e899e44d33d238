"""Channels that hear of incidents: one message per incident and channel, edited as it goes on.

A private incident is in none of them: what was said before it became private is taken back. Also
here: notices, what people should hear although there is no incident.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot.incidents import notices
from incidentbot.settings.slack import SlackSettings
from incidentbot.settings.telling import AlsoAnnounce
from incidentbot.slack.blocks import card, kit
from incidentbot.slack.blocks.view import IncidentView
from incidentbot.slack.outbound import outbox
from incidentbot.store import Store, insert_once
from incidentbot.store.models import Channel, Counter, Delivery, Incident, Notice
from incidentbot.timeline import Wake

CURSOR = "slack notices"  # the counter that holds the number of the last one queued


class Announcer:
    """The main channel hears of every incident, the others of what their filters let through."""

    def __init__(self, slack: SlackSettings) -> None:
        main = AlsoAnnounce(channel=slack.announce, tests=True)
        also = [one for one in slack.also_announce if one.channel != slack.announce]
        self._places = [(outbox.ANNOUNCE, main), *((name_of(one.channel), one) for one in also)]

    def show(self, session: Session, incident: Incident, view: IncidentView) -> None:
        """Begin, bring up to date or take back the message of each channel."""
        for place, wanted in self._places:
            id = _current(session, _first_id(incident.id, place))
            begun = _exists(session, id)
            target = outbox.about(incident.id, place)
            if incident.private:
                if begun:
                    # Not `about`: this is for the channel although the incident is not.
                    outbox.send(session, f"gone:{id}", "chat.delete", place, {}, after=id)
            elif begun:
                outbox.edit(session, id, target, card.announcement(view))
            elif _fits(incident, wanted) and _ready(session, incident, view):
                outbox.post(session, id, target, card.announcement(view))


def _fits(incident: Incident, wanted: AlsoAnnounce) -> bool:
    if incident.test and not wanted.tests:
        return False
    of = not wanted.dependencies or incident.dependency in wanted.dependencies
    return of and incident.severity <= wanted.severity


def _ready(session: Session, incident: Incident, view: IncidentView) -> bool:
    """Its channel is there to point at, or cannot be had; and it is not over already."""
    room = session.get(Channel, incident.id)
    refused = room is not None and bool(room.error)
    return incident.status != "resolved" and (view.channel is not None or refused)


def _first_id(incident_id: str, place: str) -> str:
    return f"announce:{incident_id}" + ("" if place == outbox.ANNOUNCE else f":{place}")


def _current(session: Session, first: str) -> str:
    """The id of the message that stands there, or would: each one taken back is followed by
    another."""
    id, number = first, 0
    while _exists(session, f"gone:{id}"):
        number += 1
        id = f"{first}~{number}"
    return id


def _exists(session: Session, id: str) -> bool:
    return session.scalar(select(Delivery.seq).filter_by(id=id)) is not None


def name_of(channel: str) -> str:
    """As a target: a name begins with #, so that it is looked up; an id is one already."""
    is_id = channel[:1] in ("C", "G") and channel.isupper()
    return channel if is_id else f"#{channel.lstrip('#')}"


async def follow(store: Store) -> None:
    """Queue each notice once, for ever."""
    wake = Wake()
    store.on_commit(notices.TOPIC, wake.ring)
    while True:
        while await store.tx(_queue_new):
            pass
        await wake.wait()


def _queue_new(session: Session) -> int:
    insert_once(session, Counter, name=CURSOR, value=0)
    cursor = session.get_one(Counter, CURSOR, with_for_update=True, populate_existing=True)
    found: Sequence[Notice] = notices.after(session, cursor.value)
    for notice in found:
        outbox.post(session, f"notice:{notice.id}", outbox.ANNOUNCE, _message(notice))
        cursor.value = notice.id
    return len(found)


def _message(notice: Notice) -> kit.Message:
    line = f"{kit.when(notice.at)}  {kit.esc(notice.text, 2500)}"
    return kit.message(notice.text, [kit.section(line)])
