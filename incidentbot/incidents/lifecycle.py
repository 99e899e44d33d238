"""The only writer of an incident's state, each change with its timeline entry in one transaction.

open -> acknowledged -> mitigated -> resolved. Steps may be skipped forward; only `reopen` goes
back. Saying the same thing twice changes nothing, so a repeated click or a replay is harmless.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.errors import NotFound, Refused
from incidentbot.incidents import privacy
from incidentbot.incidents.people import BOT, Person
from incidentbot.store import insert_once
from incidentbot.store.models import Counter, Incident, Plan, Role, TimelineEntry

_OPEN_FOR = (
    select(Incident.id)
    .where(Incident.dependency == bindparam("of"), Incident.status != "resolved")
    .order_by(Incident.detected_at)
    .limit(1)
)

STATES = ("open", "acknowledged", "mitigated", "resolved")
ROLES = ("commander", "operations", "communications", "scribe")
SEVERITIES = {1: "critical", 2: "major", 3: "partial", 4: "minor", 5: "cosmetic"}


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


def get(session: Session, incident_id: str) -> Incident:
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise NotFound(f"There is no incident {incident_id}.")
    return incident


def open_for(session: Session, dependency: str) -> Incident | None:
    """The unresolved incident of this dependency, the oldest if there were several."""
    number = number_open_for(session, dependency)
    return session.get(Incident, number) if number else None


def number_open_for(session: Session, dependency: str) -> str | None:
    """The same by its id alone."""
    return session.scalar(_OPEN_FOR, {"of": dependency})


def with_open_incidents(session: Session) -> set[str]:
    """The dependencies that have an unresolved incident."""
    unresolved = select(Incident.dependency).where(Incident.status != "resolved")
    return {dependency for dependency in session.scalars(unresolved) if dependency is not None}


def listed(session: Session, limit: int = 20, *, to: Person | None = None) -> list[Incident]:
    """Unresolved incidents first, then the newest resolved ones: those that `to` may see.

    None is the public, which sees no private incident.
    """
    seen = select(Incident).where(privacy.seen_by(to))
    done = Incident.status == "resolved"
    rows = session.scalars(seen.order_by(done, Incident.detected_at.desc()).limit(limit))
    return list(rows)


def acknowledge(session: Session, incident_id: str, person: Person) -> bool:
    """A person has seen it and is on it. False when somebody was first."""
    incident = _live(session, incident_id)
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
) -> bool:
    """The harm is over; the cause may remain. False when that was known already."""
    incident = _live(session, incident_id)
    if incident.mitigated_at is not None:
        return False
    before, incident.mitigated_at, incident.status = incident.status, at or clock.now(), "mitigated"
    _state(session, incident, because, actor, before, at=incident.mitigated_at)
    return True


def unmitigate(session: Session, incident_id: str, *, because: str) -> bool:
    """The harm is back. False when the incident was not mitigated."""
    incident = _live(session, incident_id)
    if incident.status != "mitigated":
        return False
    incident.mitigated_at = None
    incident.status = "open" if incident.acknowledged_at is None else "acknowledged"
    _state(session, incident, because, BOT, "mitigated")
    return True


def resolve(session: Session, incident_id: str, *, actor: Person, text: str = "") -> bool:
    """Closed by a person. False when it was closed already."""
    incident = _locked(session, incident_id)
    if incident.status == "resolved":
        return False
    before, incident.status, incident.resolved_at = incident.status, "resolved", clock.now()
    words = f"{actor.name} resolved the incident" + (f": {text}" if text else ".")
    _state(session, incident, words, actor.id, before, name=actor.name)
    return True


def reopen(session: Session, incident_id: str, *, actor: Person, text: str = "") -> bool:
    """Back to work; the milestones that no longer hold are cleared."""
    incident = _locked(session, incident_id)
    if incident.status != "resolved":
        return False
    incident.resolved_at = incident.mitigated_at = None
    incident.status = "open" if incident.acknowledged_at is None else "acknowledged"
    words = f"{actor.name} reopened the incident" + (f": {text}" if text else ".")
    _state(session, incident, words, actor.id, "resolved", name=actor.name)
    return True


def set_severity(session: Session, incident_id: str, severity: int, person: Person) -> bool:
    _check_severity(severity)
    incident = _live(session, incident_id)
    if incident.severity == severity:
        return False
    before, incident.severity = incident.severity, severity
    text = (
        f"{person.name} changed the severity from {before} to {severity} ({SEVERITIES[severity]})."
    )
    data = {"from": before, "to": severity}
    timeline.append(session, incident_id, "severity", text, actor=person.id, data=data)
    return True


def worsen(session: Session, incident_id: str, severity: int, because: str) -> bool:
    """Raised by a rule; never lowered, and never against what a person has set."""
    incident = _live(session, incident_id)
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
    incident = _live(session, incident_id)
    before, incident.dependency, incident.title = incident.dependency, dependency, title
    worsen(session, incident_id, severity, f"{title} is the cause")
    data = {"dependency": dependency, "affected": before, "title": title}
    timeline.append(session, incident_id, "verdict", f"The cause is found. {text}", data=data)


def close_itself(session: Session, incident_id: str, because: str) -> bool:
    """Closed by the bot, because it was over before anybody acted. False when somebody had."""
    incident = _locked(session, incident_id)
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


def assign(session: Session, incident_id: str, role: str, to: Person, by: Person) -> bool:
    """Give a role to a person; the one who had it is named in the entry. False when it is so."""
    if role not in ROLES:
        raise Refused(f"There is no role {role!r} (allowed: {', '.join(ROLES)}).")
    _live(session, incident_id)
    row = session.get(Role, (incident_id, role))
    if row is not None and row.person == to.id:
        return False
    before = row.person if row else None
    if row is None:
        session.add(Role(incident_id=incident_id, role=role, person=to.id, since=clock.now()))
    else:
        row.person, row.since = to.id, clock.now()
    text = f"{to.name} took the role of {role}."
    if to.id != by.id:
        text = f"{by.name} made {to.name} {role}."
    privacy.let_in(session, incident_id, to.id)
    data = {"role": role, "person": to.id, "name": to.name, "before": before}
    timeline.append(session, incident_id, "role", text, actor=by.id, data=data)
    return True


def holder(session: Session, incident_id: str, role: str) -> str | None:
    """Who has a role now. Of two who look at once and then take it, the second sees the first."""
    _live(session, incident_id)
    return roles(session, incident_id).get(role)


def roles(session: Session, incident_id: str) -> dict[str, str]:
    """Role -> person's id."""
    rows = session.scalars(select(Role).filter_by(incident_id=incident_id))
    return {row.role: row.person for row in rows}


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
    incident = _live(session, incident_id)
    incident.summary = text
    data = {"name": person.name} | (more or {})
    timeline.append(session, incident_id, "update", text, actor=person.id, data=data, key=key)


