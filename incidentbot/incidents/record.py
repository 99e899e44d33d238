"""Writes down what the watcher saw: rows and timeline entries, each change in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.detection.correlate import CheckView, DependencyVerdict, FeedView
from incidentbot.detection.verdict import CheckVerdict, State
from incidentbot.incidents import evidence, lifecycle
from incidentbot.incidents.evidence import Picture
from incidentbot.incidents.people import BOT
from incidentbot.store import CHECKS, changed
from incidentbot.store.models import (
    CheckChange,
    CheckState,
    DependencyState,
    FeedState,
    Incident,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest look of a check, to be written now and then."""

    at: datetime
    reason: str
    detail: str
    latency_ms: float | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What an earlier process left. Keys of checks are (dependency, check)."""

    checks: Mapping[tuple[str, str], CheckVerdict]
    dependencies: Mapping[str, DependencyVerdict]
    feeds: Mapping[tuple[str, str], FeedView]


def load(session: Session) -> Loaded:
    """Every state as it was last written; streaks begin anew."""
    known = _last_known(session)
    checks = {}
    for row in session.scalars(select(CheckState)):
        key = (row.dependency, row.check)
        verdict = CheckVerdict(_state(row.state), row.since, row.reason, row.detail, row.latency_ms)
        checks[key] = _remember(verdict, known.get(key, "unknown"))
    dependencies = {
        row.dependency: DependencyVerdict(
            _state(row.state), row.since, row.reason, _known_of(row, checks)
        )
        for row in session.scalars(select(DependencyState))
    }
    feeds = {
        (row.dependency, row.feed): FeedView(
            row.feed, row.state, row.title, row.vendor_id, row.since
        )
        for row in session.scalars(select(FeedState))
    }
    return Loaded(checks, dependencies, feeds)


def check_changed(
    session: Session,
    picture: Picture,
    check: CheckView,
    before: CheckVerdict | None,
    was: DependencyVerdict,
) -> None:
    """A check turned (`before` is None at its first look), and perhaps its dependency with it."""
    name = picture.dependency.name
    _write_check(session, name, check, picture.now)
    if before is None or before.state != check.verdict.state:
        session.add(
            CheckChange(
                check=check.name,
                dependency=name,
                at=check.verdict.since or picture.now,
                state=check.verdict.state,
                reason=check.verdict.reason,
                detail=check.verdict.detail,
                latency_ms=check.verdict.latency_ms,
            )
        )
    changed(session, CHECKS)
    turned_down = picture.verdict.state == "down" != was.last_known
    episode = _write_dependency(session, picture, turned_down)
    incident = lifecycle.open_for(session, name)
    if incident is not None:
        _tell_check(session, incident, picture, check)
        if picture.verdict.state != was.state:
            _tell_verdict(session, incident, picture)
        if check.users_path:
            _tell_users(session, incident, picture, check, before)
    elif turned_down:
        _open(session, picture, episode)


def feed_changed(session: Session, picture: Picture, feed: FeedView, before: FeedView) -> None:
    """A feed says something else of the dependency than before."""
    name = picture.dependency.name
    row = session.get(FeedState, (feed.feed, name)) or FeedState(feed=feed.feed, dependency=name)
    row.state, row.title, row.vendor_id = feed.state, feed.title, feed.vendor_id
    row.since, row.seen_at = feed.since or picture.now, picture.now
    session.add(row)
    _write_dependency(session, picture, turned_down=False)
    incident = lifecycle.open_for(session, name)
    if incident is None:
        return
    if feed.trouble and _vendor_first(session, incident, feed, picture.now):
        return
    if feed.trouble or (before.trouble and feed.state == "operational"):
        text, data = evidence.vendor_text(feed), evidence.vendor_data(picture, feed)
        timeline.append(session, incident.id, "vendor", text, at=picture.now, data=data)


def keep_seen(
    session: Session,
    checks: Mapping[tuple[str, str], Seen],
    feeds: Mapping[tuple[str, str], datetime],
) -> None:
    """Bring `seen_at` up to date for many checks and feeds in one go."""
    for check_row in session.scalars(select(CheckState)):
        seen = checks.get((check_row.dependency, check_row.check))
        if seen is not None:
            check_row.seen_at = seen.at
            check_row.reason, check_row.detail = seen.reason, seen.detail
            check_row.latency_ms = seen.latency_ms
    for feed_row in session.scalars(select(FeedState)):
        at = feeds.get((feed_row.dependency, feed_row.feed))
        if at is not None:
            feed_row.seen_at = at


def _write_check(session: Session, dependency: str, check: CheckView, now: datetime) -> None:
    find = select(CheckState).filter_by(check=check.name, dependency=dependency)
    row = session.scalar(find) or CheckState(check=check.name, dependency=dependency)
    verdict = check.verdict
    row.state, row.reason, row.since = verdict.state, verdict.reason, verdict.since or now
    row.detail, row.seen_at, row.latency_ms = verdict.detail, now, verdict.latency_ms
    session.add(row)


def _write_dependency(session: Session, picture: Picture, turned_down: bool) -> int:
    """Returns the number of the present outage, or of the last one."""
    name = picture.dependency.name
    row = session.get(DependencyState, name) or DependencyState(dependency=name, episode=0)
    row.state, row.reason = picture.verdict.state, picture.verdict.reason
    row.since = picture.verdict.since or picture.now
    row.episode += turned_down
    session.add(row)
    session.flush()
    return row.episode


def _open(session: Session, picture: Picture, episode: int) -> None:
    dependency = picture.dependency
    incident_id, created = lifecycle.open_incident(
        session,
        key=f"{dependency.name}:{episode}",
        title=evidence.title(picture),
        severity=dependency.severity,
        opened_by=BOT,
        dependency=dependency.name,
        started_at=picture.since,
        detected_at=picture.now,
        evidence=evidence.verdict_data(picture),
        text=evidence.verdict_text(picture),
    )
    if not created:
        return
    incident = lifecycle.get(session, incident_id)
    for check in picture.failing:
        _tell_check(session, incident, picture, check)
    for feed in picture.feeds:
        if feed.trouble:
            _vendor_first(session, incident, feed, min(feed.since or picture.now, picture.now))


def _vendor_first(session: Session, incident: Incident, feed: FeedView, at: datetime) -> bool:
    return lifecycle.vendor_reported(
        session, incident.id, at=at, title=feed.title, feed=feed.feed, state=feed.state
    )


def _tell_check(session: Session, incident: Incident, picture: Picture, check: CheckView) -> None:
    timeline.append(
        session,
        incident.id,
        "signal",
        evidence.check_text(picture, check),
        at=check.verdict.since,
        data=evidence.signal_data(picture, check),
    )


def _tell_verdict(session: Session, incident: Incident, picture: Picture) -> None:
    timeline.append(
        session,
        incident.id,
        "verdict",
        evidence.verdict_text(picture),
        at=picture.now,
        data=evidence.verdict_data(picture),
    )


def _tell_users(
    session: Session,
    incident: Incident,
    picture: Picture,
    check: CheckView,
    before: CheckVerdict | None,
) -> None:
    """The way users take decides whether the harm is over, whatever the vendor's side does."""
    if check.verdict.state == "down" and incident.status == "mitigated":
        lifecycle.unmitigate(session, incident.id, because=evidence.harmed_text(picture))
    users = [view for view in picture.checks if view.users_path]
    served = all(view.verdict.state == "up" for view in users)
    harmed = before is not None and before.last_known in ("down", "degraded")
    if served and harmed and incident.status in ("open", "acknowledged"):
        because = evidence.mitigated_text(picture)
        lifecycle.mitigate(session, incident.id, actor=BOT, because=because, at=picture.now)


def _state(text: str) -> State:
    states: tuple[State, ...] = ("up", "degraded", "down")
    return next((state for state in states if state == text), "unknown")


def _remember(verdict: CheckVerdict, known: State) -> CheckVerdict:
    last = known if verdict.state == "unknown" else verdict.state
    return replace(verdict, last_known=last)


def _last_known(session: Session) -> dict[tuple[str, str], State]:
    """The last state but unknown of each check."""
    newest = (
        select(func.max(CheckChange.id))
        .where(CheckChange.state != "unknown")
        .group_by(CheckChange.dependency, CheckChange.check)
    )
    rows = session.scalars(select(CheckChange).where(CheckChange.id.in_(newest)))
    return {(row.dependency, row.check): _state(row.state) for row in rows}


def _known_of(row: DependencyState, checks: Mapping[tuple[str, str], CheckVerdict]) -> State:
    """In doubt that it was down: then a dark hour followed by the same outage opens nothing new."""
    if row.state != "unknown":
        return _state(row.state)
    mine = [verdict.last_known for (name, _), verdict in checks.items() if name == row.dependency]
    worst_first: tuple[State, ...] = ("down", "degraded", "up")
    return next((state for state in worst_first if state in mine), "unknown")
