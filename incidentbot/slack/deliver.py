"""The only module that sends what is in the outbox, and decides what an answer means for it.

One task per lane keeps the order; lanes do not wait for each other. A call is marked `sending`
before it goes out, so after a crash its outcome is in doubt, and a message in doubt is looked for
in the channel's history before it is sent again.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.slack import audience, outbox
from incidentbot.slack.budget import Budget
from incidentbot.slack.classify import NO_ANSWER, Kind, Outcome, classify
from incidentbot.slack.client import SlackClient
from incidentbot.slack.directory import Directory
from incidentbot.store import Store, changed
from incidentbot.store.models import Channel, Delivery
from incidentbot.timeline import Wake

log = logging.getLogger(__name__)

WAITING = ("queued", "doubt")
PAYLOAD = ("invalid_blocks", "invalid_arguments", "msg_too_long", "msg_blocks_too_long")
NOT_THERE = ("not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived")
DEAD_PAUSE = 60.0
LONGEST_PAUSE = 60.0
# What was said before the channel was there waits for the card, which everything else is about.
CARD_FIRST = case((Delivery.id.startswith("card:"), 0), else_=1)
ANSWERABLE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Call:
    """The head of a lane, ready to be sent: its channel is known, what it waited for was sent."""

    seq: int
    id: str
    method: str
    args: dict[str, Any]
    target: str
    doubt: bool
    attempts: int
    since: float  # unix seconds; where to begin to look


class Deliverer:
    def __init__(
        self, store: Store, client: SlackClient, directory: Directory, announce: str
    ) -> None:
        self._store = store
        self._client = client
        self._directory = directory
        self._announce = announce
        self._budget = Budget()
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._wake = Wake()
        store.on_commit(outbox.TOPIC, self._wake.ring)

    async def run(self) -> None:
        """Deliver for ever. What was being sent when the last process died is now in doubt."""
        await self._store.tx(_doubt_unfinished)
        async with asyncio.TaskGroup() as group:
            while True:
                for lane in await self._store.tx(_lanes):
                    if lane not in self._lanes:
                        self._lanes[lane] = group.create_task(self._drain(lane))
                await self._wake.wait()

    async def _drain(self, lane: str) -> None:
        try:
            while (call := await self._store.tx(_head, lane)) is not None:
                if isinstance(call, float):
                    await asyncio.sleep(call)
                elif not await self._deliver(call):
                    return
        finally:
            del self._lanes[lane]

    async def _deliver(self, call: Call) -> bool:
        """Send one call; False when the lane has to wait for something else first."""
        channel = await self._channel(call.target)
        if channel is None:
            return False
        pause = self._budget.wait(call.method, channel, clock.monotonic())
        if pause > 0:
            await asyncio.sleep(pause)
            return True  # read the row again: a newer edit may have taken its place meanwhile
        outcome, result = await self._once(call, channel)
        if outcome.kind is Kind.LATER and outcome.code == "ratelimited":
            self._budget.hold(call.method, outcome.wait, clock.monotonic())
        await self._store.tx(_record, call, outcome, result)
        if outcome.kind is Kind.FINAL:
            log.error("slack: %s for %s: %s %s", call.method, call.id, outcome.code, outcome.detail)
        if outcome.kind is Kind.DEAD:
            log.error("slack: the bot token is refused (%s); messages wait", outcome.code)
        return True

    async def _once(self, call: Call, channel: str) -> tuple[Outcome, dict[str, Any]]:
        args = call.args | {"channel": channel}
        try:
            if not call.doubt:
                args |= await self._store.tx(claim, call.seq)
            if call.doubt and call.method == "chat.postMessage":
                found = await self._look(call, channel)
                if found is not None:
                    return Outcome(Kind.DONE, "found"), found
            if call.method == outbox.RESPOND:
                return Outcome(Kind.DONE, "ok"), await self._client.respond(channel, call.args)
            return Outcome(Kind.DONE, "ok"), await self._client.call(call.method, args)
        except (SlackApiError, *NO_ANSWER) as error:
            outcome = classify(error)
            return await self._second_way(call, args, outcome)

    async def _second_way(
        self, call: Call, args: dict[str, Any], outcome: Outcome
    ) -> tuple[Outcome, dict[str, Any]]:
        """A final refusal that another call gets around: plain text, a direct message, joining."""
        try:
            if outcome.code.startswith(PAYLOAD) and "blocks" in args:
                log.error("slack: %s: %s %s", call.id, outcome.code, outcome.detail)
                plain = {k: v for k, v in args.items() if k != "blocks"}
                return Outcome(Kind.DONE, "plain"), await self._client.call(call.method, plain)
            if call.method == "chat.postEphemeral" and outcome.code in NOT_THERE:
                # A channel is not joined for a whisper; the same words reach the person alone.
                direct = {k: v for k, v in args.items() if k != "user"} | {"channel": args["user"]}
                sent = await self._client.call("chat.postMessage", direct)
                return Outcome(Kind.DONE, "direct"), sent
            if outcome.code == "not_in_channel":
                await self._client.call("conversations.join", {"channel": args["channel"]})
                return Outcome(Kind.DONE, "joined"), await self._client.call(call.method, args)
        except (SlackApiError, *NO_ANSWER) as error:
            return classify(error), {}
        return outcome, {}

    async def _look(self, call: Call, channel: str) -> dict[str, Any] | None:
        """The message that an earlier try posted, found by its marker, if it is there."""
        oldest = f"{call.since - 60:.6f}"
        args = {"channel": channel, "oldest": oldest, "limit": "200", "include_all_metadata": True}
        cursor = ""
        while True:
            page = await self._client.call("conversations.history", args | {"cursor": cursor})
            for message in page.get("messages", []):
                payload = (message.get("metadata") or {}).get("event_payload") or {}
                if payload.get("id") == call.id:
                    return {"channel": channel, "ts": message["ts"]}
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return None

    async def _channel(self, target: str) -> str | None:
        where = await self._store.tx(_channel_id, target)
        if where != outbox.ANNOUNCE and not (where or "").startswith("#"):
            return where
        name = self._announce if where == outbox.ANNOUNCE else str(where)
        try:
            found = await self._directory.channel(name)
        except (SlackApiError, *NO_ANSWER) as error:
            log.warning("slack: cannot look for %s yet (%s)", name, error)
            return None
        if found is None:
            log.warning("slack: the bot cannot see %s; invite it there", name)
        return found


def _doubt_unfinished(session: Session) -> None:
    session.execute(update(Delivery).where(Delivery.state == "sending").values(state="doubt"))


def _lanes(session: Session) -> list[str]:
    rows = session.scalars(select(Delivery.lane).where(Delivery.state.in_(WAITING)).distinct())
    return list(rows)


def _head(session: Session, lane: str) -> Call | float | None:
    """The next call of a lane, or the seconds to wait for it, or None when it cannot go on now."""
    row = session.scalar(
        select(Delivery)
        .where(Delivery.lane == lane, Delivery.state.in_(WAITING))
        .order_by(CARD_FIRST, Delivery.seq)
        .limit(1)
    )
    if row is None:
        return None
    pause = (row.not_before - clock.now()).total_seconds()
    if pause > 0:
        return min(pause, 5.0)
    if row.method == outbox.RESPOND and clock.now() - row.created_at > ANSWERABLE:
        row.state, row.error = "failed", "too late: Slack takes answers for half an hour"
        return 0.0
    args = dict(row.args)
    if row.after is not None:
        first = session.scalar(select(Delivery).filter_by(id=row.after))
        if first is None or first.state == "failed":
            row.state, row.error = "failed", f"{row.after} was never delivered"
            return 0.0
        if first.state != "sent":
            return None
        args["timestamp" if row.method == "pins.add" else "ts"] = first.result["ts"]
    if row.target.startswith("incident:") and _channel_id(session, row.target) is None:
        return None
    since = row.created_at.timestamp()
    doubt = row.state == "doubt"
    return Call(row.seq, row.id, row.method, args, row.target, doubt, row.attempts, since)


def _channel_id(session: Session, target: str) -> str | None:
    if target.startswith(outbox.ABOUT):
        return audience.where(session, target)
    if not target.startswith("incident:"):
        return target
    row = session.get(Channel, target.removeprefix("incident:"))
    return row.channel_id if row and row.state == "open" else None


def claim(session: Session, seq: int) -> dict[str, Any]:
    """Mark a call as being sent, and give its arguments as they are at this moment.

    Until now a newer edit could take this one's place; what was read before may be old news.
    """
    row = session.get_one(Delivery, seq, with_for_update=True, populate_existing=True)
    row.state = "sending"
    return dict(row.args)


def _record(session: Session, call: Call, outcome: Outcome, result: dict[str, Any]) -> None:
    row = session.get_one(Delivery, call.seq)
    row.attempts += 1
    row.error = "" if outcome.kind is Kind.DONE else f"{outcome.code} {outcome.detail}".strip()
    pause = min(LONGEST_PAUSE, outcome.wait * 2 ** min(row.attempts - 1, 6))
    if outcome.kind is Kind.DONE:
        row.state, row.sent_at = "sent", clock.now()
        row.result = {k: result[k] for k in ("channel", "ts", "message_ts") if k in result}
        changed(session, outbox.TOPIC)
    elif outcome.kind is Kind.FINAL:
        row.state = "failed"
    else:
        row.state = "doubt" if outcome.kind is Kind.IN_DOUBT else "queued"
        wait = DEAD_PAUSE if outcome.kind is Kind.DEAD else pause
        wait = outcome.wait if outcome.code == "ratelimited" else wait
        row.not_before = clock.now() + timedelta(seconds=wait)


def waiting(session: Session) -> int:
    """How many calls have not been delivered yet."""
    rows = (
        select(func.count()).select_from(Delivery).where(Delivery.state.in_((*WAITING, "sending")))
    )
    return session.scalar(rows) or 0
