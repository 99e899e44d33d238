"""The rows behind a webhook: what is to be said next, and what was said before.

A lane is one check (or dependency) as one webhook knows it. It has no row while nothing bad was
said of it. One thing at most is pending in each: the next is decided from the state of things once
the one before is through, so lanes keep their order and never grow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, insert, literal, not_, or_, select, update
from sqlalchemy.orm import Session, aliased

from incidentbot import clock, ids, timeline
from incidentbot.detection.judge import MAINTAINED, PLANNED
from incidentbot.incidents import privacy
from incidentbot.outgoing import payload
from incidentbot.outgoing.payload import Key, Subjects, Turn
from incidentbot.settings.model import WebhookSettings
from incidentbot.store.models import (
    CheckState,
    DependencyState,
    Incident,
    ReaderCursor,
    Webhook,
    WebhookLane,
)
from incidentbot.timeline import Entry

MOST = 1000  # deliveries in memory at once, per webhook
ENTRIES = 200  # of timelines, read at once

PENDING = ("down_pending", "up_pending")
SAID = ("down_sent", "down_refused")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to say. `seq` is that of the timeline's entry, 0 for a turn of a lane."""

    key: Key
    id: str
    body: str
    made_at: datetime
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """A delivery that needs no other try."""

    delivery: Delivery
    taken: bool


def reader(webhook: str) -> str:
    """The webhook as a reader of the timelines."""
    return f"webhook:{ids.short('webhook', webhook)}"


def meet(session: Session, names: Sequence[str]) -> None:
    """Bring the rows in line with the configuration.

    A new webhook hears of incidents from now on, and of all that is down now. One that is gone
    leaves nothing behind.
    """
    known = set(session.scalars(select(Webhook.name)))
    for name in known - set(names):
        session.execute(delete(WebhookLane).where(WebhookLane.webhook == name))
        session.execute(delete(ReaderCursor).where(ReaderCursor.reader == reader(name)))
        session.execute(delete(Webhook).where(Webhook.name == name))
    for name in dict.fromkeys(names):
        if name not in known:
            session.add(Webhook(name=name, since=clock.now()))
            told = select(literal(reader(name)), Incident.id, Incident.last_seq)
            columns = ["reader", "incident_id", "seq"]
            session.execute(insert(ReaderCursor).from_select(columns, told))


def advance(
    session: Session,
    webhook: WebhookSettings,
    subjects: Subjects,
    done: Sequence[Done],
    busy: Iterable[Key],
) -> list[Delivery]:
    """Note what is through, decide what is to be said next, and give what is not `busy`."""
    settle(session, webhook.name, done)
    lanes = {"check", "dependency"} & set(webhook.on)
    turns = [turn for kind in sorted(lanes) for turn in _turns(session, webhook.name, kind)]
    news = [turn for turn in turns if turn.key in subjects]
    _queue(session, webhook.name, subjects, news[:MOST])
    taken = set(busy)
    found = [d for d in _waiting(session, webhook.name) if d.key not in taken]
    if "incident" in webhook.on:
        found += _of_incidents(session, webhook.name, taken)
    return found


def settle(session: Session, name: str, done: Sequence[Done]) -> None:
    """Note what is through."""
    for one in done:
        dependency, check = one.delivery.key
        if one.delivery.seq:
            session.merge(
                ReaderCursor(reader=reader(name), incident_id=check, seq=one.delivery.seq)
            )
            continue
        lane = and_(
            WebhookLane.webhook == name,
            WebhookLane.dependency == dependency,
            WebhookLane.check == check,
        )
        said = "down_sent" if one.taken else "down_refused"
        session.execute(delete(WebhookLane).where(lane, WebhookLane.state == "up_pending"))
        session.execute(
            update(WebhookLane)
            .where(lane, WebhookLane.state == "down_pending")
            .values(state=said, body="")
        )


