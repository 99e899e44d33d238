"""When people are asked, level by level, and when that ends. Functions of a session.

A round follows from what the incident is, not from which entry was read: it begins while an open
incident has no owner, and ends once it has one or needs none. So an entry read twice, or late,
changes nothing.

The timer of the next level is a column of the round, moved in the transaction that asks this one.
It is set from the moment this level is really asked: after hours of standing still one level is
due, not all of them, and whoever is asked then has their full time to answer.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle
from incidentbot.paging import pages, words
from incidentbot.paging.policy import DEFAULT, Policies, Policy
from incidentbot.store.models import Incident, PageRound, TimelineEntry
from incidentbot.timeline import Entry

READER = "paging"
LIVE = ("asking", "nobody")
UNDER_WAY = ("open", "acknowledged", "mitigated")  # in any other state an incident is over
TELLING = ("state", "role", "severity")  # kinds of entries after which it may be different
WAITS = 200


def read(session: Session, policies: Policies) -> int:
    """Take in what the timelines have to say; how many entries that were."""
    entries = timeline.unread(session, READER)
    told: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.kind in TELLING:
            told.setdefault(entry.incident_id, []).append(entry)
    for incident_id, some in told.items():
        reconsider(session, policies, incident_id, some)
    timeline.seen(session, READER, entries)
    return len(entries)


def reconsider(
    session: Session, policies: Policies, incident_id: str, told: list[Entry] | None = None
) -> None:
    """Begin a round, end one, or leave it."""
    incident = _locked(session, incident_id)
    if incident.status not in UNDER_WAY:
        pages.close(session, incident_id)
    last = latest(session, incident_id)
    why = _settled(session, incident, told or [])
    if last is not None and last.state in LIVE:
        if why:
            _end(session, incident, last, why)
    elif not why:
        policy = policies.of(incident.dependency)
        if incident.severity in policy.severities:
            _begin(session, incident, policy, (last.number if last else 0) + 1)


def renew(session: Session, policies: Policies, incident_id: str, policy: str, key: str) -> int:
    """A round of this policy, whoever was asked or has the incident already; the number of it.
    The same key is the same round. It is no further asked once it is seen that somebody has it.
    """
    incident = _locked(session, incident_id)
    known = session.scalar(select(TimelineEntry).filter_by(key=key))
    if known is not None:
        return int(known.data["round"])
    hidden = "private" if incident.private else "a test" if incident.test else ""
    if hidden or incident.status not in UNDER_WAY:
        raise Refused(f"Nobody is asked: {incident.id} is {hidden or incident.status}.")
    if policy not in policies.all:
        raise Refused(f"There is no paging policy {policy!r} any more; nobody was asked.")
    last = latest(session, incident_id)
    if last is not None and last.state in LIVE:
        _end(session, incident, last, "a runbook asks others")
    number = (last.number if last else 0) + 1
    data = {"event": "renewed", "level": 0, "round": number}
    timeline.append(session, incident_id, "page", words.renewed(policy), data=data, key=key)
    _begin(session, incident, policies.all[policy], number)
    return number


def latest(session: Session, incident_id: str) -> PageRound | None:
    rows = select(PageRound).filter_by(incident_id=incident_id)
    return session.scalar(rows.order_by(PageRound.number.desc()).limit(1))


def unowned(session: Session, incident_id: str) -> bool:
    """Whether everybody was asked and nobody has answered."""
    last = latest(session, incident_id)
    return last is not None and last.state == "nobody"


def due(session: Session, now: datetime) -> list[str]:
    """The incidents whose next level is to be asked."""
    rows = select(PageRound.incident_id).where(PageRound.due_at <= now, PageRound.state == "asking")
    return list(session.scalars(rows.order_by(PageRound.due_at).limit(WAITS)))


def ask_next(session: Session, policies: Policies, incident_id: str) -> bool:
    """Ask the next level if it is time. False when it was not, or when the round has ended."""
    incident, now = _locked(session, incident_id), clock.now()
    row = latest(session, incident_id)
    if row is None or row.state != "asking" or row.due_at is None or row.due_at > now:
        return False
    why = _settled(session, incident, [])
    if why:
        _end(session, incident, row, why)
        return False
    policy = policies.all.get(row.policy) or policies.all[DEFAULT]
    waited = lifecycle.words((now - row.began_at).total_seconds())
    row.level = min(row.level + 1, policy.last)
    row.due_at = _next_due(policy, row.level, now)
    if row.due_at is None:
        row.state = "nobody"
        _tell(session, row, "nobody", words.nobody(waited))
    else:
        _tell(session, row, "escalated", words.escalated(waited))
    pages.ask(session, row, policy.levels[row.level])
    return True


def hasten(session: Session, incident_id: str) -> None:
    """Nobody of this level could be asked: waiting for their answer makes no sense."""
    row = latest(session, incident_id)
    now = clock.now()
    if row is None or row.state != "asking" or row.due_at is None or row.due_at <= now:
        return
    if pages.all_failed(session, row):
        row.due_at = now


def _begin(session: Session, incident: Incident, policy: Policy, number: int) -> None:
    now = clock.now()
    row = PageRound(
        incident_id=incident.id,
        number=number,
        policy=policy.name,
        state="asking",
        level=0,
        due_at=_next_due(policy, 0, now),
        began_at=now,
        ended_at=None,
        why="",
    )
    session.add(row)
    session.flush()
    pages.ask(session, row, policy.levels[0])


def _end(session: Session, incident: Incident, row: PageRound, why: str) -> None:
    row.state, row.due_at, row.ended_at, row.why = "ended", None, clock.now(), why
    pages.stop(session, row, over=incident.status not in ("open", "acknowledged"))
    _tell(session, row, "cancelled", words.cancelled(why))


def _settled(session: Session, incident: Incident, told: list[Entry]) -> str:
    """Why nobody needs to be asked, in words; empty while somebody does."""
    if incident.private:
        return "it is private; whoever works on it lets others in"
    if incident.test:
        return "it is a test"
    by = {str(e.data.get("status") or e.data.get("role")): e.data.get("name") for e in told}
    if incident.acknowledged_at is not None:
        return f"{by.get('acknowledged') or 'somebody'} acknowledged it"
    if "commander" in lifecycle.roles(session, incident.id):
        return f"{by.get('commander') or 'somebody'} took command"
    if incident.status == "mitigated":
        return "it recovered before anybody acknowledged it"
    if incident.status != "open":
        return f"it is {incident.status}"
    return ""


def _next_due(policy: Policy, level: int, now: datetime) -> datetime | None:
    if level >= policy.last:
        return None
    return now + (policy.levels[level + 1].after - policy.levels[level].after)


def _tell(session: Session, row: PageRound, event: str, text: str) -> None:
    data = {"event": event, "level": row.level, "round": row.number}
    timeline.append(session, row.incident_id, "page", text, data=data)


def _locked(session: Session, incident_id: str) -> Incident:
    # As lifecycle locks it: who acknowledges and who asks the next level come one after the other.
    return session.get_one(Incident, incident_id, with_for_update=True, populate_existing=True)
