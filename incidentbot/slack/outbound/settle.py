"""What came of the calls that have ended, written down in one transaction with the next turn."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, ids, timeline
from incidentbot.incidents import lifecycle, notices
from incidentbot.slack.blocks import kit
from incidentbot.slack.channel import rooms
from incidentbot.slack.outbound import audience, ledger, outbox, unheard
from incidentbot.slack.outbound.classify import RATE_LIMITED, Kind, Outcome
from incidentbot.slack.outbound.ledger import Call
from incidentbot.slack.outbound.outbox import Rank
from incidentbot.slack.outbound.reach import Absence
from incidentbot.slack.setup.needs import SCOPES
from incidentbot.store.models import Channel, Delivery, Incident

log = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0
LOST_ROOM = ("is_archived", "is_inactive", "not_in_channel", "channel_not_found")
ROOM_PAUSE = timedelta(minutes=10)
PLACE_PAUSE = timedelta(minutes=1)  # nobody tells us when we are invited into a private channel
GIVEN_UP = timedelta(days=1)
DENIED = 3  # so often "the token is no good", and good in between: it is this call that is not
KEPT = ("channel", "ts", "message_ts", "bookmark", "anew")


@dataclass(frozen=True, slots=True)
class Ended:
    call: Call
    outcome: Outcome
    result: dict[str, Any]


def settle(session: Session, ended: Sequence[Ended]) -> None:
    """Each outcome into its row, and what follows from it."""
    numbers = [one.call.seq for one in ended]
    rows = session.scalars(select(Delivery).where(Delivery.seq.in_(numbers))) if ended else ()
    found = {row.seq: row for row in rows}  # in one go: a look for each costs more than all else
    for one in ended:
        _settle(session, found[one.call.seq], one)


def _settle(session: Session, row: Delivery, one: Ended) -> None:
    call, outcome = one.call, one.outcome
    row.attempts += 1
    row.error = "" if outcome.kind is Kind.DONE else f"{outcome.code} {outcome.detail}".strip()
    if outcome.kind is Kind.DONE:
        _done(session, row, one)
    elif outcome.kind is Kind.LATER:
        # Perhaps it was only the look that has to wait: what was in doubt still is.
        row.state = "doubt" if call.doubt else "queued"
        row.not_before = clock.now() + _pause(row, outcome)
    elif outcome.kind is Kind.IN_DOUBT:
        row.state, row.not_before = "doubt", clock.now() + _pause(row, outcome)
    elif outcome.kind is Kind.DEAD and row.attempts < DENIED:
        row.state = "doubt" if call.doubt else "queued"  # nothing is sent until the token is good
    elif _without_room(session, row, outcome):
        return
    else:
        row.state = "failed"
        log.error("slack: %s for %s: %s %s", row.method, row.id, outcome.code, outcome.detail)
        _tell_failure(session, row, outcome)


def _done(session: Session, row: Delivery, one: Ended) -> None:
    row.state, row.sent_at = "sent", clock.now()
    row.result = {key: one.result[key] for key in KEPT if key in one.result}
    if row.result.get("anew") and row.after is not None:
        _moved(session, row)
    incident_id = _incident(row)
    if incident_id and row.method == "conversations.invite":
        _not_invited(session, row, incident_id, one.result.get("errors") or [])
    if incident_id and row.id.startswith(rooms.heal_id(incident_id)):
        rooms.back(session, incident_id, "was brought back")


def _moved(session: Session, row: Delivery) -> None:
    """A message was said anew: later edits, and its pin, are about the new one."""
    first = session.scalar(select(Delivery).filter_by(id=row.after))
    if first is None:
        return
    first.result = dict(first.result) | row.result
    pins = select(Delivery.seq).filter_by(after=row.after, method="pins.add").limit(1)
    if session.scalar(pins) is not None:
        pin = f"pin:{row.after}:anew"
        outbox.send(session, pin, "pins.add", row.target, {}, after=row.after)


def _without_room(session: Session, row: Delivery, outcome: Outcome) -> bool:
    """The channel is closed to us: wait, and see to an incident's. True when we wait."""
    incident_id = _incident(row)
    if clock.now() - row.created_at > GIVEN_UP:
        return False
    if incident_id is None:
        return _unheard_of(session, row, outcome)
    if outcome.code not in LOST_ROOM:
        return False
    if row.id.startswith(rooms.heal_id(incident_id)):
        return False
    rooms.refused(session, incident_id, outcome.code)
    if lifecycle.get(session, incident_id).status == "resolved":
        return False  # the talk is over; its documents are on the bot's own pages
    row.state, row.not_before = "queued", clock.now() + ROOM_PAUSE
    return True


