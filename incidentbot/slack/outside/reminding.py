"""The reminder that an update is due: to whoever owes it, and if nothing comes, to the channel.

Twice at most for each promise. It is a timer's work: it queues messages and sets the next timer.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incidentbot import clock, timers
from incidentbot.incidents import cadence, lifecycle
from incidentbot.slack.blocks import telling
from incidentbot.slack.outbound import outbox
from incidentbot.slack.present import Presenter
from incidentbot.store.models import Incident, Timer

PATIENCE = timedelta(minutes=10)  # after the reminder, before the channel hears
SLACK = 60  # seconds that nobody calls late


class Reminding:
    def __init__(self, presenter: Presenter) -> None:
        self._present = presenter

    def due(self, session: Session, timer: Timer, now: datetime) -> None:
        """The handler of the timers of `cadence`."""
        incident = session.get(Incident, str(timer.incident_id))
        if incident is None or incident.status == "resolved" or incident.merged_into is not None:
            return
        owner = _owner(session, incident.id)
        if owner is None or timer.data.get("stage"):
            self._channel(session, incident, timer, now, owner)
        else:
            self._person(session, incident, timer, now, owner)

    def settle(self, session: Session, incident: Incident, words: str) -> None:
        """Whoever was reminded need not do it any more. Asked before `cadence.heed`."""
        timer = timers.get(session, cadence.key_of(incident.id))
        name = timer.data.get("reminder") if timer is not None else None
        if timer is not None and name:
            view = self._present.view(session, incident.id)
            target = outbox.about(incident.id, str(timer.data["to"]))
            outbox.edit(session, str(name), target, telling.settled(view, words))

    def _person(
        self, session: Session, incident: Incident, timer: Timer, now: datetime, owner: str
    ) -> None:
        due, then = clock.parse(timer.data["due"]), now + PATIENCE
        name = f"remind:{incident.id}:{int(now.timestamp() * 1000)}"
        view = self._present.view(session, incident.id)
        message = telling.reminder(view, due, _late(due, now), then, name)
        outbox.post(session, name, outbox.about(incident.id, owner), message)
        cadence.again(session, timer, then, stage=1, reminder=name, to=owner)

    def _channel(
        self, session: Session, incident: Incident, timer: Timer, now: datetime, owner: str | None
    ) -> None:
        due = clock.parse(timer.data["due"])
        message = telling.overdue(
            self._present.view(session, incident.id), due, _late(due, now), owner
        )
        name = f"overdue:{incident.id}:{int(due.timestamp())}"
        outbox.post(session, name, outbox.to_incident(incident.id), message)


def _owner(session: Session, incident_id: str) -> str | None:
    """Who tells stakeholders: communications where there is one, else the commander."""
    held = lifecycle.roles(session, incident_id)
    return held.get("communications") or held.get("commander")


def _late(due: datetime, now: datetime) -> str:
    seconds = (now - due).total_seconds()
    return lifecycle.words(seconds) if seconds > SLACK else ""
