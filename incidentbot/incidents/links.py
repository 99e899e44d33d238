"""What belongs to an incident elsewhere: pages, meetings, messages, other incidents.

A private incident shows what it is linked with, but shows nowhere else.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle, privacy
from incidentbot.incidents.people import Person
from incidentbot.store import insert_once
from incidentbot.store.models import Incident, IncidentLink

EVENT = "link"  # in the data of an entry
KINDS = {"page": "a page", "meeting": "a meeting", "vendor": "the vendor's page"}
MESSAGE, INCIDENT = "message", "incident"
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Link:
    """`target` is an address, or the id of an incident."""

    target: str
    title: str
    kind: str


def add(
    session: Session, incident_id: str, url: str, by: Person, *, title: str = "", kind: str = "page"
) -> bool:
    """Link an address. False when it is there already. Refused: what is no web address."""
    if kind not in (*KINDS, MESSAGE):
        raise Refused(f"A link cannot be {kind!r} (allowed: {', '.join(KINDS)}).")
    target = checked(url)
    said = KINDS.get(kind, "a message")
    name = title.strip()[:200]
    return _add(session, incident_id, Link(target, name or _host(target), kind), by, said)


def join(session: Session, incident_id: str, other_id: str, by: Person) -> bool:
    """Link two incidents both ways; a private one is shown on its own side only.

    False when nothing is new. Refused for an incident with itself, and for two private ones.
    """
    one = privacy.visible(session, incident_id, by)
    other = privacy.visible(session, other_id, by)
    if one.id == other.id:
        raise Refused(f"{one.id} cannot be linked with itself.")
    if one.private and other.private:
        raise Refused("Two private incidents cannot be linked: their people are not the same.")
    news = [_join(session, a, b, by) for a, b in ((one, other), (other, one)) if not b.private]
    return any(news)


def listed(session: Session, incident_id: str) -> list[Link]:
    """As they were added. An incident that has become private since is left out."""
    rows = session.scalars(
        select(IncidentLink)
        .filter_by(incident_id=incident_id)
        .order_by(IncidentLink.at, IncidentLink.target)
    )
    links = [Link(row.target, row.title, row.kind) for row in rows]
    return [link for link in links if link.kind != INCIDENT or _public(session, link.target)]


def checked(url: str) -> str:
    """A web address as it may be shown and pressed. Raises Refused for anything else."""
    target = url.strip()
    try:
        parts = urlsplit(target)
        host, named = parts.hostname, parts.username is not None or parts.password is not None
        _ = parts.port
    except ValueError:
        host, named = None, False
    if not host or parts.scheme.lower() not in ("http", "https"):
        raise Refused("That is not a web address; it begins with http:// or https://.")
    if named:
        raise Refused("There is a user or a password in that address; give it without.")
    if len(target) > LONGEST or not target.isprintable() or " " in target:
        raise Refused(f"That address cannot be kept: at most {LONGEST} characters, no spaces.")
    return target


def _add(session: Session, incident_id: str, link: Link, by: Person, said: str) -> bool:
    lifecycle.get(session, incident_id)
    values: dict[str, Any] = {
        "incident_id": incident_id,
        "target": link.target,
        "title": link.title,
        "kind": link.kind,
        "person": by.id,
        "at": clock.now(),
    }
    if not insert_once(session, IncidentLink, **values):
        return False
    text = f"{by.name} linked {said}: {link.title}"
    text += "" if link.target in text else f" ({link.target})"
    data = {"event": EVENT, "target": link.target, "title": link.title, "kind": link.kind}
    data["name"] = by.name
    timeline.append(session, incident_id, "note", text, actor=by.id, data=data)
    return True


def _join(session: Session, one: Incident, other: Incident, by: Person) -> bool:
    return _add(session, one.id, Link(other.id, other.title, INCIDENT), by, other.id)


def _public(session: Session, incident_id: str) -> bool:
    row = session.get(Incident, incident_id)
    return row is not None and not row.private


def _host(target: str) -> str:
    parts = urlsplit(target)
    return f"{parts.hostname}{parts.path}".rstrip("/")[:80]
