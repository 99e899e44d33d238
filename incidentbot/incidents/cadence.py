"""When stakeholders hear again: as somebody promised, else by severity, until it is over.

A reader of the timeline, so that it does not matter where an update came from. The promise stands
in the incident; a timer keeps it, and what the timer does then is said by whoever shows it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from incidentbot import clock, timers
from incidentbot.store.models import Incident, Timer
from incidentbot.timeline import Entry

KIND = "update"  # of the timers
ON_CHANGE = "on_change"  # in an update's data, instead of a time
CHOICES = (15, 20, 30, 60)  # minutes that a person may promise
SLOWER = 2  # times the interval, once the harm is over

# Severity -> the interval; None: only when something changes.
Every = Callable[[int], timedelta | None]


def key_of(incident_id: str) -> str:
    return f"update:{incident_id}"


def usual(incident: Incident, every: Every) -> timedelta | None:
    """How often stakeholders hear of it as it is now."""
    interval = every(incident.severity)
    if interval is None:
        return None
    return interval * SLOWER if incident.status == "mitigated" else interval


def promise(at: datetime | None) -> dict[str, str]:
    """What an update carries: when the next one comes, None for "on change"."""
    return {"next_update": clock.iso(at) if at else ON_CHANGE}


def promised(data: dict[str, Any]) -> datetime | None:
    """The time in an update's data; None where it names none."""
    said = data.get("next_update")
    return clock.parse(said) if isinstance(said, str) and said != ON_CHANGE else None


def heed(session: Session, entry: Entry, every: Every) -> bool:
    """Set, move or end the promise as this entry asks for. True when it is another one now."""
    incident = session.get_one(Incident, entry.incident_id)
    before = incident.next_update_at
    if incident.status == "resolved" or incident.merged_into is not None:
        _keep(session, incident, None, by_person=False)
    elif entry.kind == "update":
        _after_update(session, incident, entry, every)
    elif entry.kind == "severity":
        _after_severity(session, incident, entry, every)
    elif entry.kind == "state" and _begins(entry) and not _by_person(session, incident):
        _rhythm(session, incident, entry.at, every)
    return incident.next_update_at != before


def snooze(session: Session, incident_id: str, until: datetime) -> bool:
    """Remind later; the promise stays what it was. False when there is nothing to put off."""
    incident = session.get_one(Incident, incident_id)
    if incident.next_update_at is None or incident.status == "resolved":
        return False
    timer = timers.get(session, key_of(incident_id))
    kept = dict(timer.data) if timer is not None else {}
    data = kept | {"due": clock.iso(incident.next_update_at), "stage": 0}
    timers.set_timer(session, key_of(incident_id), KIND, until, incident_id=incident_id, data=data)
    return True


def dismiss(session: Session, incident_id: str) -> None:
    """No reminder and no promise, until the next update names a time."""
    _keep(session, session.get_one(Incident, incident_id), None, by_person=False)


def again(session: Session, timer: Timer, at: datetime, **more: Any) -> None:
    """The same reminder once more, then."""
    data = dict(timer.data) | more
    timers.set_timer(session, timer.key, KIND, at, incident_id=timer.incident_id, data=data)


def _after_update(session: Session, incident: Incident, entry: Entry, every: Every) -> None:
    if "next_update" in entry.data:
        _keep(session, incident, promised(entry.data), by_person=True)
    else:
        _rhythm(session, incident, entry.at, every)


def _after_severity(session: Session, incident: Incident, entry: Entry, every: Every) -> None:
    """Sooner when it is worse; what a person promised is kept unless it would be too late."""
    interval = usual(incident, every)
    if interval is None:
        if not _by_person(session, incident):
            _keep(session, incident, None, by_person=False)
        return
    due, now = entry.at + interval, incident.next_update_at
    if now is None or due < now:
        _keep(session, incident, due, by_person=False)


def _rhythm(session: Session, incident: Incident, since: datetime, every: Every) -> None:
    interval = usual(incident, every)
    _keep(session, incident, since + interval if interval else None, by_person=False)


def _keep(session: Session, incident: Incident, at: datetime | None, *, by_person: bool) -> None:
    incident.next_update_at = at
    if at is None:
        timers.cancel(session, key_of(incident.id))
        return
    data = {"due": clock.iso(at), "stage": 0, "by_person": by_person}
    timers.set_timer(session, key_of(incident.id), KIND, at, incident_id=incident.id, data=data)


def _begins(entry: Entry) -> bool:
    """Opened, mitigated, or back from there: not that somebody acknowledged it."""
    status, previous = entry.data.get("status"), entry.data.get("previous")
    return entry.seq == 1 or status == "mitigated" or previous in ("mitigated", "resolved")


def _by_person(session: Session, incident: Incident) -> bool:
    """Whether the promise is one that a person made, and is still to be kept."""
    timer = timers.get(session, key_of(incident.id))
    return timer is not None and bool(timer.data.get("by_person"))
