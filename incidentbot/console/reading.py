"""The only place where the pages read the database: few queries, each with an end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from incidentbot.console.facts import Alert, Change, Incident, Known, Look, Notice, Stand, Word
from incidentbot.detection.views import ALERT_AGE
from incidentbot.incidents import privacy
from incidentbot.signals import TROUBLE
from incidentbot.store import models as rows

MOST = 20_000  # changes read at once; where there are more, the oldest stay a gap in the strip
INCIDENTS = 10  # of one dependency
NOTICES = 10
NEWS = timedelta(days=1)  # how long a notice is news


def glance(session: Session, since: datetime, now: datetime, most: int = MOST) -> Known:
    """What the page of all dependencies shows; strips begin at `since`."""
    old = rows.Incident.status != "resolved"
    return Known(
        dependencies=_stands(session),
        checks=_looks(session),
        alarmed=_alarmed(session, now),
        changes=_changes(session, None, since, most),
        incidents=_incidents(session, select(rows.Incident).where(old)),
        notices=_notices(session, None, now - NEWS),
        sight=_sight(session),
    )


def dependency(session: Session, name: str, since: datetime, now: datetime) -> Known:
    """What the page of one dependency shows; strips begin at `since`."""
    stand = session.get(rows.DependencyState, name)
    looks = session.scalars(select(rows.CheckState).filter_by(dependency=name))
    words = session.scalars(select(rows.FeedState).filter_by(dependency=name))
    alerts = session.scalars(
        select(rows.Alert)
        .where(rows.Alert.dependency == name, rows.Alert.state != "operational")
        .order_by(rows.Alert.since.desc())
        .limit(100)
    )
    latest = select(rows.Incident).filter_by(dependency=name)
    return Known(
        dependencies={name: _stand(stand)} if stand else {},
        checks={(name, row.check): _look(row) for row in looks},
        feeds={
            (name, row.feed): Word(row.state, row.title, row.since, row.seen_at) for row in words
        },
        alerts=tuple(
            Alert(row.hook, row.key, row.state, row.title, row.since, row.seen_at) for row in alerts
        ),
        alarmed=_alarmed(session, now),
        changes=_changes(session, name, since, MOST),
        check_changes=_check_changes(session, name, since),
        incidents=_incidents(session, latest.limit(INCIDENTS)),
        notices=_notices(session, name, now - NEWS),
        sight=_sight(session),
    )


def _stands(session: Session) -> dict[str, Stand]:
    row = rows.DependencyState
    query = select(row.dependency, row.state, row.reason, row.since, row.held)
    return {
        name: Stand(state, reason, since, held)
        for name, state, reason, since, held in session.execute(query)
    }


def _alarmed(session: Session, now: datetime) -> frozenset[str]:
    row = rows.Alert
    query = select(row.dependency).distinct()
    fires = (row.state.in_(TROUBLE), row.seen_at > now - ALERT_AGE)
    return frozenset(session.scalars(query.where(*fires)))


def _looks(session: Session) -> dict[tuple[str, str], Look]:
    # Columns and not objects: there may be ten thousand checks.
    row = rows.CheckState
    query = select(row.dependency, row.check, row.state, row.reason, row.since, row.seen_at)
    return {
        (name, check): Look(state, reason, since, seen_at)
        for name, check, state, reason, since, seen_at in session.execute(query)
    }


def _changes(
    session: Session, name: str | None, since: datetime, most: int
) -> dict[str, tuple[Change, ...]]:
    """Those since then, and of each dependency the last one before."""
    row, state = rows.DependencyChange, rows.DependencyState
    # Joined with the few rows of the states, so that the index finds them in a long history.
    found = (
        select(row.dependency, row.at, row.state, row.reason)
        .join(state, state.dependency == row.dependency)
        .where(row.at >= since)
    )
    earlier = aliased(row)
    before = (
        select(earlier.id)
        .where(earlier.dependency == state.dependency, earlier.at < since)
        .order_by(earlier.at.desc(), earlier.id.desc())
        .limit(1)
        .correlate(state)
        .scalar_subquery()
    )
    last = select(before).select_from(state)
    if name is not None:
        found = found.where(state.dependency == name)
        last = last.where(state.dependency == name)
    first = select(row.dependency, row.at, row.state, row.reason).where(row.id.in_(last))
    return _ordered(session, found.order_by(row.id.desc()), first, most)


def _check_changes(session: Session, name: str, since: datetime) -> dict[str, tuple[Change, ...]]:
    row, state = rows.CheckChange, rows.CheckState
    found = select(row.check, row.at, row.state, row.reason).where(
        row.dependency == name, row.at >= since
    )
    earlier = aliased(row)
    before = (
        select(earlier.id)
        .where(earlier.dependency == name, earlier.check == state.check, earlier.at < since)
        .order_by(earlier.at.desc(), earlier.id.desc())
        .limit(1)
        .correlate(state)
        .scalar_subquery()
    )
    last = select(before).select_from(state).where(state.dependency == name)
    first = select(row.check, row.at, row.state, row.reason).where(row.id.in_(last))
    return _ordered(session, found.order_by(row.id.desc()), first, MOST)


def _ordered(session: Session, found: Any, first: Any, most: int) -> dict[str, tuple[Change, ...]]:
    """By key, as written; both are selects of (key, at, state, reason), `found` newest first."""
    newest = session.execute(found.limit(most)).all()
    # What was cut off may hide other states: then nothing is said of the time before.
    oldest = session.execute(first).all() if len(newest) < most else []
    ordered: dict[str, list[Change]] = defaultdict(list)
    for key, at, state, reason in [*oldest, *reversed(newest)]:
        ordered[key].append(Change(at, state, reason))
    return {key: tuple(changes) for key, changes in ordered.items()}


def _incidents(session: Session, query: Any) -> tuple[Incident, ...]:
    """Those of a select of incidents, the newest first."""
    # The pages are for everybody who reaches them, so private incidents are not on them.
    public = query.where(privacy.seen_by(None))
    newest = public.order_by(rows.Incident.detected_at.desc())
    found: Sequence[rows.Incident] = session.scalars(newest).all()
    ids = [row.id for row in found]
    made = select(rows.Channel).where(rows.Channel.incident_id.in_(ids))
    channels = {channel.incident_id: channel.name for channel in session.scalars(made)}
    documents: dict[str, dict[str, str]] = defaultdict(dict)
    written = select(rows.Document).where(rows.Document.incident_id.in_(ids))
    for document in session.scalars(written.order_by(rows.Document.format)):
        documents[document.incident_id][document.format] = document.path
    return tuple(
        Incident(
            id=row.id,
            title=f"TEST · {row.title}" if row.test else row.title,
            severity=row.severity,
            status=row.status,
            dependency=row.dependency,
            detected_at=row.detected_at,
            resolved_at=row.resolved_at,
            channel=channels.get(row.id, ""),
            documents=documents.get(row.id, {}),
        )
        for row in found
    )


def _notices(session: Session, name: str | None, since: datetime) -> tuple[Notice, ...]:
    row = rows.Notice
    query = select(row).where(row.at >= since)
    if name is not None:
        query = query.where(row.dependency == name)
    found = session.scalars(query.order_by(row.id.desc()).limit(NOTICES))
    return tuple(map(_notice, found))


def _sight(session: Session) -> Notice | None:
    row = rows.Notice
    query = select(row).where(row.kind.in_(("blind", "sight"))).order_by(row.id.desc()).limit(1)
    found = session.scalar(query)
    return _notice(found) if found else None


def _notice(row: rows.Notice) -> Notice:
    return Notice(row.kind, row.dependency, row.at, row.text)


def _stand(row: rows.DependencyState) -> Stand:
    return Stand(row.state, row.reason, row.since, row.held)


def _look(row: rows.CheckState) -> Look:
    return Look(row.state, row.reason, row.since, row.seen_at, row.detail, row.latency_ms)
