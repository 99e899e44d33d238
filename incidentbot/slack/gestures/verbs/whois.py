"""Who has which role, since when, what time it is there, and how to reach them."""

import zoneinfo
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.errors import Refused
from incidentbot.incidents import crew, privacy
from incidentbot.slack.blocks import replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.blocks.replies import PersonLine
from incidentbot.slack.gestures.act import ANYBODY, Act, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of, without_number
from incidentbot.slack.gestures.verbs.role import MENTION, SHORT
from incidentbot.store.models import Incident, Role


async def whois(desk: Desk, gesture: Gesture) -> Message | None:
    for id, handle in MENTION.findall(gesture.raw):
        await desk.directory.meet(id, handle)
    return await desk.store.tx(_whois, desk, gesture)


def _whois(session: Session, desk: Desk, gesture: Gesture) -> Message:
    mention = MENTION.search(gesture.raw)
    if mention:
        return _somebody(session, desk, gesture, mention[1])
    incident = incident_of(session, gesture)
    word = without_number(gesture, gesture.text).lower()
    role = SHORT.get(word, word)
    if role and role not in crew.ROLES:
        allowed = ", ".join(crew.ROLES)
        raise Refused(f"There is no role {role!r} (allowed: {allowed}), and nobody is mentioned.")
    rows = [row for row in crew.crew(session, incident.id) if role in ("", row.role)]
    lines = [_line(desk, row.person, f"{row.role} of {incident.id}", row.since) for row in rows]
    nobody = f"Nobody is {role} of {incident.id}." if role else f"{incident.id} has no crew yet."
    return replies.whois(lines, nobody)


def _somebody(session: Session, desk: Desk, gesture: Gesture, id: str) -> Message:
    """Their roles in what is open, and the reader may see."""
    rows = session.execute(
        select(Role, Incident.id)
        .join(Incident, Incident.id == Role.incident_id)
        .where(Role.person == id, Incident.status != "resolved", privacy.seen_by(gesture.person))
        .order_by(Role.since)
    )
    lines = [_line(desk, id, f"{row.role} of {number}", row.since) for row, number in rows]
    return replies.whois(lines or [_line(desk, id, "no role now", None)], "")


def _line(desk: Desk, id: str, what: str, since: datetime | None) -> PersonLine:
    known = desk.directory.known(id)
    zone = known.tz if known else ""
    email = known.email if known else ""
    return PersonLine(id, desk.directory.name(id), what, since, _local(zone), email)


def _local(zone: str) -> str:
    """ "09:05, Wednesday, in Europe/Berlin"; empty where the zone is not known."""
    try:
        there = clock.now().astimezone(zoneinfo.ZoneInfo(zone)) if zone else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return f"in {zone}"
    return f"{there:%H:%M, %A}, in {zone}" if there else ""


ACTS: tuple[Act, ...] = (
    Verb(
        "whois",
        whois,
        usage="[role | @person]",
        help="who has which role, their time of day, how to reach them",
        group="Look",
        label="Who is who",
        needs=ANYBODY,
    ),
)
