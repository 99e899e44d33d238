"""What an earlier process left behind, so that a restart alarms nobody twice.

Streaks begin anew: what was seen before the gap does not count together with what comes after.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidentbot.detection.correlate import DependencyVerdict, FeedView
from incidentbot.detection.picture import Standing
from incidentbot.detection.verdict import CheckVerdict, State
from incidentbot.detection.views import AlertWord
from incidentbot.incidents.people import BOT
from incidentbot.store.models import (
    Alert,
    CheckChange,
    CheckState,
    DependencyState,
    FeedState,
    Incident,
)


@dataclass(slots=True)
class Known:
    """What is remembered of one dependency."""

    standing: Standing = field(default_factory=Standing)
    checks: dict[str, CheckVerdict] = field(default_factory=dict)
    looked: dict[str, datetime] = field(default_factory=dict)
    feeds: dict[str, FeedView] = field(default_factory=dict)
    alerts: dict[str, dict[str, AlertWord]] = field(default_factory=dict)
    open: bool = False  # an incident that the bot opened is not resolved


def load(session: Session) -> dict[str, Known]:
    """By dependency, everything as it was last written."""
    found: dict[str, Known] = {}
    last_known = _last_known(session)
    for check in session.scalars(select(CheckState)):
        known = found.setdefault(check.dependency, Known())
        state = _state(check.state)
        last = last_known.get((check.dependency, check.check), "unknown")
        known.checks[check.check] = CheckVerdict(
            state,
            check.since,
            check.reason,
            check.detail,
            check.latency_ms,
            last if state == "unknown" else state,
        )
        known.looked[check.check] = check.seen_at
    for row in session.scalars(select(DependencyState)):
        known = found.setdefault(row.dependency, Known())
        verdict = DependencyVerdict(_state(row.state), row.since, row.reason, _last(row, known))
        known.standing = replace(
            known.standing,
            verdict=verdict,
            alarmed=row.alarmed,
            held=row.held,
            cause=row.cause,
            told=frozenset((feed, one) for feed, ids in row.told.items() for one in ids),
            reported=row.reported,
        )
    for feed in session.scalars(select(FeedState)):
        view = FeedView(feed.feed, feed.state, feed.title, feed.vendor_id, feed.since)
        found.setdefault(feed.dependency, Known()).feeds[feed.feed] = view
    for alert in session.scalars(select(Alert)):
        word = AlertWord(alert.key, alert.state, alert.title, alert.since, alert.seen_at)
        known = found.setdefault(alert.dependency, Known())
        known.alerts.setdefault(alert.hook, {})[alert.key] = word
    ours = select(Incident.dependency).where(
        Incident.opened_by == BOT, Incident.status != "resolved"
    )
    for dependency in session.scalars(ours):
        if dependency is not None:
            found.setdefault(dependency, Known()).open = True
    return found


def _state(text: str) -> State:
    states: tuple[State, ...] = ("up", "degraded", "down")
    return next((state for state in states if state == text), "unknown")


def _last_known(session: Session) -> dict[tuple[str, str], State]:
    """The last state but unknown of each check."""
    newest = (
        select(func.max(CheckChange.id))
        .where(CheckChange.state != "unknown")
        .group_by(CheckChange.dependency, CheckChange.check)
    )
    rows = session.scalars(select(CheckChange).where(CheckChange.id.in_(newest)))
    return {(row.dependency, row.check): _state(row.state) for row in rows}


def _last(row: DependencyState, known: Known) -> State:
    """In doubt that it was down: then a dark hour followed by the same outage opens nothing new."""
    if row.state != "unknown":
        return _state(row.state)
    worst_first: tuple[State, ...] = ("down", "degraded", "up")
    mine = [verdict.last_known for verdict in known.checks.values()]
    return next((state for state in worst_first if state in mine), "unknown")
