"""Everything that goes out to Slack is a row first. Functions of a session, called in the same
transaction as whatever makes the message necessary; the id makes a repeat one row.

Rows of one lane go out one after the other: the messages of a channel share one. Where there is
not room for all, those of a lower rank go first.
"""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.store import changed, insert_once
from incidentbot.store.models import Delivery

TOPIC = "outbox"
ANNOUNCE = "announce"
ABOUT = "about:"
RESPOND = "respond"  # not a method of Slack: a post to the response_url in `target`
LONGEST_LANE = 120
# Seconds between two edits of one thing. Each change of a topic is a line in its channel.
GAP = {"conversations.setTopic": 3.0, "chat.update": 1.0}


class Rank(IntEnum):
    """Who goes first, in a lane and between lanes. In a lane only TALK keeps the order of all."""

    URGENT = 0  # somebody waits for it: the card, an invitation, an answer
    AHEAD = 1  # a word before what waits in a channel
    TALK = 2  # what is said
    BEHIND = 3  # good to have soon: pins, edits
    BULK = 4  # nobody waits: topics, bookmarks, digests, edits of announcements


RANKS = {
    "chat.postMessage": Rank.TALK,
    "chat.postEphemeral": Rank.URGENT,
    RESPOND: Rank.URGENT,
    "conversations.invite": Rank.URGENT,
    "conversations.open": Rank.URGENT,
    "conversations.setTopic": Rank.BULK,
    "conversations.setPurpose": Rank.BULK,
    "bookmarks.add": Rank.BULK,
    "bookmarks.edit": Rank.BULK,
    "bookmarks.remove": Rank.BULK,
}


def to_incident(incident_id: str) -> str:
    """The target that means: the channel of this incident, once it has one."""
    return f"incident:{incident_id}"


def about(incident_id: str, where: str) -> str:
    """The target for what tells of an incident elsewhere: a channel ("#name", an id, ANNOUNCE) or
    a person. Whether it may be seen there is looked at when it is sent, not only now."""
    return f"{ABOUT}{incident_id}:{where}"


def place_of(target: str) -> str:
    """Where a target leads: the channel or person of one that is about an incident."""
    return target.split(":", 2)[2] if target.startswith(ABOUT) else target


def is_name(place: str) -> bool:
    """Whether a channel has to be looked for by its name."""
    return place == ANNOUNCE or place.startswith("#")


def send(
    session: Session,
    id: str,
    method: str,
    target: str,
    args: dict[str, Any],
    *,
    after: str | None = None,
    coalesce: str | None = None,
    lane: str | None = None,
    rank: Rank | None = None,
    not_before: datetime | None = None,
) -> None:
    """Queue one call. `after` names the delivery whose message this one is about (its ts is filled
    in when sent). With `coalesce`, a queued call of the same key takes these arguments instead."""
    if coalesce is not None and _replaced(session, coalesce, args):
        changed(session, TOPIC)
        return
    now = clock.now()
    insert_once(
        session,
        Delivery,
        id=id,
        lane=_short(lane or _lane(target, method, after)),
        rank=RANKS.get(method, Rank.BEHIND) if rank is None else rank,
        target=target,
        method=method,
        args=args,
        after=after,
        coalesce=coalesce,
        state="queued",
        attempts=0,
        not_before=not_before or now,
        created_at=now,
        result={},
        error="",
    )
    changed(session, TOPIC)


def post(session: Session, id: str, target: str, message: dict[str, Any], **more: Any) -> None:
    """Queue a message: {"text", "blocks"}. It carries its id, so that a look finds it again."""
    args = {"unfurl_links": False, "unfurl_media": False} | marked(id) | message
    send(session, id, "chat.postMessage", target, args, **more)


def marked(id: str) -> dict[str, Any]:
    """The argument by which a message is known again as that of delivery `id`."""
    return {"metadata": {"event_type": "incidentbot_delivery", "event_payload": {"id": id}}}


def edit(session: Session, of: str, target: str, message: dict[str, Any]) -> None:
    """Queue an edit of the message that delivery `of` posted; the latest edit wins."""
    rank = Rank.BULK if is_name(place_of(target)) else Rank.BEHIND
    latest(session, f"edit:{of}", "chat.update", target, message, after=of, rank=rank)


def latest(
    session: Session,
    key: str,
    method: str,
    target: str,
    args: dict[str, Any],
    *,
    after: str | None = None,
    rank: Rank | None = None,
) -> None:
    """Queue a call of which only the newest matters; the same again is not queued at all.

    Quick changes are taken together: the first goes at once, the newest of the rest a moment later.
    """
    last = session.scalar(
        select(Delivery).filter_by(coalesce=key).order_by(Delivery.seq.desc()).limit(1)
    )
    if last is not None and last.args == args and last.state != "failed":
        return
    number = last.seq if last is not None else 0
    id = f"{key}:{number}"
    wait = timedelta(seconds=GAP.get(method, 0.0))
    sent = (last.sent_at or clock.now()) if last is not None and last.state != "failed" else None
    send(
        session, id, method, target, args, after=after, coalesce=key, rank=rank,
        not_before=sent + wait if sent is not None else None,
    )  # fmt: skip


def respond(session: Session, id: str, url: str, message: dict[str, Any]) -> None:
    """Answer the one person who asked, through the address that came with the request."""
    args = {"response_type": "ephemeral", "replace_original": False} | message
    send(session, id, RESPOND, url, args, lane=f"respond/{id}")


def whisper(session: Session, id: str, channel: str, person: str, message: dict[str, Any]) -> None:
    """Queue a message that only one person sees."""
    args = {"user": person} | message
    send(session, id, "chat.postEphemeral", channel, args, lane=f"{channel}/whisper/{person}")


def _replaced(session: Session, coalesce: str, args: dict[str, Any]) -> bool:
    row = session.scalar(
        select(Delivery)
        .where(Delivery.coalesce == coalesce, Delivery.state == "queued")
        .limit(1)
        .with_for_update()  # whoever sends it claims it first, and sends what stands there then
    )
    if row is not None:
        row.args = args
    return row is not None


def _lane(target: str, method: str, after: str | None) -> str:
    """Messages of one channel keep their order; other calls need not wait behind them."""
    if method == "chat.postMessage":
        return f"{target}/talk"
    if method in ("chat.update", "chat.delete"):
        return f"{target}/of/{after or 'talk'}"
    return f"{target}/{method}"


def _short(lane: str) -> str:
    if len(lane) <= LONGEST_LANE:
        return lane
    return f"{lane[: LONGEST_LANE - 13]}/{ids.short(lane)}"