def _turns(session: Session, name: str, kind: str) -> list[Turn]:
    """Where the present state is not the one that was said last.

    Down is said once it is confirmed, unless the work is planned or we cannot see ourselves. That
    another failure explains it holds an incident back, but is no reason to keep quiet here. Up is
    said only from a state that was proven good, and only where down was said: what is unknown, or
    slow, changes nothing.
    """
    mine = WebhookLane.webhook == name
    state: Any = CheckState if kind == "check" else DependencyState
    check = state.check if kind == "check" else literal("")
    detail = state.detail if kind == "check" else literal("")
    same = and_(mine, WebhookLane.check == check)
    whole = aliased(DependencyState)
    quiet = or_(
        whole.held.startswith(PLANNED),
        whole.held.startswith(MAINTAINED),
        and_(whole.state == "unknown", whole.held != ""),
    )
    rows = session.execute(
        select(state.dependency, check, state.state, state.reason, detail, state.since)
        .outerjoin(WebhookLane, and_(same, WebhookLane.dependency == state.dependency))
        .join(whole, whole.dependency == state.dependency)
        .where(
            or_(
                and_(state.state == "down", not_(quiet), WebhookLane.state.is_(None)),
                and_(state.state == "up", WebhookLane.state.in_(SAID)),
            )
        )
    )
    return [
        Turn((dependency, check), "down" if now == "down" else "up", reason, detail, since)
        for dependency, check, now, reason, detail, since in rows
    ]


def _queue(session: Session, name: str, subjects: Subjects, turns: Sequence[Turn]) -> None:
    now = clock.now()
    down = [_row(name, turn, subjects, now) for turn in turns if turn.status == "down"]
    if down:
        session.execute(insert(WebhookLane), down)
    for turn in turns:
        if turn.status == "up":
            _queue_up(session, name, turn, _row(name, turn, subjects, now))


def _queue_up(session: Session, name: str, turn: Turn, row: dict[str, Any]) -> None:
    dependency, check = turn.key
    lane = and_(
        WebhookLane.webhook == name,
        WebhookLane.dependency == dependency,
        WebhookLane.check == check,
    )
    # Who refused to hear that it is down has nothing to hear of its end.
    session.execute(delete(WebhookLane).where(lane, WebhookLane.state == "down_refused"))
    session.execute(update(WebhookLane).where(lane).values(**row))


def _row(name: str, turn: Turn, subjects: Subjects, now: datetime) -> dict[str, Any]:
    dependency, check = turn.key
    body = payload.turned(turn, subjects, now)
    return {
        "webhook": name,
        "dependency": dependency,
        "check": check,
        "state": f"{turn.status}_pending",
        "id": payload.message_id(name, dependency, check, turn.status, body["since"]),
        "body": payload.encoded(body),
        "made_at": now,
    }


def _waiting(session: Session, name: str) -> list[Delivery]:
    lane = WebhookLane
    rows = session.execute(
        select(lane.dependency, lane.check, lane.id, lane.body, lane.made_at)
        .where(lane.webhook == name, lane.state.in_(PENDING))
        .order_by(lane.made_at)
        .limit(MOST)
    )
    return [Delivery((dep, check), id_, body, at) for dep, check, id_, body, at in rows]


def _of_incidents(session: Session, name: str, busy: set[Key]) -> list[Delivery]:
    """The next entry of each incident; entries that are not told are passed over."""
    found: dict[str, Delivery] = {}
    passed: dict[str, Entry] = {}
    for entry in timeline.unread(session, reader(name), ENTRIES):
        incident_id = entry.incident_id
        if incident_id in found or ("", incident_id) in busy:
            continue
        if entry.kind in payload.TOLD_KINDS and not _private(session, incident_id):
            found[incident_id] = _delivery(session, name, entry)
        else:
            passed[incident_id] = entry
    timeline.seen(session, reader(name), list(passed.values()))
    return list(found.values())


def _private(session: Session, incident_id: str) -> bool:
    """No other system hears of it: who reads there is not known here."""
    return not privacy.may_see(session, session.get_one(Incident, incident_id), None)


def _delivery(session: Session, name: str, entry: Entry) -> Delivery:
    incident = session.get_one(Incident, entry.incident_id)
    title = f"TEST · {incident.title}" if incident.test else incident.title
    body = payload.encoded(payload.told(entry, incident.dependency, title))
    made = payload.message_id(name, entry.incident_id, str(entry.seq))
    return Delivery(("", entry.incident_id), made, body, entry.recorded_at, entry.seq)