def _unheard_of(session: Session, row: Delivery, outcome: Outcome) -> bool:
    """A channel that is to hear of incidents does not let us in. True when we wait for it."""
    forbidden_there = row.method == "chat.postMessage" and outcome.kind is Kind.FORBIDDEN
    if not _is_place(row) or not (outcome.code in LOST_ROOM or forbidden_there):
        return False
    unheard.say(session, row, outcome.code, outcome.detail)
    row.state, row.not_before = "queued", clock.now() + PLACE_PAUSE
    return True


def _is_place(row: Delivery) -> bool:
    place = outbox.place_of(row.target)
    about = row.target.startswith(outbox.ABOUT) and not audience.is_person(place)
    return about or outbox.is_name(place)


def _tell_failure(session: Session, row: Delivery, outcome: Outcome) -> None:
    incident_id = _incident(row)
    if outcome.kind in (Kind.FORBIDDEN, Kind.DEAD):
        forbidden(session, row.method, outcome)
    if incident_id is None:
        return
    if row.id.startswith(rooms.heal_id(incident_id)):
        if row.method == "conversations.unarchive" or outcome.kind is not Kind.FINAL:
            rooms.not_healed(session, incident_id, outcome.code)
    elif row.method == "conversations.invite":
        errors = [{"user": user, "error": outcome.code} for user in row.args.get("users", ())]
        _not_invited(session, row, incident_id, errors)


def _not_invited(
    session: Session, row: Delivery, incident_id: str, errors: Sequence[dict[str, Any]]
) -> None:
    """Who did not come in, and why: a pager must not be trusted in silence."""
    bad = [e for e in errors if e.get("error") not in ("already_in_channel", "cant_invite_self")]
    if bad:
        who = ", ".join(f"{e.get('user')} ({e.get('error')})" for e in bad)
        text = f"Not everybody could be invited: {who}."
        timeline.append(session, incident_id, "external", text, key=f"failed:{row.id}")


def forbidden(session: Session, method: str, outcome: Outcome) -> None:
    """One notice for each thing that Slack does not let us do, with what would change that."""
    key = f"slack:{ids.short(method, outcome.code, outcome.detail)}"
    notices.write(session, "slack", key, words(method, outcome), at=clock.now())


def words(method: str, outcome: Outcome) -> str:
    """What is missing, what is done without, and the next step."""
    text = f"Slack does not let me do {method} ({outcome.code})."
    needed = outcome.detail.removeprefix("needs the scope ").partition(";")[0]
    if outcome.code == "missing_scope" and needed:
        known = next((scope for scope in SCOPES if scope.name == needed), None)
        without = f" Without it: {known.without}" if known else ""
        return (
            f"{text} It needs the scope {needed}.{without} Add it under OAuth & Permissions of the"
            " app, install the app again, and ask `incidentbot doctor`."
        )
    return (
        f"{text} A setting of the workspace forbids it: an admin can allow it for apps under"
        " Settings, Permissions. All else of the incident goes on."
    )


def tell_lateness(session: Session, absence: Absence) -> None:
    """One word of how late, ahead of what waits in the channel of each living incident."""
    words = f"{absence.since:%H:%M}-{absence.until:%H:%M} UTC"
    if absence.since.date() != absence.until.date():
        words = f"{absence.since:%Y-%m-%d %H:%M} to {absence.until:%Y-%m-%d %H:%M} UTC"
    text = f"Cut off from Slack {words}; what follows is late."
    for incident_id in session.scalars(_with_something_to_say(absence)).all():
        id = f"late:{incident_id}:{int(absence.since.timestamp())}"
        message = kit.message(text, [kit.context(f":hourglass: {text}")])
        outbox.post(session, id, outbox.to_incident(incident_id), message, rank=Rank.AHEAD)


def _with_something_to_say(absence: Absence) -> Any:
    target = Delivery.target
    return (
        select(Incident.id)
        .join(Delivery, target == "incident:" + Incident.id)
        .outerjoin(Channel, Channel.incident_id == Incident.id)
        .where(
            Incident.status != "resolved",
            Delivery.state.in_(ledger.WAITING),
            Delivery.method == "chat.postMessage",
            Delivery.rank == Rank.TALK,
            Delivery.created_at < absence.until,
        )
        .distinct()
    )


def _incident(row: Delivery) -> str | None:
    head = outbox.to_incident("")
    return row.target.removeprefix(head) if row.target.startswith(head) else None


def _pause(row: Delivery, outcome: Outcome) -> timedelta:
    if outcome.code == RATE_LIMITED:
        return timedelta(seconds=outcome.wait)
    longest = max(LONGEST_PAUSE, outcome.wait)
    pause = min(longest, outcome.wait * 2 ** min(row.attempts - 1, 6))
    # Rows that failed together do not come back together; no dice, so that a test sees the same.
    return timedelta(seconds=pause * (0.85 + 0.3 * ((row.seq * 7919) % 100) / 100))
