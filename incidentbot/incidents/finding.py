"""Which incident is meant: by its dependency, in a list, or where a merged one goes on.

What was merged away is part of the incident that goes on: while that one is open, whatever is seen
of the dependency belongs there, and opens nothing.
"""

from sqlalchemy import CTE, bindparam, select
from sqlalchemy.orm import Session, aliased

from incidentbot.incidents import privacy
from incidentbot.incidents.locking import get
from incidentbot.incidents.people import Person
from incidentbot.store.models import Incident


def _parts() -> CTE:
    """(id, dependency, goes_on, detected_at): each live incident, and all that was merged into it,
    at whatever distance. `goes_on` is the live one."""
    live = (
        select(
            Incident.id,
            Incident.dependency,
            Incident.id.label("goes_on"),
            Incident.detected_at,
        )
        .where(Incident.status != "resolved")
        .cte("parts", recursive=True)
    )
    more = aliased(Incident)
    return live.union(
        select(more.id, more.dependency, live.c.goes_on, more.detected_at).join(
            live, more.merged_into == live.c.id
        )
    )


_PARTS = _parts()
_OPEN_FOR = (
    select(_PARTS.c.goes_on)
    .where(_PARTS.c.dependency == bindparam("of"))
    .order_by(_PARTS.c.id != _PARTS.c.goes_on, _PARTS.c.detected_at)
    .limit(1)
)
_IN = (
    select(_PARTS.c.dependency)
    .where(_PARTS.c.goes_on == bindparam("id"), _PARTS.c.dependency.is_not(None))
    .order_by(_PARTS.c.id != _PARTS.c.goes_on, _PARTS.c.detected_at)
)


def open_for(session: Session, dependency: str) -> Incident | None:
    """The unresolved incident of this dependency, the oldest if there were several; else the one
    that its incident was merged into."""
    number = number_open_for(session, dependency)
    return session.get(Incident, number) if number else None


def number_open_for(session: Session, dependency: str) -> str | None:
    """The same by its id alone."""
    return session.scalar(_OPEN_FOR, {"of": dependency})


def with_open_incidents(session: Session) -> set[str]:
    """The dependencies that have an unresolved incident, or a part in one."""
    found = session.scalars(select(_PARTS.c.dependency).distinct())
    return {dependency for dependency in found if dependency is not None}


def dependencies_in(session: Session, incident_id: str) -> list[str]:
    """What a live incident is about: its own dependency first, then those merged into it."""
    return list(dict.fromkeys(session.scalars(_IN, {"id": incident_id})))


def survivor(session: Session, incident: Incident) -> Incident:
    """Where it goes on: itself, unless it was merged, and then whatever that was merged into."""
    seen = {incident.id}
    while incident.merged_into is not None and incident.merged_into not in seen:
        incident = get(session, incident.merged_into)
        seen.add(incident.id)
    return incident


def listed(session: Session, limit: int = 20, *, to: Person | None = None) -> list[Incident]:
    """Unresolved incidents first, then the newest resolved ones: those that `to` may see.

    None is the public, which sees no private incident.
    """
    seen = select(Incident).where(privacy.seen_by(to))
    done = Incident.status == "resolved"
    rows = session.scalars(seen.order_by(done, Incident.detected_at.desc()).limit(limit))
    return list(rows)
