"""Everything that goes out to Slack is a row first. Functions of a session, called in the same
transaction as whatever makes the message necessary; the id makes a repeat one row."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.store import changed, insert_once
from incidentbot.store.models import Delivery

TOPIC = "outbox"
ANNOUNCE = "announce"
ABOUT = "about:"
RESPOND = "respond"  # not a method of Slack: a post to the response_url in `target`


def to_incident(incident_id: str) -> str:
    """The target that means: the channel of this incident, once it has one."""
    return f"incident:{incident_id}"


def about(incident_id: str, where: str) -> str:
    """The target for what tells of an incident elsewhere: a channel ("#name", an id, ANNOUNCE) or
    a person. Whether it may be seen there is looked at when it is sent, not only now."""
    return f"{ABOUT}{incident_id}:{where}"


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
        lane=lane or f"{target}/{_lane(method)}",
        target=target,
        method=method,
        args=args,
        after=after,
        coalesce=coalesce,
        state="queued",
        attempts=0,
        not_before=now,
        created_at=now,
        result={},
        error="",
    )
    changed(session, TOPIC)


def post(session: Session, id: str, target: str, message: dict[str, Any], **more: Any) -> None:
    """Queue a message: {"text", "blocks"}. It carries its id, so that a look finds it again."""
    marker = {"event_type": "incidentbot_delivery", "event_payload": {"id": id}}
    args = {"metadata": marker, "unfurl_links": False, "unfurl_media": False} | message
    send(session, id, "chat.postMessage", target, args, **more)


def edit(session: Session, of: str, target: str, message: dict[str, Any]) -> None:
    """Queue an edit of the message that delivery `of` posted; the latest edit wins."""
    latest(session, f"edit:{of}", "chat.update", target, message, after=of)


def latest(
    session: Session,
    key: str,
    method: str,
    target: str,
    args: dict[str, Any],
    *,
    after: str | None = None,
) -> None:
    """Queue a call of which only the newest matters; the same again is not queued at all."""
    last = session.scalar(
        select(Delivery).filter_by(coalesce=key).order_by(Delivery.seq.desc()).limit(1)
    )
    if last is not None and last.args == args and last.state != "failed":
        return
    number = last.seq if last is not None else 0
    send(session, f"{key}:{number}", method, target, args, after=after, coalesce=key)


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


def _lane(method: str) -> str:
    # Messages of one channel keep their order; other calls need not wait behind them.
    return "talk" if method in ("chat.postMessage", "chat.update", "chat.delete") else method
