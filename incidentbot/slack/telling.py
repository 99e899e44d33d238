"""Reads the timelines for those outside the channel: announcements, subscribers, the next update.

A reader of its own, so that whatever it has to do keeps nobody in the channel waiting.
"""

from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.incidents import cadence
from incidentbot.settings import Settings
from incidentbot.slack import audience, digest, direct, public
from incidentbot.slack.announce import Announcer
from incidentbot.slack.blocks.kit import when
from incidentbot.slack.digest import Digest
from incidentbot.slack.present import Presenter
from incidentbot.slack.reminding import Reminding
from incidentbot.store import Store
from incidentbot.store.models import Incident
from incidentbot.timeline import Entry, Wake
from incidentbot.timers import Timers

READER = "telling"
AT_ONCE = 5  # entries in one transaction: what somebody waits for is not behind all of them


class Telling:
    """`await run()` until cancelled."""

    def __init__(
        self, store: Store, settings: Settings, presenter: Presenter, timers: Timers
    ) -> None:
        self._store = store
        self._present = presenter
        self._every = settings.slack.update_every
        self._announcer = Announcer(settings.slack)
        self._digest = Digest(settings.slack.digest, presenter)
        self._reminding = Reminding(presenter)
        timers.on(cadence.KIND, self._reminding.due)
        timers.on(digest.KIND, self._digest.due)

    async def run(self) -> None:
        await self._store.tx(self._digest.plan)
        wake = Wake()
        self._store.on_commit(timeline.TOPIC, wake.ring)
        while True:
            while await self._store.tx(self._read):
                pass
            await wake.wait()

    def _read(self, session: Session) -> int:
        # Messages, promises and the cursor move in one transaction: once, and never forgotten.
        entries = timeline.unread(session, READER, AT_ONCE)
        for entry in entries:
            self._heed(session, entry)
        timeline.seen(session, READER, entries)
        return len(entries)

    def _heed(self, session: Session, entry: Entry) -> None:
        incident = session.get_one(Incident, entry.incident_id)
        if incident.private:
            audience.withdraw(session, incident.id)
        if entry.kind == "update":
            self._reminding.settle(session, incident, f"updated at {when(entry.at, '{time}')}.")
        elif incident.status == "resolved":
            self._reminding.settle(session, incident, "it is over; no update is due.")
        if cadence.heed(session, entry, self._every):
            self._present.refresh(session, incident.id)
        view = self._present.view(session, incident.id)
        public.show(session, entry)
        self._announcer.show(session, incident, view)
        direct.tell(session, incident, view, entry)
