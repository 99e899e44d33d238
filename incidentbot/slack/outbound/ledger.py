"""The outbox's rows as the deliverer sees them: one transaction a turn.

A turn writes down what came of the calls that have ended, and takes those that may go now. Each is
marked `sending` before it goes out, so after a crash its outcome is known to be in doubt.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, func, literal, select, update
from sqlalchemy.orm import Session, aliased

from incidentbot import clock
from incidentbot.slack.outbound import audience, outbox
from incidentbot.slack.outbound.budget import Budget
from incidentbot.store.models import Channel, Delivery

WAITING = ("queued", "doubt")
ANSWERABLE = timedelta(minutes=30)
# Where the ts of the message that a call is about goes in.
ABOUT = {
    "chat.postMessage": "thread_ts",
    "chat.postEphemeral": "thread_ts",
    "pins.add": "timestamp",
    "pins.remove": "timestamp",
    "reactions.add": "timestamp",
    "reactions.remove": "timestamp",
}

# How to see whether something was made already: the list, its rows, and what is the same in both.
LISTED = {"bookmarks.add": ("bookmarks.list", "bookmarks", ("title", "link"))}


@dataclass(frozen=True, slots=True)
class Call:
    """One call that goes out now. `channel` is where; empty for one that is about no channel."""

    seq: int
    id: str
    lane: str
    method: str
    target: str
    channel: str
    args: dict[str, Any]
    doubt: bool  # it may have happened before
    attempts: int
    since: float  # unix seconds; where to begin to look
    anew: bool = False  # the message it is about was posted anew before


@dataclass(slots=True)
class Taken:
    """`again`: seconds until something else may be ready; None when only a commit can tell.
    `unplaced`: the names of channels that something waits for and nobody has found yet."""

    calls: list[Call]
    again: float | None = None
    unplaced: set[str] = field(default_factory=set)

    def look_again(self, seconds: float) -> None:
        self.again = seconds if self.again is None else min(self.again, seconds)


@dataclass(frozen=True, slots=True)
class Ways:
    """What decides whether a row may go: lanes under way, channels found by name, the budget."""

    busy: Collection[str]
    places: Mapping[str, str]
    budget: Budget
    now: float
    most: int


def _heads() -> Any:
    """The first row of each lane, with its channel and what it waits for; urgent ones first."""
    place = func.row_number().over(
        partition_by=Delivery.lane, order_by=(Delivery.rank, Delivery.seq)
    )
    lined = select(Delivery.seq, place.label("place")).where(Delivery.state.in_(WAITING)).subquery()
    first = aliased(Delivery)
    room = and_(
        Delivery.target == literal("incident:").concat(Channel.incident_id), Channel.state == "open"
    )
    return (
        select(
            Delivery.seq, Delivery.lane, Delivery.rank, Delivery.method, Delivery.target,
            Delivery.after, Delivery.not_before, Delivery.created_at,
            Channel.channel_id, first.state.label("first_state"), first.result.label("first"),
        )
        .join(lined, and_(lined.c.seq == Delivery.seq, lined.c.place == 1))
        .outerjoin(Channel, room)
        .outerjoin(first, first.id == Delivery.after)
        .order_by(Delivery.rank, Delivery.seq)
    )  # fmt: skip


_HEADS = _heads()  # built once: building it costs more than running it


def doubt_unfinished(session: Session) -> None:
    """What was being sent when the last process died may have arrived."""
    session.execute(update(Delivery).where(Delivery.state == "sending").values(state="doubt"))


def take(session: Session, ways: Ways) -> Taken:
    """Mark as being sent, and give, the heads of all lanes that may go now."""
    taken = Taken([])
    chosen: dict[int, tuple[Row[Any], str]] = {}
    budget, now = ways.budget.copy(), clock.now()
    for head in session.execute(_HEADS).all():
        if head.lane in ways.busy:
            continue
        if (why := _hopeless(head, now)) is not None:
            row = session.get_one(Delivery, head.seq)
            row.state, row.error = "failed", why
            taken.look_again(0.0)
            continue
        if head.after is not None and head.first_state != "sent":
            continue
        place = _place(session, head)
        channel = place if place is None or not outbox.is_name(place) else ways.places.get(place)
        if channel is None:
            taken.unplaced |= {place} if place is not None else set()
            continue
        if (pause := _pause(head, channel, budget, ways.now, now)) > 0:
            taken.look_again(pause)
            continue
        if len(chosen) < ways.most:
            budget.take(head.method, channel, ways.now)
            chosen[head.seq] = (head, channel)
    taken.calls = _claim(session, chosen)
    return taken


def waiting(session: Session) -> int:
    """How many calls have not been delivered yet."""
    rows = (
        select(func.count()).select_from(Delivery).where(Delivery.state.in_((*WAITING, "sending")))
    )
    return session.scalar(rows) or 0


def hurry(session: Session, target: str | None = None, but: Sequence[str] = ()) -> None:
    """What was put off goes now: all for a target, or all but what was put off for these codes."""
    rows = update(Delivery).where(Delivery.state.in_(WAITING), Delivery.attempts > 0)
    if target is not None:
        rows = rows.where(Delivery.target == target)
    for code in but:
        rows = rows.where(~Delivery.error.startswith(code, autoescape=True))
    session.execute(rows.values(not_before=clock.now()))


def _hopeless(head: Row[Any], now: datetime) -> str | None:
    """Why this row can never go out; None when it can."""
    if head.method == outbox.RESPOND and now - head.created_at > ANSWERABLE:
        return "too late: Slack takes answers for half an hour"
    if head.after is not None and head.first_state in (None, "failed"):
        return f"{head.after} was never delivered"
    return None


def _place(session: Session, head: Row[Any]) -> str | None:
    """The channel's id, or its name; None while there is none, or it is not for those eyes."""
    if head.target.startswith(outbox.ABOUT):
        return audience.where(session, head.target)
    if head.target.startswith("incident:"):
        channel: str | None = head.channel_id
        return channel
    return str(head.target)


def _pause(head: Row[Any], channel: str, budget: Budget, monotonic: float, now: datetime) -> float:
    pause = float((head.not_before - now).total_seconds())
    if pause > 0 or head.method == outbox.RESPOND:
        return pause
    all_of_it = head.rank <= outbox.Rank.TALK
    return budget.wait(head.method, channel, monotonic, all_of_it=all_of_it)


def _claim(session: Session, chosen: dict[int, tuple[Row[Any], str]]) -> list[Call]:
    """Until now a newer edit could take the place of one; what was read before may be old news."""
    if not chosen:
        return []
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.seq.in_(chosen), Delivery.state.in_(WAITING))
        .order_by(Delivery.rank, Delivery.seq)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    calls = []
    for row in rows:
        head, channel = chosen[row.seq]
        args, first = dict(row.args), head.first or {}
        if head.after is not None:
            args[ABOUT.get(row.method, "ts")] = first.get("ts")
        doubt, row.state = row.state == "doubt", "sending"
        calls.append(
            Call(row.seq, row.id, row.lane, row.method, row.target, channel, args, doubt,
                 row.attempts, row.created_at.timestamp(), bool(first.get("anew")))
        )  # fmt: skip
    return calls
