"""Writes down what the lookout decided: rows and timeline entries, each turn in one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.detection.correlate import CheckView, FeedView
from incidentbot.detection.picture import Affected, Alarm, Decision, Picture, Tell, Worse
from incidentbot.detection.turn import Turn
from incidentbot.detection.verdict import CheckVerdict
from incidentbot.detection.watched import because_of
from incidentbot.incidents import evidence, finding, lifecycle, notices, rows
from incidentbot.incidents.people import BOT
from incidentbot.store.models import DependencyState, Incident


def write_all(session: Session, turns: Sequence[Turn]) -> None:
    """Turns of different dependencies. Those from which nothing follows are rows and no more."""
    open_for = lifecycle.with_open_incidents(session)
    quiet = [turn for turn in turns if turn.quiet and turn.name not in open_for]
    if quiet:
        rows.write(session, quiet)
    for turn in turns:
        if not turn.quiet or turn.name in open_for:
            write(session, turn)


def write(session: Session, turn: Turn) -> None:
    """A turn whole: what was seen, what it means, and what follows."""
    episode = rows.write(session, [turn])
    number = lifecycle.number_open_for(session, turn.name)
    incident = lifecycle.get(session, number) if number else None
    if incident is not None:
        _tell(session, turn, incident)
    for decision in turn.decisions:
        _HANDS[type(decision)](session, turn, decision, incident, episode)


def _tell(session: Session, turn: Turn, incident: Incident) -> None:
    """What the channel of an open incident hears of it."""
    picture, check, before = turn.picture, turn.check, turn.check_before
    if check is not None and _news(check.verdict, before):
        _tell_check(session, incident, picture, check)
    if picture.verdict.state != turn.before.verdict.state:
        _tell_verdict(session, incident, picture)
    if check is not None and check.users_path and turn.online is not False:
        _tell_users(session, incident, picture, check, before)
    if turn.feed is not None and turn.feed_before is not None:
        _tell_feed(session, incident, picture, turn.feed, turn.feed_before)


def _news(verdict: CheckVerdict, before: CheckVerdict | None) -> bool:
    if before is None:
        return True
    return (verdict.state, verdict.flapping) != (before.state, before.flapping)


def _tell_feed(
    session: Session, incident: Incident, picture: Picture, feed: FeedView, before: FeedView
) -> None:
    """A feed that joins is evidence, with its delay; afterwards it is told what it says anew."""
    if feed.trouble and _vendor_first(session, incident, feed, picture.now):
        return
    if feed.trouble or (before.trouble and feed.state == "operational"):
        text, data = evidence.vendor_text(feed), evidence.vendor_data(picture, feed)
        timeline.append(session, incident.id, "vendor", text, at=picture.now, data=data)


def _alarm(
    session: Session, turn: Turn, decision: Alarm, incident: Incident | None, episode: int
) -> None:
    """Open an incident, unless one is open: then this is part of its story already."""
    if incident is not None:
        return
    picture, dependency = turn.picture, turn.picture.dependency
    follower = lifecycle.open_for(session, decision.adopts) if decision.adopts else None
    text = " ".join(filter(None, [evidence.verdict_text(picture), evidence.why(decision.because)]))
    # One that is part of another dependency's incident stays there: only its own is taken over.
    own = follower is not None and follower.dependency == decision.adopts
    if follower is not None and own and follower.opened_by == BOT:
        lifecycle.adopt(
            session, follower.id, dependency.name, evidence.title(picture), decision.severity, text
        )
        _tell_verdict(session, follower, picture)
        rows.taken_over(session, decision.adopts, dependency.name, because_of(dependency.title))
        return
    incident_id, created = lifecycle.open_incident(
        session,
        key=f"{dependency.name}:{episode}",
        title=evidence.title(picture),
        severity=decision.severity,
        opened_by=BOT,
        dependency=dependency.name,
        started_at=picture.since,
        detected_at=picture.now,
        evidence=evidence.verdict_data(picture),
        text=text,
    )
    if not created:
        return
    opened = lifecycle.get(session, incident_id)
    for check in picture.failing:
        _tell_check(session, opened, picture, check)
    for feed in picture.feeds:
        if feed.trouble:
            _vendor_first(session, opened, feed, min(feed.since or picture.now, picture.now))


def _worse(
    session: Session, turn: Turn, decision: Worse, incident: Incident | None, _episode: int
) -> None:
    if incident is not None:
        lifecycle.worsen(session, incident.id, decision.severity, decision.because)


def _affected(
    session: Session, turn: Turn, decision: Affected, _incident: Incident | None, _episode: int
) -> None:
    cause = _incident_of_cause(session, decision.cause)
    if cause is None:
        return
    text = evidence.affected_text(turn.picture, over=decision.over)
    data = evidence.verdict_data(turn.picture) | {"affected": turn.name, "over": decision.over}
    timeline.append(session, cause.id, "verdict", text, at=turn.picture.now, data=data)


def _incident_of_cause(session: Session, cause: str) -> Incident | None:
    """The incident of a cause, or of what that one hangs on in turn."""
    seen: set[str] = set()
    while cause and cause not in seen:
        seen.add(cause)
        incident = lifecycle.open_for(session, cause)
        if incident is not None:
            return incident
        row = session.get(DependencyState, cause)
        cause = row.cause if row is not None else ""
    return None


def _notice(
    session: Session, turn: Turn, decision: Tell, _incident: Incident | None, _episode: int
) -> None:
    notices.write(
        session,
        decision.kind,
        decision.key,
        decision.text,
        dependency=turn.name,
        at=turn.picture.now,
    )


Hand = Callable[[Session, Turn, Any, Incident | None, int], None]
_HANDS: dict[type[Decision], Hand] = {
    Alarm: _alarm,
    Worse: _worse,
    Affected: _affected,
    Tell: _notice,
}


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
    if not (served and harmed and incident.status in ("open", "acknowledged")):
        return
    # Where others were merged into it, this dependency alone cannot say that the harm is over.
    if finding.dependencies_in(session, incident.id) == [picture.dependency.name]:
        because = evidence.mitigated_text(picture)
        lifecycle.mitigate(session, incident.id, actor=BOT, because=because, at=picture.now)
