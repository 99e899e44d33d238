"""Read one incident's facts from the tables and its timeline. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.errors import NotFound
from incidentbot.postmortem.model import (
    ActionFact,
    ApprovalFact,
    AttemptFact,
    ChangeFact,
    CheckFact,
    EntryFact,
    Facts,
    IncidentFacts,
    PlanFact,
    RoleFact,
    VendorWord,
)
from incidentbot.settings import DependencySettings, Settings
from incidentbot.store.models import (
    ActionItem,
    Approval,
    Attempt,
    CheckChange,
    Incident,
    Plan,
    Role,
)

BEFORE = timedelta(minutes=15)  # how much of the calm before the start belongs to the picture


def gather(session: Session, incident_id: str, settings: Settings) -> Facts:
    """Everything recorded of this incident. NotFound when there is none.

    The drafts themselves are left out, and a resolved incident ends with its last record: so
    the same records make the same draft, whenever it is written.
    """
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise NotFound(f"There is no incident {incident_id}.")
    entries = [e for e in timeline.read(session, incident_id) if e.kind != "document"]
    last = max((entry.recorded_at for entry in entries), default=incident.detected_at)
    resolved = incident.resolved_at
    now = clock.now() if resolved is None else max(last, resolved)
    since = min(incident.started_at, incident.detected_at) - BEFORE
    known = next((d for d in settings.dependencies if d.name == incident.dependency), None)
    plans = _plans(session, incident_id)
    return Facts(
        service=settings.name,
        now=now,
        since=since,
        incident=_incident(incident, known),
        head_seq=entries[-1].seq if entries else 0,
        head_hash=entries[-1].hash if entries else "",
        roles=_roles(session, incident_id),
        people=_people(entries),
        entries=tuple(
            EntryFact(e.seq, e.at, e.recorded_at, e.kind, e.actor, e.text, e.data) for e in entries
        ),
        checks=_checks(known),
        changes=_changes(session, incident.dependency, since, resolved or now),
        words=tuple(_words(entries)),
        plans=plans,
        actions=_actions(session, incident_id),
    )


def _marks(row: Incident) -> str:
    """A printed page, too, says that it is a drill, or who may not read it."""
    return "".join(
        f"{word} · " for word, so in (("TEST", row.test), ("PRIVATE", row.private)) if so
    )


def _incident(row: Incident, known: DependencySettings | None) -> IncidentFacts:
    return IncidentFacts(
        id=row.id,
        title=f"{_marks(row)}{row.title}",
        status=row.status,
        severity=row.severity,
        opened_by=row.opened_by,
        started_at=row.started_at,
        detected_at=row.detected_at,
        summary=row.summary,
        acknowledged_at=row.acknowledged_at,
        mitigated_at=row.mitigated_at,
        resolved_at=row.resolved_at,
        vendor_reported_at=row.vendor_reported_at,
        dependency=row.dependency,
        dependency_title=known.title if known else "",
        vendor=known.vendor if known else "",
        feeds=known.feeds if known else (),
    )


def _checks(known: DependencySettings | None) -> tuple[CheckFact, ...]:
    rows = known.checks if known else ()
    return tuple(CheckFact(row.name, row.kind, row.users_path) for row in rows)


def _roles(session: Session, incident_id: str) -> tuple[RoleFact, ...]:
    rows = session.scalars(select(Role).filter_by(incident_id=incident_id))
    ordered = sorted(rows, key=lambda row: (row.role != "commander", row.since, row.role))
    return tuple(RoleFact(row.role, row.person, row.since) for row in ordered)


def _people(entries: Iterable[timeline.Entry]) -> dict[str, str]:
    """Id -> name, from the entries that tell both. An id nobody named stays an id."""
    names: dict[str, str] = {}
    for entry in entries:
        owner = entry.data.get("owner_name")
        if isinstance(owner, str) and owner:
            names[str(entry.data.get("owner"))] = owner
        name = entry.data.get("name") or entry.data.get("approver")
        if isinstance(name, str) and name:
            person = entry.data.get("person") if entry.kind == "role" else entry.actor
            names[str(person)] = name
    return names


def _actions(session: Session, incident_id: str) -> tuple[ActionFact, ...]:
    rows = session.scalars(
        select(ActionItem)
        .where(ActionItem.incident_id == incident_id, ActionItem.state != "dropped")
        .order_by(ActionItem.created_at, ActionItem.id)
    )
    return tuple(
        ActionFact(
            row.id,
            row.text,
            row.state,
            row.owner or "",
            row.created_by,
            row.created_at,
            row.due_at,
            row.closed_at,
        )
        for row in rows
    )


def _changes(
    session: Session, dependency: str | None, since: datetime, until: datetime
) -> tuple[ChangeFact, ...]:
    """The changes from `since` to `until`, and of each check the last one before."""
    if dependency is None:
        return ()
    mine = CheckChange.dependency == dependency
    before = (
        select(func.max(CheckChange.id))
        .where(mine, CheckChange.at < since)
        .group_by(CheckChange.check)
    )
    rows = session.scalars(
        select(CheckChange)
        .where(
            mine,
            CheckChange.at <= until,
            (CheckChange.at >= since) | CheckChange.id.in_(before),
        )
        .order_by(CheckChange.at, CheckChange.id)
    )
    return tuple(
        ChangeFact(r.check, r.at, r.state, r.detail or r.reason, r.latency_ms) for r in rows
    )


def _words(entries: Sequence[timeline.Entry]) -> Iterable[VendorWord]:
    """What each feed said, change by change: at the opening, and whenever the vendor spoke."""
    said: dict[str, tuple[str, str]] = {}
    for entry in timeline.told(entries):
        for word in _spoken(entry):
            if said.get(word.feed) != (word.state, word.title):
                said[word.feed] = (word.state, word.title)
                yield word


def _spoken(entry: timeline.Entry) -> Iterable[VendorWord]:
    rows: Any = [entry.data] if entry.kind == "vendor" else entry.data.get("vendor")
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and row.get("feed"):
            title = str(row.get("title") or "")
            yield VendorWord(str(row["feed"]), entry.at, str(row.get("state", "unknown")), title)


def _plans(session: Session, incident_id: str) -> tuple[PlanFact, ...]:
    rows = session.scalars(
        select(Plan).filter_by(incident_id=incident_id).order_by(Plan.created_at, Plan.id)
    ).all()
    return tuple(
        PlanFact(
            id=row.id,
            runbook=row.runbook,
            state=row.state,
            hash=row.hash,
            created_by=row.created_by,
            created_at=row.created_at,
            body=json.loads(row.body),
            ended_at=row.ended_at,
            outcome=row.outcome,
            approvals=tuple(
                ApprovalFact(a.person, a.at)
                for a in session.scalars(select(Approval).filter_by(plan_id=row.id))
            ),
            attempts=tuple(
                AttemptFact(a.step, a.state, a.writes, a.request_id, a.detail)
                for a in session.scalars(
                    select(Attempt).filter_by(plan_id=row.id).order_by(Attempt.updated_at)
                )
            ),
        )
        for row in rows
    )
