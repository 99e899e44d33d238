"""Finding incidents again by words: in title, summary, dependency and timeline, best first.

Plain comparison in the database, so that it is the same on SQLite and PostgreSQL. Only what the
one who asks may see is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from incidentbot.incidents import privacy
from incidentbot.incidents.people import Person
from incidentbot.store.models import Incident, TimelineEntry

CANDIDATES = 200  # the newest that match are weighed against each other
WORDS = 8
WEIGHTS = {"id": 20, "title": 8, "dependency": 5, "summary": 4}
AROUND = 60  # characters of a line that are shown on each side of the word


@dataclass(frozen=True, slots=True)
class Filters:
    """What else must be so. `state` is open, resolved or empty (either)."""

    state: str = ""
    severities: Sequence[int] = field(default=())
    dependency: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """`line` is the piece of the timeline that fits best, when the words stand there."""

    incident: Incident
    score: int
    line: str = ""


def find(
    session: Session, words: str, to: Person | None, filters: Filters | None = None, limit: int = 10
) -> list[Hit]:
    """The best first, of equally good ones the newest. Every word must stand somewhere."""
    terms = list(dict.fromkeys(words.lower().split()))[:WORDS]
    conditions = [privacy.seen_by(to), *_narrowed(filters or Filters())]
    conditions += [_stands(term) for term in terms]
    rows = session.scalars(
        select(Incident)
        .where(and_(*conditions))
        .order_by(Incident.detected_at.desc())
        .limit(CANDIDATES)
    ).all()
    lines = _lines(session, [row.id for row in rows], terms)
    hits = [_weighed(row, terms, lines.get(row.id, [])) for row in rows]
    return sorted(hits, key=lambda hit: -hit.score)[:limit]  # stable: the newest stays first


def _narrowed(filters: Filters) -> list[ColumnElement[bool]]:
    made: list[ColumnElement[bool]] = []
    if filters.state:
        done = Incident.status == "resolved"
        made.append(done if filters.state == "resolved" else ~done)
    if filters.severities:
        made.append(Incident.severity.in_(filters.severities))
    if filters.dependency:
        made.append(Incident.dependency == filters.dependency)
    if filters.since is not None:
        made.append(Incident.detected_at >= filters.since)
    return made


def _stands(term: str) -> ColumnElement[bool]:
    told = exists().where(
        TimelineEntry.incident_id == Incident.id,
        TimelineEntry.text.icontains(term, autoescape=True),
    )
    return or_(
        Incident.id == term.upper(),
        Incident.title.icontains(term, autoescape=True),
        Incident.summary.icontains(term, autoescape=True),
        Incident.dependency.icontains(term, autoescape=True),
        told,
    )


def _lines(
    session: Session, incidents: Sequence[str], terms: Sequence[str]
) -> dict[str, list[str]]:
    """Incident -> its lines in which any of the words stands."""
    found: dict[str, list[str]] = {}
    if not terms or not incidents:
        return found
    any_of = or_(*(TimelineEntry.text.icontains(term, autoescape=True) for term in terms))
    rows = session.execute(
        select(TimelineEntry.incident_id, TimelineEntry.text)
        .where(TimelineEntry.incident_id.in_(incidents), any_of)
        .order_by(TimelineEntry.id)
    )
    for incident_id, text in rows:
        found.setdefault(incident_id, []).append(text)
    return found


def _weighed(row: Incident, terms: Sequence[str], lines: Sequence[str]) -> Hit:
    score = 0
    for term in terms:
        score += WEIGHTS["id"] if row.id.lower() == term else 0
        for name in ("title", "dependency", "summary"):
            score += WEIGHTS[name] if term in (getattr(row, name) or "").lower() else 0
    best = max(lines, key=lambda line: _fits(line, terms), default="")
    score += _fits(best, terms) + min(len(lines), 5) if best else 0
    return Hit(row, score, _piece(best, terms))


def _fits(line: str, terms: Sequence[str]) -> int:
    return sum(term in line.lower() for term in terms)


def _piece(line: str, terms: Sequence[str]) -> str:
    """The line around the first word that stands in it."""
    flat = " ".join(line.split())
    places = [place for term in terms if (place := flat.lower().find(term)) >= 0]
    start = max(0, min(places, default=0) - AROUND)
    end = start + 2 * AROUND + 20
    return ("…" if start else "") + flat[start:end] + ("…" if end < len(flat) else "")
