"""What was seen, as rows: states of checks, feeds, alerts and dependencies, and their changes.

Plain statements, one for many rows: thousands of checks may turn in one moment.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session, aliased

from incidentbot.detection.turn import Turn
from incidentbot.store import changed, upsert
from incidentbot.store.models import (
    Alert,
    CheckChange,
    CheckState,
    DependencyChange,
    DependencyState,
    FeedState,
)

TOPIC = "checks"  # what Store.on_commit listeners of check_change and dependency_change ask for

_CHECKS = cast(Table, CheckState.__table__)
_FEEDS = cast(Table, FeedState.__table__)
_DEPENDENCIES = cast(Table, DependencyState.__table__)
_CHANGED = insert(cast(Table, CheckChange.__table__))
_TURNED = insert(cast(Table, DependencyChange.__table__))

# Dependency, check, when, reason, detail, latency in ms; and dependency, feed, when.
SeenCheck = tuple[str, str, datetime, str, str, float | None]
SeenFeed = tuple[str, str, datetime]
_LOOK_KEYS = ("of", "which", "at", "why", "more", "ms")
_HEAR_KEYS = ("of", "which", "at")
_LOOKED = (
    update(_CHECKS)
    .where(_CHECKS.c.dependency == bindparam("of"), _CHECKS.c.check_name == bindparam("which"))
    .values(
        seen_at=bindparam("at"),
        reason=bindparam("why"),
        detail=bindparam("more"),
        latency_ms=bindparam("ms"),
    )
)
_HEARD = (
    update(_FEEDS)
    .where(_FEEDS.c.dependency == bindparam("of"), _FEEDS.c.feed == bindparam("which"))
    .values(seen_at=bindparam("at"))
)
_EPISODE = select(_DEPENDENCIES.c.episode).where(_DEPENDENCIES.c.dependency == bindparam("of"))


def write(session: Session, turns: Sequence[Turn]) -> int:
    """All rows of these turns. Returns the number of the last one's outage, 0 without an alarm."""
    _checks(session, [turn for turn in turns if turn.check is not None and not turn.hook])
    _feeds(session, [turn for turn in turns if turn.feed is not None])
    for turn in turns:
        if turn.alerts:
            _alerts(session, turn)
    return _dependencies(session, turns)


def keep_seen(session: Session, checks: Sequence[SeenCheck], feeds: Sequence[SeenFeed]) -> None:
    """Bring `seen_at` up to date for many checks and feeds in one go."""
    if checks:
        session.execute(_LOOKED, [dict(zip(_LOOK_KEYS, row, strict=True)) for row in checks])
    if feeds:
        session.execute(_HEARD, [dict(zip(_HEAR_KEYS, row, strict=True)) for row in feeds])


def forget_alerts(session: Session, before: datetime) -> None:
    """Alerts that were over before that; the newest of a hook tells that it was heard."""
    newer = aliased(Alert)
    later = select(newer.key).where(
        newer.hook == Alert.hook,
        newer.dependency == Alert.dependency,
        newer.seen_at > Alert.seen_at,
    )
    old = (Alert.state == "operational", Alert.seen_at < before)
    session.execute(
        delete(Alert).where(*old, later.exists()).execution_options(synchronize_session=False)
    )


def taken_over(session: Session, dependency: str, cause: str, why: str) -> None:
    """The incident of a dependency became that of its cause: it has none of its own any more."""
    row = session.get(DependencyState, dependency)
    if row is not None:
        row.alarmed, row.held, row.cause = False, why, cause


def _told(told: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Feed -> the ids that people heard of."""
    said: dict[str, list[str]] = {}
    for feed, vendor_id in sorted(told):
        said.setdefault(feed, []).append(vendor_id)
    return said


def _checks(session: Session, turns: Sequence[Turn]) -> None:
    states, changes = [], []
    for turn in turns:
        assert turn.check is not None
        verdict, before, now = turn.check.verdict, turn.check_before, turn.picture.now
        row: dict[str, Any] = {
            "dependency": turn.name,
            "check_name": turn.check.name,
            "state": verdict.state,
            "reason": verdict.reason,
            "detail": verdict.detail,
            "latency_ms": verdict.latency_ms,
        }
        since = verdict.since or now
        states.append(row | {"since": since, "seen_at": now})
        if before is None or before.state != verdict.state:
            changes.append(row | {"at": since})
    if states:
        upsert(session, CheckState, states, ("dependency", "check_name"))
    if changes:
        session.execute(_CHANGED, changes)
        changed(session, TOPIC)


def _feeds(session: Session, turns: Sequence[Turn]) -> None:
    rows = [
        {
            "feed": turn.feed.feed,
            "dependency": turn.name,
            "state": turn.feed.state,
            "title": turn.feed.title,
            "vendor_id": turn.feed.vendor_id[:200],
            "since": turn.feed.since or turn.picture.now,
            "seen_at": turn.picture.now,
        }
        for turn in turns
        if turn.feed is not None
    ]
    if rows:
        upsert(session, FeedState, rows, ("feed", "dependency"))


def _alerts(session: Session, turn: Turn) -> None:
    rows = [
        {
            "hook": turn.hook,
            "dependency": turn.name,
            "key": word.key[:200],
            "state": word.state,
            "title": word.title,
            "since": word.since,
            "seen_at": word.seen_at,
        }
        for word in turn.alerts
    ]
    upsert(session, Alert, rows, ("hook", "dependency", "key"))


def _dependencies(session: Session, turns: Sequence[Turn]) -> int:
    states, changes, episode = [], [], 0
    for turn in turns:
        standing, before = turn.standing, turn.before
        if standing == before and not turn.alarms:
            continue
        episode = (session.scalar(_EPISODE, {"of": turn.name}) or 0) + 1 if turn.alarms else 0
        verdict = standing.verdict
        row: dict[str, Any] = {
            "dependency": turn.name,
            "state": verdict.state,
            "reason": verdict.reason,
            "since": verdict.since or turn.picture.now,
            "alarmed": standing.alarmed,
            "held": standing.held,
            "cause": standing.cause,
            "reported": standing.reported,
            "told": _told(standing.told),
            "episode": episode,
        }
        if turn.alarms:
            upsert(session, DependencyState, [row], ("dependency",))
        else:
            states.append(row)
        if verdict.state != before.verdict.state or before.verdict.since is None:
            change = ("dependency", "state", "reason")
            changes.append({key: row[key] for key in change} | {"at": row["since"]})
    if states:
        upsert(session, DependencyState, states, ("dependency",), first=("episode",))
    if changes:
        session.execute(_TURNED, changes)
    if changes or any(turn.before.held and not turn.standing.held for turn in turns):
        changed(session, TOPIC)  # what is not held back any more is told now
    return episode
