"""The only writer of an incident's state, each change with its timeline entry in one transaction.

open -> acknowledged -> mitigated -> resolved. Steps may be skipped forward; only `reopen` goes
back. Saying the same thing twice changes nothing, so a repeated click or a replay is harmless.
Who does what is in `crew`, other names and merging in `reshape`, where to find one in `finding`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline, timers
from incidentbot.errors import Refused
from incidentbot.incidents import crew, privacy
from incidentbot.incidents.crew import ROLES as ROLES
from incidentbot.incidents.crew import assign as assign
from incidentbot.incidents.crew import holder as holder
from incidentbot.incidents.crew import roles as roles
from incidentbot.incidents.finding import listed as listed
from incidentbot.incidents.finding import number_open_for as number_open_for
from incidentbot.incidents.finding import open_for as open_for
from incidentbot.incidents.finding import survivor as survivor
from incidentbot.incidents.finding import with_open_incidents as with_open_incidents
from incidentbot.incidents.locking import get as get
from incidentbot.incidents.locking import live, locked
from incidentbot.incidents.people import BOT, Person
from incidentbot.incidents.reshape import MERGED_HERE
from incidentbot.store import insert_once
from incidentbot.store.models import Counter, Incident, Plan, Role, TimelineEntry

MINUTE = timedelta(minutes=1)
STATES = ("open", "acknowledged", "mitigated", "resolved")
LOST = {"no": "none", "yes": "yes", "unknown": "not known yet"}
AHEAD = timedelta(minutes=2)  # how far a person's clock may be before ours
SEVERITIES = {1: "critical", 2: "major", 3: "partial", 4: "minor", 5: "cosmetic"}


@dataclass(frozen=True, slots=True)
class End:
    """What is said at the end. `lost` (data): no, yes, unknown, or empty where nobody was asked."""

    lost: str = ""
    left: str = ""  # what is still to be done, or not as usual
    well_since: datetime | None = None
    anyway: str = ""  # why it was closed although not everything is as usual

    @property
    def words(self) -> list[str]:
        """Sentences, for the story."""
        since = f"Well since {self.well_since:%H:%M:%S} UTC." if self.well_since else ""
        lost = f"Data lost: {LOST[self.lost]}." if self.lost else ""
        left = f"Left to do: {self.left}." if self.left else ""
        return [said for said in (since, lost, left, self.anyway) if said]

    @property
    def data(self) -> dict[str, str]:
        since = clock.iso(self.well_since) if self.well_since else ""
        told = {"data_lost": self.lost, "left": self.left, "well_since": since}
        return {name: value for name, value in (told | {"anyway": self.anyway}).items() if value}


def open_incident(
    session: Session,
    *,
    key: str,
    title: str,
    severity: int,
    opened_by: str,
    started_at: datetime,
    detected_at: datetime,
    text: str,
    dependency: str | None = None,
    summary: str = "",
    evidence: dict[str, Any] | None = None,
    private: bool = False,
    test: bool = False,
) -> tuple[str, bool]:
    """(incident id, True when this call opened it). The same key is the same incident for ever."""
    _check_severity(severity)
    numbers = _lock_numbers(session)  # before the look, so that two openers cannot both miss it
    known = session.scalar(select(Incident.id).filter_by(key=key))
    if known is not None:
        return known, False
    numbers.value += 1
    incident_id = f"INC-{numbers.value}"
    session.add(
        Incident(
            id=incident_id,
            key=key,
            dependency=dependency,
            title=title,
            summary=summary,
            status="open",
            severity=severity,
            opened_by=opened_by,
            started_at=started_at,
            detected_at=detected_at,
            private=private,
            test=test,
        )
    )
    session.flush()
    if opened_by != BOT:
        privacy.let_in(session, incident_id, opened_by)
    opened = {
        "status": "open",
        "severity": severity,
        "dependency": dependency,
        "title": title,
        "started_at": clock.iso(started_at),
    }
    opened |= {word: True for word, so in (("private", private), ("test", test)) if so}
    data = opened | (evidence or {})
    timeline.append(session, incident_id, "state", text, actor=opened_by, at=detected_at, data=data)
    return incident_id, True


def still_open(session: Session, incident_id: str) -> None:
    """Raises Refused when nothing can be changed any more: asked before a form is shown."""
    live(session, incident_id)


def acknowledge(session: Session, incident_id: str, person: Person) -> bool:
    """A person has seen it and is on it. False when somebody was first."""
    incident = live(session, incident_id)
    if incident.acknowledged_at is not None:
        return False
    incident.acknowledged_at = clock.now()
    if incident.status == "open":
        incident.status = "acknowledged"
    text = f"{person.name} acknowledged the incident."
    _state(session, incident, text, person.id, "open", name=person.name)
    return True


def mitigate(
    session: Session,
    incident_id: str,
    *,
    actor: str = BOT,
    because: str,
    at: datetime | None = None,
    name: str = "",
) -> bool:
    """The harm is over; the cause may remain. False when that was known already."""
    incident = live(session, incident_id)
    if incident.mitigated_at is not None:
        return False
    before, incident.mitigated_at, incident.status = incident.status, at or clock.now(), "mitigated"
    _state(session, incident, because, actor, before, at=incident.mitigated_at, name=name)
    return True


def unmitigate(
    session: Session, incident_id: str, *, because: str, actor: str = BOT, name: str = ""
) -> bool:
    """The harm is back. False when the incident was not mitigated."""
    incident = live(session, incident_id)
    if incident.status != "mitigated":
        return False
    incident.mitigated_at = None
    incident.status = _working(incident)
    _state(session, incident, because, actor, "mitigated", name=name)
    return True


def resolve(
    session: Session, incident_id: str, *, actor: Person, text: str = "", end: End | None = None
) -> bool:
    """Closed by a person. False when it was closed already; Refused where it was merged."""
    incident = locked(session, incident_id)
    if incident.status == "resolved":
        if incident.merged_into is not None:
            live(session, incident_id)
        return False
    now = clock.now()
    said = end or End()
    if incident.mitigated_at is None and said.well_since is not None:
        incident.mitigated_at = _well_since(incident, said.well_since, now)
    before, incident.status, incident.resolved_at = incident.status, "resolved", now
    timers.cancel_all(session, incident_id, crew.OFFER)
    words = f"{actor.name} resolved the incident" + (f": {text}" if text else ".")
    if said.words:
        words = " ".join([words if words[-1] in ".!?" else f"{words}.", *said.words])
    data = {"status": "resolved", "previous": before, "name": actor.name, **said.data}
    timeline.append(session, incident.id, "state", words, actor=actor.id, data=data)
    return True


def _well_since(incident: Incident, at: datetime, now: datetime) -> datetime:
    """People say it in whole minutes, so what is less than one off is meant to be the limit."""
    if not incident.started_at - MINUTE < at < now + MINUTE:
        began = f"{incident.started_at:%Y-%m-%d %H:%M} UTC"
        raise Refused(f"It must be well since some time between the beginning ({began}) and now.")
    return min(max(at, incident.started_at), now)


def reopen(session: Session, incident_id: str, *, actor: Person, text: str = "") -> bool:
    """Back to work; the milestones that no longer hold are cleared.

    One that was merged goes on by itself again, and the other one is told.
    """
    incident = locked(session, incident_id)
    if incident.status != "resolved":
        return False
    other, incident.merged_into = incident.merged_into, None
    incident.resolved_at = incident.mitigated_at = None
    incident.status = _working(incident)
    words = f"{actor.name} reopened the incident" + (f": {text}" if text else ".")
    apart = other or ""
    _state(session, incident, words, actor.id, "resolved", name=actor.name, apart_from=apart)
    if other is not None:
        _apart(session, incident, other, actor)
    return True


def _apart(session: Session, incident: Incident, other: str, actor: Person) -> None:
    """The one it was merged into hears of it, and begins again when it did by itself."""
    rest = locked(session, other)
    for entry in timeline.read(session, other):
        mine = entry.data.get("event") == MERGED_HERE and entry.data.get("merged") == incident.id
        if mine and rest.started_at == incident.started_at:
            rest.started_at = datetime.fromisoformat(entry.data["began"])
    text = f"{incident.id} ({incident.title}) goes on by itself again."
    data = {"event": "apart", "merged": incident.id, "name": actor.name}
    timeline.append(session, other, "note", text, actor=actor.id, data=data)


def set_severity(
    session: Session, incident_id: str, severity: int, person: Person, reason: str = ""
) -> bool:
    """False when it has that severity."""
    _check_severity(severity)
    incident = live(session, incident_id)
    if incident.severity == severity:
        return False
    before, incident.severity = incident.severity, severity
    text = (
        f"{person.name} changed the severity from {before} to {severity} ({SEVERITIES[severity]})"
    )
    text += f": {reason}" if reason else "."
    data: dict[str, Any] = {"from": before, "to": severity}
    data |= {"reason": reason} if reason else {}
    timeline.append(session, incident_id, "severity", text, actor=person.id, data=data)
    return True


def worsen(session: Session, incident_id: str, severity: int, because: str) -> bool:
    """Raised by a rule; never lowered, and never against what a person has set."""
    incident = live(session, incident_id)
    people = select(TimelineEntry.id).where(
        TimelineEntry.incident_id == incident_id,
        TimelineEntry.kind == "severity",
        TimelineEntry.actor != BOT,
    )
    if incident.severity <= severity or session.scalar(people.limit(1)) is not None:
        return False
    before, incident.severity = incident.severity, severity
    text = f"Severity {before} becomes {severity} ({SEVERITIES[severity]}): {because}."
    data = {"from": before, "to": severity}
    timeline.append(session, incident_id, "severity", text, data=data)
    return True


def adopt(
    session: Session, incident_id: str, dependency: str, title: str, severity: int, text: str
) -> None:
    """Its cause is found: the incident becomes that of the dependency which is to blame."""
    incident = live(session, incident_id)
    before, incident.dependency, incident.title = incident.dependency, dependency, title
    worsen(session, incident_id, severity, f"{title} is the cause")
    data = {"dependency": dependency, "affected": before, "title": title}
    timeline.append(session, incident_id, "verdict", f"The cause is found. {text}", data=data)


def close_itself(session: Session, incident_id: str, because: str) -> bool:
    """Closed by the bot, because it was over before anybody acted. False when somebody had."""
    incident = locked(session, incident_id)
    if incident.status == "resolved" or not _untouched(session, incident):
        return False
    before, incident.status, incident.resolved_at = incident.status, "resolved", clock.now()
    _state(session, incident, because, BOT, before)
    return True


def _untouched(session: Session, incident: Incident) -> bool:
    """Opened by the bot, and nobody has said, taken, planned or changed anything since."""
    if incident.opened_by != BOT or incident.acknowledged_at is not None:
        return False
    acts = (
        select(TimelineEntry.id).where(
            TimelineEntry.incident_id == incident.id, TimelineEntry.actor != BOT
        ),
        select(Role.person).where(Role.incident_id == incident.id),
        select(Plan.id).where(Plan.incident_id == incident.id),
    )
    return all(session.scalar(act.limit(1)) is None for act in acts)


def update(
    session: Session,
    incident_id: str,
    text: str,
    person: Person,
    key: str | None = None,
    more: dict[str, Any] | None = None,
) -> None:
    """What stakeholders are told now; also the summary at the top of everything.

    `more` are its parts and when the next one comes: see `incidents.cadence`.
    """
    incident = live(session, incident_id)
    incident.summary = text
    data = {"name": person.name} | (more or {})
    timeline.append(session, incident_id, "update", text, actor=person.id, data=data, key=key)


def note(
    session: Session,
    incident_id: str,
    text: str,
    person: Person,
    key: str | None = None,
    at: datetime | None = None,
) -> None:
    """A line that a person wants in the story; also after the end. `at`: when it happened."""
    if at is not None and at > clock.now() + AHEAD:
        raise Refused(f"{at:%Y-%m-%d %H:%M} UTC lies ahead; nothing was written. You wrote: {text}")
    data = {"name": person.name}
    timeline.append(session, incident_id, "note", text, actor=person.id, at=at, data=data, key=key)


def vendor_reported(
    session: Session, incident_id: str, *, at: datetime, title: str, feed: str, state: str
) -> bool:
    """The vendor's own page names trouble for the first time; the delay is part of the story."""
    incident = locked(session, incident_id)
    if incident.vendor_reported_at is not None:
        return False
    incident.vendor_reported_at = at
    delay = (at - incident.detected_at).total_seconds()
    when = "after" if delay >= 0 else "before"
    text = f"The vendor reports it now ({feed}: {title}), {words(abs(delay))} {when} we saw it."
    data = {"feed": feed, "state": state, "title": title, "first": True, "delay_s": round(delay, 1)}
    timeline.append(session, incident_id, "vendor", text, at=at, data=data)
    return True


def words(seconds: float) -> str:
    """A duration for reading: "8 s", "3 min 20 s", "2 h 5 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    return f"{whole // 3600} h" + (f" {whole % 3600 // 60} min" if whole % 3600 // 60 else "")


def _working(incident: Incident) -> str:
    return "open" if incident.acknowledged_at is None else "acknowledged"


def _state(
    session: Session,
    incident: Incident,
    text: str,
    actor: str,
    previous: str,
    at: datetime | None = None,
    **more: str,
) -> None:
    told = {name: value for name, value in more.items() if value}
    data = {"status": incident.status, "previous": previous, **told}
    timeline.append(session, incident.id, "state", text, actor=actor, at=at, data=data)


def _check_severity(severity: int) -> None:
    if severity not in SEVERITIES:
        raise Refused(f"There is no severity {severity} (allowed: 1 to 5, 1 is the worst).")


def _lock_numbers(session: Session) -> Counter:
    insert_once(session, Counter, name="incident", value=0)
    return session.get_one(Counter, "incident", with_for_update=True, populate_existing=True)
