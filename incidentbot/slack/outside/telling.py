"""What an entry of a timeline is for those outside the channel: announcements, subscribers, the
public, and when they hear again. In the transaction that moves the reader's cursor: once, and
never forgotten."""

from sqlalchemy.orm import Session

from incidentbot.incidents import cadence
from incidentbot.settings import Settings
from incidentbot.slack.blocks.kit import when
from incidentbot.slack.outbound import audience
from incidentbot.slack.outside import digest, direct, public
from incidentbot.slack.outside.announce import Announcer
from incidentbot.slack.outside.digest import Digest
from incidentbot.slack.outside.reminding import Reminding
from incidentbot.slack.present import Presenter
from incidentbot.store.models import Incident
from incidentbot.timeline import Entry
from incidentbot.timers import Timers


class Telling:
    """`begin` once, then `heed` each entry. It also does what its timers ask for."""

    def __init__(self, settings: Settings, presenter: Presenter, timers: Timers) -> None:
        self._present = presenter
        self._every = settings.slack.update_every
        self._announcer = Announcer(settings.slack)
        self._digest = Digest(settings.slack.digest, presenter)
        self._reminding = Reminding(presenter)
        timers.on(cadence.KIND, self._reminding.due)
        timers.on(digest.KIND, self._digest.due)

    def begin(self, session: Session) -> None:
        """Once, at the start."""
        self._digest.plan(session)

    def heed(self, session: Session, entry: Entry) -> None:
        """Queue what this entry changes outside the channel; before the channel itself is shown,
        whose card names the next update."""
        incident = session.get_one(Incident, entry.incident_id)
        if incident.private:
            audience.withdraw(session, incident.id)
        if entry.kind == "update":
            self._reminding.settle(session, incident, f"updated at {when(entry.at, '{time}')}.")
        elif incident.status == "resolved":
            self._reminding.settle(session, incident, "it is over; no update is due.")
        cadence.heed(session, entry, self._every)
        view = self._present.view(session, incident.id)
        public.show(session, entry)
        self._announcer.show(session, incident, view)
        direct.tell(session, incident, view, entry)
