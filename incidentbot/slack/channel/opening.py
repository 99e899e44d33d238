"""The workflow that gives an incident its channel: one channel, whatever dies or repeats.

First the channel (looked for before it is made again), then in one transaction everything that
belongs in it: the declarer's invitation and the first card go out side by side, the rest behind
them. Who is on call may have to be looked up, so they are invited a moment later.
"""

import asyncio
import logging
from collections import defaultdict
from datetime import timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import durable, timeline
from incidentbot.errors import Permanent
from incidentbot.incidents import lifecycle, people, privacy
from incidentbot.settings import Settings
from incidentbot.slack.blocks.view import IncidentView
from incidentbot.slack.channel import care, going_private, naming
from incidentbot.slack.outbound import outbox, settle
from incidentbot.slack.outbound.classify import NO_ANSWER, Kind, Outcome, classify
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.slack.outbound.outbox import Rank
from incidentbot.slack.people import summons
from incidentbot.slack.people.directory import Directory
from incidentbot.slack.present import Presenter
from incidentbot.store import Store, changed, insert_once
from incidentbot.store.models import Channel, Incident

log = logging.getLogger(__name__)

Ready = tuple[int, IncidentView]  # the view as of that entry of the timeline

LONGEST_PAUSE = 30.0
FORBIDDEN_PAUSE = 300.0  # a person has to change something first
YOUNG = timedelta(minutes=5)  # a channel of that name made so long before is of another story


