"""The workflow that gives an incident its channel: one channel, whatever dies or repeats.

First the channel (looked for before it is made again), then in one transaction everything that
belongs in it: invitations and the first card go out side by side, the rest behind them.
"""

import asyncio
import logging
from typing import Any

from slack_sdk.errors import SlackApiError
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import durable, timeline
from incidentbot.errors import Permanent
from incidentbot.incidents import lifecycle, people, privacy
from incidentbot.settings import Settings
from incidentbot.slack import care, going_private, naming, outbox
from incidentbot.slack.classify import NO_ANSWER, Kind, classify
from incidentbot.slack.client import SlackClient
from incidentbot.slack.directory import Directory
from incidentbot.slack.present import Presenter
from incidentbot.store import Store, insert_once
from incidentbot.store.models import Channel, Incident

log = logging.getLogger(__name__)

NAMES = 30  # how many names in a row may be somebody else's
LONGEST_PAUSE = 30.0


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
        # Two creates with one name at the same moment can both succeed, so they take turns.
        self._one_at_a_time = asyncio.Lock()

    async def run(self, incident_id: str) -> None:
        """The workflow `open`. It ends when the channel exists and its contents are queued."""
        pause = 1.0
        while (wait := await durable.step(self.make_channel, incident_id)) is not None:
            await durable.sleep(max(wait, pause))
            pause = min(pause * 2, LONGEST_PAUSE)
        await durable.step(self.furnish, incident_id)

    async def make_channel(self, incident_id: str) -> float | None:
        """None when the channel is there, else the seconds until another try makes sense."""
        async with self._one_at_a_time:
            wanted = await self._store.tx(_wanted, incident_id, self._settings.slack.channel_prefix)
            if wanted is None:
                return None
            try:
                channel = await self._create(incident_id, wanted)
            except (SlackApiError, *NO_ANSWER) as error:
                return await self._not_yet(incident_id, error)
            fits = await self._store.tx(self._take, incident_id, channel, wanted["private"])
            return None if fits else 0.0

    def _take(
        self, session: Session, incident_id: str, channel: dict[str, Any], private: bool
    ) -> bool:
        """False when the incident was made private while a public channel was on its way: that
        one is left before anything is said in it."""
        _made(session, incident_id, channel["id"], channel["name"])
        if lifecycle.get(session, incident_id).private == private:
            return True
        session.get_one(Channel, incident_id).state = privacy.LEAVING
        going_private.move(session, incident_id, self._present)
        return False

    async def furnish(self, incident_id: str) -> None:
        """Queue what belongs in a new channel. Ids make a second run change nothing."""
        oncall = await self._oncall()
        await self._store.tx(self._queue, incident_id, oncall)
        await self._store.tx(self._comfort, incident_id)

    async def _create(self, incident_id: str, wanted: dict[str, Any]) -> dict[str, Any]:
        for number in range(1, NAMES):
            name = naming.channel_name(wanted["prefix"], wanted["at"], wanted["title"], number)
            # Private or none: what is private never falls back to a public channel.
            how = {"is_private": True} if wanted["private"] else {}
            try:
                answer = await self._client.call("conversations.create", {"name": name} | how)
                return dict(answer["channel"])
            except SlackApiError as error:
                if classify(error).code != "name_taken":
                    raise
                ours = await self._ours(name, wanted["private"])
                if ours is not None:
                    return ours
        raise Permanent(f"{incident_id}: {NAMES} channel names in a row are taken")

    async def _ours(self, name: str, private: bool) -> dict[str, Any] | None:
        """The channel of that name if we made it and no other incident has it."""
        me = await self._client.me()
        for channel in await self._directory.channels():
            mine = channel["name"] == name and channel.get("creator") == me["user_id"]
            alike = bool(channel.get("is_private")) == private
            if mine and alike and not channel.get("is_archived"):
                free = await self._store.tx(_unused, channel["id"])
                return channel if free else None
        return None

    async def _not_yet(self, incident_id: str, error: BaseException) -> float:
        outcome = classify(error)
        log.warning("slack: no channel for %s yet: %s", incident_id, outcome.code)
        words = f"{outcome.code} {outcome.detail}".strip()
        await self._store.tx(_note_error, incident_id, words)
        if outcome.kind is Kind.FINAL:
            await self._store.tx(going_private.no_room, incident_id, words)
        return outcome.wait if outcome.kind is not Kind.FINAL else LONGEST_PAUSE

    def _comfort(self, session: Session, incident_id: str) -> None:
        care.furnish(session, self._settings, self._present.view(session, incident_id))

    async def _oncall(self) -> list[str]:
        try:
            return await self._directory.people(self._settings.slack.oncall)
        except (SlackApiError, *NO_ANSWER) as error:
            log.warning("slack: cannot look up who is on call (%s)", error)
            return []

    def _queue(self, session: Session, incident_id: str, oncall: list[str]) -> None:
        incident = lifecycle.get(session, incident_id)
        session.get_one(Channel, incident_id).state = "open"  # from here on messages may go in
        room = outbox.to_incident(incident_id)
        view = self._present.view(session, incident_id)
        called = privacy.members(session, incident_id) if incident.private else oncall
        invited = list(dict.fromkeys([*_opener(incident), *called]))
        if invited:
            args = {"users": invited, "force": True}
            outbox.send(session, f"invite:{incident_id}", "conversations.invite", room, args)
        outbox.post(session, f"card:{incident_id}", room, self._present.card(view))
        card = f"card:{incident_id}"
        outbox.send(session, f"pin:{incident_id}", "pins.add", room, {}, after=card)
        if not incident.private:
            announcement = self._present.announcement(view)
            outbox.post(session, f"announce:{incident_id}", outbox.ANNOUNCE, announcement)
        self._present.topic(session, view)
        _paged(session, incident_id, [(id, self._directory.name(id)) for id in invited])


def _opener(incident: Incident) -> list[str]:
    return [] if incident.opened_by == people.BOT else [incident.opened_by]


def _paged(session: Session, incident_id: str, invited: list[tuple[str, str]]) -> None:
    for id, name in invited:
        timeline.append(
            session,
            incident_id,
            "page",
            f"{name} was invited to the channel.",
            data={"person": id, "name": name},
            key=f"invited:{incident_id}:{id}",
        )


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
    about = {"at": incident.detected_at, "title": incident.title}
    return about | {"prefix": prefix, "private": incident.private}


def _made(session: Session, incident_id: str, channel_id: str, name: str) -> None:
    row = session.get_one(Channel, incident_id)
    row.channel_id, row.name, row.state, row.error = channel_id, name, "made", ""
    timeline.append(
        session,
        incident_id,
        "external",
        f"The channel #{name} was opened.",
        data={"what": "channel", "channel": channel_id, "name": name},
        key=f"channel:{incident_id}:{channel_id}",
    )


def _unused(session: Session, channel_id: str) -> bool:
    return session.scalar(select(Channel).filter_by(channel_id=channel_id)) is None


def _note_error(session: Session, incident_id: str, words: str) -> None:
    session.get_one(Channel, incident_id).error = words[:500]