def note(
    session: Session, incident_id: str, text: str, person: Person, key: str | None = None
) -> None:
    """A line that a person wants in the story; also after the end."""
    data = {"name": person.name}
    timeline.append(session, incident_id, "note", text, actor=person.id, data=data, key=key)


def vendor_reported(
    session: Session, incident_id: str, *, at: datetime, title: str, feed: str, state: str
) -> bool:
    """The vendor's own page names trouble for the first time; the delay is part of the story."""
    incident = _locked(session, incident_id)
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


def _state(
    session: Session,
    incident: Incident,
    text: str,
    actor: str,
    previous: str,
    at: datetime | None = None,
    **more: str,
) -> None:
    data = {"status": incident.status, "previous": previous, **more}
    timeline.append(session, incident.id, "state", text, actor=actor, at=at, data=data)


def _locked(session: Session, incident_id: str) -> Incident:
    # The row lock makes two people who act at the same moment act one after the other.
    incident = session.get(Incident, incident_id, with_for_update=True, populate_existing=True)
    if incident is None:
        raise NotFound(f"There is no incident {incident_id}.")
    return incident


def _live(session: Session, incident_id: str) -> Incident:
    incident = _locked(session, incident_id)
    if incident.status == "resolved":
        raise Refused(f"{incident_id} is resolved; nothing was changed.")
    return incident


def _check_severity(severity: int) -> None:
    if severity not in SEVERITIES:
        raise Refused(f"There is no severity {severity} (allowed: 1 to 5, 1 is the worst).")


def _lock_numbers(session: Session) -> Counter:
    insert_once(session, Counter, name="incident", value=0)
    return session.get_one(Counter, "incident", with_for_update=True, populate_existing=True)
