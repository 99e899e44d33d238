"""One call to Slack, and the other ways to the same end where the first is refused.

A message whose answer was lost is looked for by its marker before it is posted again: in the
channel, in its thread, in the direct messages. Where we may not look (no scope, or not a member) it
is posted again: twice is a nuisance, a lost message is worse. All else may simply be repeated;
only a whisper cannot be looked for, and is repeated for the same reason, three times at most.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from slack_sdk.errors import SlackApiError

from incidentbot.slack.outbound import outbox
from incidentbot.slack.outbound.classify import NO_ANSWER, OK, Kind, Outcome
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.slack.outbound.ledger import LISTED, Call

log = logging.getLogger(__name__)

Result = dict[str, Any]
Way = Callable[[Call, "Try", Outcome], Awaitable["Try"]]

POST = "chat.postMessage"
LOOKED_FOR = (POST, *LISTED)
PLACED = {"bookmarks.": "channel_id", "files.": "channel_id"}  # how the argument is named there
GONE = ("cant_update_message", "edit_window_closed", "message_not_found")
NOT_THERE = ("not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived")
LEFT_OUT = (Kind.FORBIDDEN, Kind.INSTEAD, Kind.FINAL)
WHISPERS = 3  # times that one whose answer is lost is sent
PLAIN = 3900  # characters of text that are taken in any case
MARGIN = 300.0  # seconds that Slack's clock and ours may differ


@dataclass(frozen=True, slots=True)
class Try:
    """What is really sent. `found`: it need not be, for this is what an earlier try did."""

    method: str
    args: dict[str, Any]
    found: Result | None = None
    more: Result = field(default_factory=dict)  # what to remember beside Slack's answer


class Sender:
    def __init__(self, client: SlackClient) -> None:
        self._client = client

    async def send(self, call: Call) -> tuple[Outcome, Result]:
        """Do it, or find that it was done. Never raises what Slack or the line may do.

        A refusal that another call gets around is gotten around, each way once.
        """
        this = Try(call.method, _placed(call))
        used: set[str] = set()
        code = OK.code
        while True:
            try:
                if not used and call.doubt and call.method in LOOKED_FOR:
                    this = replace(this, found=await self._found(call, this.args))
                result = await self._do(call, this, first=not used)
                return Outcome(Kind.DONE, code), result | this.more
            except (SlackApiError, *NO_ANSWER) as error:
                outcome = _limited(call, self._client.meaning(error, this.method))
            way = self._way(call, this, outcome)
            if way is None or way.__name__ in used:
                return outcome, {}
            used.add(way.__name__)
            code = outcome.code
            say = log.error if outcome.kind is Kind.OURS else log.info
            say("slack: %s for %s: %s %s", this.method, call.id, code, outcome.detail)
            try:
                this = await way(call, this, outcome)
            except (SlackApiError, *NO_ANSWER) as error:
                second = _limited(call, self._client.meaning(error))
                if way.__name__ == "_from_inside" and second.kind in LEFT_OUT:
                    # We may not join by ourselves: it is an invitation that is missing.
                    return replace(
                        outcome, detail=f"it may not join: {second.code} {second.detail}".strip()
                    ), {}
                return second, {}

    async def _do(self, call: Call, this: Try, *, first: bool) -> Result:
        if this.found is not None:
            return this.found
        if this.method == outbox.RESPOND:
            return await self._client.respond(call.channel, this.args)
        if first:
            return await self._client.send(this.method, this.args)  # counted when it was taken
        return await self._client.call(this.method, this.args)

    def _way(self, call: Call, this: Try, outcome: Outcome) -> Way | None:
        code = outcome.code
        if outcome.kind is Kind.OURS and this.method.startswith("chat."):
            return None if _plain(this.args, code) == this.args else self._plainly
        if this.method == "chat.postEphemeral" and code in NOT_THERE:
            return self._directly
        if this.method == "chat.update" and code in GONE and not call.anew:
            return self._anew
        if code == "thread_not_found" and "thread_ts" in this.args:
            return self._on_top
        if code == "not_in_channel" and this.method != "conversations.join":
            return self._from_inside
        return None

    async def _plainly(self, call: Call, this: Try, outcome: Outcome) -> Try:
        return replace(this, args=_plain(this.args, outcome.code))

    async def _directly(self, call: Call, this: Try, outcome: Outcome) -> Try:
        # A channel is not joined for a whisper; the same words reach the person alone.
        rest = {k: v for k, v in this.args.items() if k not in ("user", "thread_ts")}
        return Try(POST, rest | {"channel": this.args["user"]})

    async def _anew(self, call: Call, this: Try, outcome: Outcome) -> Try:
        """The message is gone, or closed to edits: say it once more, as a new one."""
        found = await self._found(call, this.args) if call.doubt else None
        fresh = {k: v for k, v in this.args.items() if k != "ts"} | outbox.marked(call.id)
        return Try(POST, fresh, found, {"anew": True})

    async def _on_top(self, call: Call, this: Try, outcome: Outcome) -> Try:
        return replace(this, args={k: v for k, v in this.args.items() if k != "thread_ts"})

    async def _from_inside(self, call: Call, this: Try, outcome: Outcome) -> Try:
        await self._client.call("conversations.join", {"channel": call.channel})
        return this

    async def _found(self, call: Call, args: dict[str, Any]) -> Result | None:
        """The message that an earlier try posted; None also where we may not look."""
        try:
            if call.method in LISTED:
                return await self._listed(call, args)
            return await self._look(call, args)
        except SlackApiError as error:
            outcome = self._client.meaning(error)
            if outcome.kind in (Kind.LATER, Kind.IN_DOUBT, Kind.DEAD):
                raise
            log.warning("slack: cannot look for %s: %s", call.id, outcome.code)
            return None

    async def _listed(self, call: Call, args: dict[str, Any]) -> Result | None:
        method, rows, same = LISTED[call.method]
        answer = await self._client.call(method, {"channel_id": call.channel})
        alike = (r for r in answer.get(rows, []) if all(r.get(k) == args.get(k) for k in same))
        found = next(alike, None)
        return None if found is None else {rows.removesuffix("s"): found}

    async def _look(self, call: Call, args: dict[str, Any]) -> Result | None:
        channel = call.channel
        if channel.startswith(("U", "W")):
            opened = await self._client.call("conversations.open", {"users": channel})
            channel = opened["channel"]["id"]
        seek: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{call.since - MARGIN:.6f}",
            "limit": "200",
            "include_all_metadata": True,
        }
        thread = args.get("thread_ts")
        cursor = ""
        while True:
            page = await self._page(seek | ({"cursor": cursor} if cursor else {}), thread)
            for message in page.get("messages", []):
                payload = (message.get("metadata") or {}).get("event_payload") or {}
                if payload.get("id") == call.id:
                    return {"channel": channel, "ts": message["ts"]}
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return None

    async def _page(self, seek: dict[str, Any], thread: str | None) -> Result:
        if thread:
            return await self._client.call("conversations.replies", seek | {"ts": thread})
        return await self._client.call("conversations.history", seek)


def _placed(call: Call) -> dict[str, Any]:
    if not call.channel or call.method == outbox.RESPOND:
        return call.args
    family = next((name for head, name in PLACED.items() if call.method.startswith(head)), None)
    return call.args | {family or "channel": call.channel}


def _plain(args: dict[str, Any], code: str) -> dict[str, Any]:
    """Only words, and the marker if it is not the marker that was wrong."""
    without = ("blocks", "attachments", *(("metadata",) if "metadata" in code else ()))
    kept = {k: v for k, v in args.items() if k not in without}
    if len(str(kept.get("text", ""))) > PLAIN:
        kept["text"] = str(kept["text"])[:PLAIN] + "…"
    return kept


def _limited(call: Call, outcome: Outcome) -> Outcome:
    whisper = call.method in ("chat.postEphemeral", outbox.RESPOND)
    if whisper and outcome.kind is Kind.IN_DOUBT and call.attempts + 1 >= WHISPERS:
        return Outcome(Kind.FINAL, outcome.code, detail="its answers were lost")
    return outcome
