"""Care of an incident's channel: what it is for, its bookmarks, and its end.

All of it comes last and delays nothing. Bookmarks go one at a time, each once: Slack refuses those
of one channel that come together.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, ids, timeline, timers
from incidentbot.incidents import lifecycle
from incidentbot.settings import DependencySettings, Settings, format_duration
from incidentbot.slack.blocks import card, kit
from incidentbot.slack.blocks.view import IncidentView
from incidentbot.slack.outbound import ledger, outbox
from incidentbot.store import changed
from incidentbot.store.models import Channel, Delivery, Document, Incident, IncidentLink, Timer
from incidentbot.timeline import Entry

ARCHIVE = "archive"  # the kind of the timer
MERGED = timedelta(hours=1)  # a merged incident's channel points to the other one; then it goes
SOON, DAY = timedelta(minutes=1), timedelta(days=1)
OPEN, ARCHIVED = "open", "archived"  # states of a channel
LOOKS_AT = ("state", "document", "external", "note", "update")  # entries that may bring a link


class Care:
    """A reader of the timeline, beside the projection: what an entry means for the channel."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def noticed(self, session: Session, entry: Entry) -> None:
        if entry.kind in LOOKS_AT:
            bookmarks(session, self._settings, entry.incident_id)
        if entry.kind == "state":
            self._plan_the_end(session, entry)

    def _plan_the_end(self, session: Session, entry: Entry) -> None:
        incident = lifecycle.get(session, entry.incident_id)
        key = f"{ARCHIVE}:{incident.id}"
        wanted = self._settings.slack.archive and not incident.private
        if not _is_over(incident) or not wanted:
            timers.cancel(session, key)
            return
        due = self._after(incident) + (incident.resolved_at or entry.at)
        timers.set_timer(session, key, ARCHIVE, due, incident_id=incident.id)

    def _after(self, incident: Incident) -> timedelta:
        usual = self._settings.slack.archive_after
        return min(usual, MERGED) if incident.merged_into else usual

    def archive(self, session: Session, timer: Timer, now: datetime) -> None:
        """The timer's handler: one quiet line, then the channel is closed.

        A private channel is never archived: Slack lets no bot back into one.
        """
        incident = lifecycle.get(session, str(timer.incident_id))
        channel = session.get(Channel, incident.id, with_for_update=True)
        if not _is_over(incident) or incident.private or channel is None:
            return
        if channel.state != OPEN or channel.channel_id is None:
            return
        if _waits(session, incident.id):
            again = now + SOON  # what is still to be said there is said first
            timers.set_timer(session, timer.key, ARCHIVE, again, incident_id=incident.id)
            return
        self._close(session, incident, channel, channel.channel_id)

    def _close(self, session: Session, incident: Incident, channel: Channel, room: str) -> None:
        after = format_duration(self._after(incident))
        text = f"All is over for {after}: this channel is archived now. Reopening brings it back."
        one = f"{incident.id}:{incident.last_seq}"
        line = kit.message(text, [kit.context(f"{text} `reopen {incident.id}`")])
        lane = f"{room}/end"
        outbox.post(session, f"last:{one}", room, line, lane=lane)
        outbox.send(session, f"archive:{one}", "conversations.archive", room, {}, lane=lane)
        channel.state = ARCHIVED  # from here on messages wait, until it is opened again
        timeline.append(
            session,
            incident.id,
            "external",
            f"The channel #{channel.name} was archived, {after} after the end.",
            data={"what": ARCHIVED, "channel": room},
            key=f"archived:{one}",
        )


def _is_over(incident: Incident) -> bool:
    return incident.status == "resolved" or incident.merged_into is not None


def furnish(session: Session, settings: Settings, view: IncidentView) -> None:
    """What a new channel needs beside card and topic."""
    room = outbox.to_incident(view.id)
    args = {"purpose": card.purpose(view)}
    id = f"purpose:{view.id}:{view.channel}"
    outbox.send(session, id, "conversations.setPurpose", room, args)
    bookmarks(session, settings, view.id)


def bookmarks(session: Session, settings: Settings, incident_id: str) -> None:
    """Those that are wanted now; each is queued once for each channel."""
    channel = session.get(Channel, incident_id)
    if channel is None or channel.state != OPEN or channel.channel_id is None:
        return
    if _forbidden(session):
        return
    incident, room = lifecycle.get(session, incident_id), outbox.to_incident(incident_id)
    for title, link in _wanted(session, settings, incident):
        id = f"bookmark:{incident_id}:{ids.short(channel.channel_id, link)}"
        args = {"channel_id": channel.channel_id, "title": kit.cut(title, 80), "type": "link"}
        outbox.send(session, id, "bookmarks.add", room, args | {"link": link})


def _forbidden(session: Session) -> bool:
    """Without the scope for them each would be refused; a day later it may have been granted."""
    refused = select(Delivery.seq).where(
        Delivery.method == "bookmarks.add",
        Delivery.state == "failed",
        Delivery.error.startswith("missing_scope"),
        Delivery.created_at > clock.now() - DAY,
    )
    return session.scalar(refused.limit(1)) is not None


def _wanted(session: Session, settings: Settings, incident: Incident) -> Iterator[tuple[str, str]]:
    """(title, address), the most useful first."""
    base = settings.web.public_url
    dependency = next((d for d in settings.dependencies if d.name == incident.dependency), None)
    page = f"/dependencies/{dependency.name}" if dependency else "/"
    yield ("What the probes see", base + page)
    if dependency is not None:
        yield from _vendor_pages(settings, dependency)
    if settings.slack.meeting:
        yield ("Meeting", settings.slack.meeting.replace("{incident}", incident.id.lower()))
    links = select(IncidentLink).filter_by(incident_id=incident.id).order_by(IncidentLink.at)
    for row in session.scalars(links.where(IncidentLink.kind != "incident")):
        yield (row.title or row.target, row.target)
    document = session.get(Document, (incident.id, "html"))
    if document is not None and not incident.private:
        yield ("Postmortem", f"{base}/documents/{incident.id}/{Path(document.path).name}")


def _vendor_pages(settings: Settings, dependency: DependencySettings) -> Iterator[tuple[str, str]]:
    """The page that the feed belongs to: people do not read feeds."""
    feeds = {feed.name: feed for feed in settings.feeds}
    for name in dependency.feeds[:1]:
        if name in feeds and feeds[name].url:
            parts = urlsplit(feeds[name].url)
            yield (f"Status page of {feeds[name].vendor}", f"{parts.scheme}://{parts.netloc}/")


def _waits(session: Session, incident_id: str) -> bool:
    room = outbox.to_incident(incident_id)
    waiting = Delivery.state.in_(("queued", "doubt", "sending"))
    return session.scalar(select(Delivery.seq).filter_by(target=room).where(waiting)) is not None


def came_back(session: Session, channel_id: str) -> bool:
    """Somebody let us into an archived channel again: what waits for it goes on."""
    channel = session.scalar(select(Channel).filter_by(channel_id=channel_id))
    if channel is None or channel.state != ARCHIVED:
        return False
    channel.state = OPEN
    ledger.hurry(session, outbox.to_incident(channel.incident_id))
    changed(session, outbox.TOPIC)
    return True