class Opening:
    def __init__(
        self,
        store: Store,
        client: SlackClient,
        directory: Directory,
        settings: Settings,
        presenter: Presenter,
    ) -> None:
        self._store = store
        self._client = client
        self._directory = directory
        self._settings = settings
        self._present = presenter
        self._furnishing = asyncio.Semaphore(1)  # not a crowd before the cards of others
        # Two creates with one name at the same moment can both succeed, so they take turns.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def run(self, incident_id: str) -> None:
        """The workflow `open`. It ends when the channel exists and its contents are queued."""
        pause = 1.0
        while (wait := await durable.step(self.make_channel, incident_id)) is not None:
            await durable.sleep(max(wait, pause))
            pause = min(pause * 2, LONGEST_PAUSE)
        await durable.step(self.furnish, incident_id)

    async def make_channel(self, incident_id: str) -> float | None:
        """None when the channel is there, else the seconds until another try makes sense."""
        # Ahead of the readers: somebody waits for the channel, and for what is in it.
        wanted = await self._store.first(_wanted, incident_id, self._settings.slack.channel_prefix)
        if wanted is None:
            return None
        async with self._turns[wanted["name"]]:
            # The card is made ready while Slack makes the channel.
            ready = asyncio.create_task(self._store.first(self._ready, incident_id))
            try:
                channel = await self._create(wanted)
            except (SlackApiError, *NO_ANSWER) as error:
                ready.cancel()
                outcome = self._client.meaning(error, "conversations.create")
                return await self._store.tx(self._not_yet, incident_id, outcome)
            private = wanted["private"]
            fits = await self._store.first(self._made, incident_id, channel, private, await ready)
            return None if fits else 0.0

    async def furnish(self, incident_id: str) -> None:
        """Queue what may come a moment later. Ids make a second run change nothing."""
        async with self._furnishing:
            await self._store.tx(self._complete, incident_id)

    async def _create(self, wanted: dict[str, Any]) -> dict[str, Any]:
        for number in range(1, naming.NUMBERS):
            name = naming.channel_name(wanted["prefix"], wanted["at"], wanted["title"], number)
            # Private or none: what is private never falls back to a public channel.
            how = {"is_private": True} if wanted["private"] else {}
            try:
                answer = await self._client.paced("conversations.create", {"name": name} | how)
                return dict(answer["channel"])
            except SlackApiError as error:
                if classify(error).code != "name_taken":
                    raise
                ours = await self._ours(name, wanted)
                if ours is not None:
                    return ours
        raise Permanent(f"{naming.NUMBERS} channel names in a row are taken, {name} the last")

    async def _ours(self, name: str, wanted: dict[str, Any]) -> dict[str, Any] | None:
        """The channel of that name if we made it for this incident: lately, and for no other."""
        me = await self._client.me()
        for channel in await self._directory.channels():
            mine = channel["name"] == name and channel.get("creator") == me["user_id"]
            old = float(channel.get("created") or 0) < (wanted["at"] - YOUNG).timestamp()
            alike = bool(channel.get("is_private")) == wanted["private"]
            if mine and alike and not old and not channel.get("is_archived"):
                free = await self._store.tx(_unused, channel["id"])
                return channel if free else None
        return None

    def _not_yet(self, session: Session, incident_id: str, outcome: Outcome) -> float:
        log.warning("slack: no channel for %s yet: %s", incident_id, outcome.code)
        words = f"{outcome.code} {outcome.detail}".strip()
        session.get_one(Channel, incident_id).error = words[:500]
        if outcome.kind is Kind.DEAD:
            return self._client.reach.patience.refused
        if outcome.kind is Kind.FORBIDDEN:
            # No channel, but all else goes on: the story, the announcements, the commands.
            settle.forbidden(session, "conversations.create", outcome)
        if outcome.kind in (Kind.FORBIDDEN, Kind.FINAL):
            going_private.no_room(session, incident_id, words)
        if outcome.kind is Kind.FORBIDDEN:
            return FORBIDDEN_PAUSE
        return outcome.wait if outcome.wait else LONGEST_PAUSE

    def _ready(self, session: Session, incident_id: str) -> Ready:
        view = self._present.view(session, incident_id)
        return lifecycle.get(session, incident_id).last_seq, view

    def _made(
        self,
        session: Session,
        incident_id: str,
        channel: dict[str, Any],
        private: bool,
        ready: Ready,
    ) -> bool:
        """The channel is known and its first contents are queued: all of it or nothing.

        False when the incident was made private while a public channel was on its way: that one is
        left before anything is said in it.
        """
        changed(session, outbox.TOPIC)  # first, so that delivery wakes before all other readers
        asked = summons.asked(session, incident_id)
        row = session.get_one(Channel, incident_id)
        row.channel_id, row.name, row.state, row.error = channel["id"], channel["name"], "open", ""
        incident = lifecycle.get(session, incident_id)
        if incident.private == private:
            seq, view = ready
            if incident.last_seq != seq:
                view = self._present.view(session, incident_id)  # something was said meanwhile
            self._urgent(session, incident_id, view)
            self._call_in(session, incident_id, asked)
        timeline.append(
            session,
            incident_id,
            "external",
            f"The channel #{row.name} was opened.",
            data={"what": "channel", "channel": row.channel_id, "name": row.name},
            key=f"channel:{incident_id}:{row.channel_id}",
        )
        if lifecycle.get(session, incident_id).private == private:
            return True
        row.state = privacy.LEAVING
        going_private.move(session, incident_id, self._present)
        return False

    def _urgent(self, session: Session, incident_id: str, view: IncidentView) -> None:
        """What somebody waits for: to be in the channel, and to see the card there."""
        room = outbox.to_incident(incident_id)
        opener = _opener(lifecycle.get(session, incident_id))
        if opener:
            _invite(session, f"invite:{incident_id}", room, opener, Rank.URGENT)
        card = self._present.card(view)
        outbox.post(session, f"card:{incident_id}", room, card, rank=Rank.URGENT)

    def _complete(self, session: Session, incident_id: str) -> None:
        channel = session.get_one(Channel, incident_id)
        if channel.state == "made":
            channel.state = "open"  # an earlier version left it so
        if channel.state != "open":
            return  # it is being left; what comes after it will do this again
        view = self._present.view(session, incident_id)
        self._urgent(session, incident_id, view)
        card, room = f"card:{incident_id}", outbox.to_incident(incident_id)
        outbox.send(session, f"pin:{incident_id}", "pins.add", room, {}, after=card)
        self._present.topic(session, view)
        care.furnish(session, self._settings, view)

    def _call_in(self, session: Session, incident_id: str, asked: list[str]) -> None:
        """Whoever was asked by now; who is asked later is invited by that entry (see summons).

        Into a private one its members and nobody else.
        """
        incident = lifecycle.get(session, incident_id)
        called = privacy.members(session, incident_id) if incident.private else asked
        others = [person for person in called if person not in _opener(incident)]
        if others:
            room, id = outbox.to_incident(incident_id), f"invite:{incident_id}:asked"
            _invite(session, id, room, others, Rank.TALK)


def _invite(session: Session, id: str, room: str, people: list[str], rank: Rank) -> None:
    args = {"users": people, "force": True}
    outbox.send(session, id, "conversations.invite", room, args, rank=rank)


def _opener(incident: Incident) -> list[str]:
    return [] if incident.opened_by == people.BOT else [incident.opened_by]


def _wanted(session: Session, incident_id: str, prefix: str) -> dict[str, Any] | None:
    incident = lifecycle.get(session, incident_id)
    prefix = naming.prefix_of(prefix, private=incident.private, test=incident.test)
    name = naming.channel_name(prefix, incident.detected_at, incident.title)
    insert_once(
        session,
        Channel,
        incident_id=incident_id,
        channel_id=None,
        name=name,
        state="wanted",
        error="",
    )
    if session.get_one(Channel, incident_id).channel_id is not None:
        return None
    about = {"at": incident.detected_at, "title": incident.title, "name": name}
    return about | {"prefix": prefix, "private": incident.private}


def _unused(session: Session, channel_id: str) -> bool:
    return session.scalar(select(Channel).filter_by(channel_id=channel_id)) is None
