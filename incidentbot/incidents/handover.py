"""The command changes hands by an offer and a clear yes, so that it is never with nobody.

An offer is a timer: it survives a restart, and runs out by itself. One incident has one at most.
It is told to the two people it concerns; the channel hears of it when it is accepted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incidentbot import clock, timeline, timers
from incidentbot.errors import Refused
from incidentbot.incidents import crew, privacy
from incidentbot.incidents.locking import live
from incidentbot.incidents.people import BOT, Person
from incidentbot.incidents.rights import COMMANDER, Rights, require
from incidentbot.store.models import Timer

STANDS = timedelta(minutes=15)
GIVEN, SAME, OFFERED, WAITING, KEPT = "given", "same", "offered", "waiting", "kept"


@dataclass(frozen=True, slots=True)
class Offer:
    """The command, offered. `id` is another one for each offer, the same for a repeat."""

    id: str
    incident_id: str
    giver: Person
    to: Person
    until: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """What came of it: `what` is one of the words above; WAITING: this offer stood before."""

    what: str
    offer: Offer | None = None


def give(
    session: Session,
    incident_id: str,
    role: str,
    to: Person,
    by: Person,
    rights: Rights,
    *,
    now: bool = False,
) -> Given:
    """Give a role to somebody. The command, while somebody has it, is offered by that person;
    `now`, by the right of a commander, moves it at once. Raises Refused, with who may."""
    has = crew.holder(session, incident_id, role)
    if role != crew.COMMANDER or has is None:
        done = crew.assign(session, incident_id, role, to, by)
        return Given(GIVEN if done else SAME)
    if to.id == has:
        kept = withdraw(session, incident_id, by)
        return Given(KEPT, kept) if kept else Given(SAME)
    if now:
        _may_move(rights, by, has)
        crew.assign(session, incident_id, role, to, by)
        return Given(GIVEN)
    if by.id != has:
        raise Refused(
            f"{incident_id} has a commander, who can offer the command. With the right of a "
            f"commander ({rights.words(COMMANDER)}), `now` behind it moves it at once."
        )
    made = offer(session, incident_id, to, by)
    return Given(OFFERED, made) if made else Given(WAITING, standing(session, incident_id))


def lay_down(
    session: Session, incident_id: str, role: str, by: Person, rights: Rights, whose: str = ""
) -> bool:
    """Nobody has this role any more; the command only by whoever has it or by right."""
    has = crew.holder(session, incident_id, role)
    if role == crew.COMMANDER and has is not None:
        _may_move(rights, by, has)
    return crew.relieve(session, incident_id, role, by, whose)


def _may_move(rights: Rights, by: Person, has: str) -> None:
    if by.id != has:
        require(rights, by.rights, COMMANDER, "Moving the command of somebody else")


def offer(session: Session, incident_id: str, to: Person, by: Person) -> Offer | None:
    """The commander offers the command; None when the same offer stands already.

    Another offer that stood is taken back by it. Raises Refused unless `by` commands.
    """
    if crew.holder(session, incident_id, crew.COMMANDER) != by.id:
        raise Refused("Only whoever commands can offer the command.")
    before = standing(session, incident_id)
    if before is not None and before.to.id == to.id:
        return None
    privacy.let_in(session, incident_id, to.id)  # to be asked is to be told
    until = clock.now() + STANDS
    text = f"{by.name} offered the command to {to.name}."
    written = _note(session, incident_id, text, by, "command offered", to)
    timers.set_timer(
        session,
        _key(incident_id),
        crew.OFFER,
        until,
        incident_id=incident_id,
        data={
            "id": f"handover:{incident_id}:{written}",
            "giver": by.id,
            "giver_name": by.name,
            "to": to.id,
            "to_name": to.name,
        },
    )
    return standing(session, incident_id)


def standing(session: Session, incident_id: str) -> Offer | None:
    """The offer that can be accepted now."""
    row = timers.get(session, _key(incident_id))
    return _offer(row) if row is not None and row.due_at > clock.now() else None


def accept(session: Session, incident_id: str, person: Person) -> Offer | None:
    """It changes hands, with one line for everybody. None when this person commands already.

    Raises Refused when there is nothing to accept (any more).
    """
    has = crew.holder(session, incident_id, crew.COMMANDER)
    if has == person.id:
        return None
    offered = standing(session, incident_id)
    if offered is None or offered.to.id != person.id or offered.giver.id != has:
        raise Refused("This offer is over: it ran out, was taken back, or the command went on.")
    crew.assign(session, incident_id, crew.COMMANDER, person, offered.giver)
    return offered


def decline(session: Session, incident_id: str, person: Person) -> Offer | None:
    """Not now. None when there is nothing to decline (any more)."""
    live(session, incident_id)
    offered = standing(session, incident_id)
    if offered is None or offered.to.id != person.id:
        return None
    timers.cancel(session, _key(incident_id))
    text = f"{person.name} did not take the command now."
    _note(session, incident_id, text, person, "command declined", person)
    return offered


def withdraw(session: Session, incident_id: str, person: Person) -> Offer | None:
    """The commander keeps it after all. None when there is nothing to take back (any more)."""
    live(session, incident_id)
    offered = standing(session, incident_id)
    if offered is None or offered.giver.id != person.id:
        return None
    timers.cancel(session, _key(incident_id))
    text = f"{person.name} took the offer of the command back."
    _note(session, incident_id, text, person, "command withdrawn", offered.to)
    return offered


def expire(session: Session, timer: Timer) -> Offer:
    """Nobody answered in time; called when its timer is due."""
    offered = _offer(timer)
    text = f"{offered.to.name} did not answer; {offered.giver.name} keeps the command."
    bot = Person(BOT, BOT)
    _note(session, offered.incident_id, text, bot, "command offer expired", offered.to)
    return offered


def _key(incident_id: str) -> str:
    return f"{crew.OFFER}:{incident_id}"


def _offer(row: Timer) -> Offer:
    data = row.data
    return Offer(
        id=data["id"],
        incident_id=str(row.incident_id),
        giver=Person(data["giver"], data["giver_name"]),
        to=Person(data["to"], data["to_name"]),
        until=row.due_at,
    )


def _note(
    session: Session, incident_id: str, text: str, actor: Person, event: str, to: Person
) -> int:
    """A line of the story that the channel is not told; its number."""
    data = {"event": event, "to": to.id, "quiet": True}
    entry = timeline.append(session, incident_id, "note", text, actor=actor.id, data=data)
    assert entry is not None  # it has no key, so it is no repeat
    return entry.seq
