"""How much runs, ran and was written lately: counts for the guards, from plans and attempts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.settings import Settings
from incidentbot.store.models import Attempt, Incident, Plan

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BUSY = ("approved", "running", "in_doubt", "paused")
STARTED = ("running", "in_doubt", "paused")
NEVER_RAN = ("planned", "cancelled", "expired")
Among = Callable[[str], bool]  # whether plans about an asset of this name count
UNWRITTEN = ("intent", "failed")  # states of an attempt that changed nothing


@dataclass(frozen=True, slots=True)
class Lately:
    """A plan of the last time, with what its body says. `wrote_at`: None when it has not."""

    id: str
    state: str
    asset: str
    turns: bool  # it turns a switch
    targets: frozenset[str]
    wrote_at: datetime | None

    @property
    def busy(self) -> bool:
        return self.state in BUSY


def lately(session: Session, since: datetime) -> list[Lately]:
    """Every plan that is under way, or wrote something since."""
    last = (
        select(Attempt.plan_id, func.max(Attempt.updated_at).label("at"))
        .where(Attempt.state.not_in(UNWRITTEN))
        .group_by(Attempt.plan_id)
        .subquery()
    )
    rows = session.execute(
        select(Plan.id, Plan.state, Plan.target, Plan.body, last.c.at)
        .join(last, last.c.plan_id == Plan.id, isouter=True)
        .where(Plan.state.in_(BUSY) | (last.c.at >= since))
        .order_by(Plan.created_at, Plan.id)
    )
    return [_lately(*row) for row in rows]


def by_runbook(
    session: Session, now: datetime, runbook: str, besides: str | None, among: Among
) -> int:
    """Runs of the last hour: plans that were made then, and let run."""
    bodies = session.scalars(_started(now, besides).filter_by(runbook=runbook))
    return sum(among(_asset(_read(body))) for body in bodies)


def by_person(
    session: Session, now: datetime, person: str, besides: str | None, among: Among
) -> int:
    """Switches of the last hour that this person asked for. Whoever pages people or posts to a
    status page has used up nothing."""
    bodies = session.scalars(_started(now, besides).filter_by(created_by=person))
    read = [_read(body) for body in bodies]
    return sum(_turns(body) and among(_asset(body)) for body in read)


def writes(session: Session, now: datetime) -> int:
    """Writes that were sent in the last minute. A step that was sent twice counts twice."""
    sent = select(func.sum(Attempt.writes)).where(Attempt.updated_at > now - MINUTE)
    return session.scalar(sent) or 0


def too_many_writes(session: Session, settings: Settings) -> str | None:
    """Why the next write has to wait; None when it may go. Asked before each one; a write that
    waits is no failure."""
    many, most = writes(session, clock.now()), settings.policy.rates.writes
    if many >= most:
        return f"{many} writes in the last minute; {most} is the most (policy.rates.writes)."
    return None


def drilled_at(session: Session, settings: Settings, runbook: str) -> datetime | None:
    """When this runbook last came to a good end in a drill: a test, or an asset to practise on."""
    drills = [
        ids.canonical({"asset": one.name}).decode()[1:-1] for one in settings.assets if one.drill
    ]
    practised: list[ColumnElement[bool]] = [Incident.test.is_(True)]
    practised += [Plan.body.contains(said, autoescape=True) for said in drills]
    return session.scalar(
        select(func.max(Plan.ended_at))
        .join(Incident, Incident.id == Plan.incident_id)
        .where(Plan.runbook == runbook, Plan.state == "done", or_(*practised))
    )


def _started(now: datetime, besides: str | None) -> Select[str]:
    return select(Plan.body).where(
        Plan.created_at > now - HOUR, Plan.state.not_in(NEVER_RAN), Plan.id != (besides or "")
    )


def targets_of(body: Mapping[str, Any], target: str) -> Iterator[str]:
    """What a frozen plan writes to; `target` where its body does not say."""
    yield from body.get("targets") or [target]


def _lately(plan_id: str, state: str, target: str, body: str, at: datetime | None) -> Lately:
    read = _read(body)
    found = frozenset(targets_of(read, target))
    return Lately(plan_id, state, _asset(read), _turns(read), found, at)


def _asset(body: Mapping[str, Any]) -> str:
    return str(body.get("asset", ""))


def _turns(body: Mapping[str, Any]) -> bool:
    """Whether it is that of a switch. One that cannot be read may be: it counts as one."""
    return bool(body.get("to")) or not body


def _read(body: str) -> Mapping[str, Any]:
    """The body; nothing where it is no longer JSON: its target is still known by the row."""
    try:
        return ids.read_canonical(body)
    except ValueError:
        return {}
