"""Look at one message in Slack as it stands now: events tell where it is, seldom what it says."""

import re
from typing import Any

from slack_sdk.errors import SlackApiError

from incidentbot.errors import Refused, Temporary
from incidentbot.incidents.kept import Said
from incidentbot.slack.gestures import said
from incidentbot.slack.outbound.classify import NO_ANSWER, Kind, classify
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.slack.people.directory import Directory

MENTION = re.compile(r"<@([UW][A-Z0-9]+)")
MOST_NAMES = 6  # of people to be asked for before a message is kept; the others stay ids
GONE = ("thread_not_found", "message_not_found")


async def look(client: SlackClient, channel: str, ts: str) -> dict[str, Any] | None:
    """The message, also one inside a thread; None when it is not there (any more).

    Raises Refused when Slack does not let us look, and Temporary when it does not now.
    """
    window = {"channel": channel, "oldest": ts, "latest": ts, "inclusive": True, "limit": "1"}
    found = _of(await _asked(client, "conversations.history", window), ts)
    if found is None:
        thread = window | {"ts": ts, "limit": "2"}  # a thread's first message comes with it
        found = _of(await _asked(client, "conversations.replies", thread), ts)
    return found if found and found.get("subtype") != "tombstone" else None


async def as_said(
    client: SlackClient, directory: Directory, message: dict[str, Any], channel: str
) -> Said:
    """The message with its author's name and its address."""
    named = [str(message.get("user") or ""), *MENTION.findall(str(message.get("text") or ""))]
    for person in list(dict.fromkeys(filter(None, named)))[:MOST_NAMES]:
        await directory.meet(person)
    try:
        me = await client.me()
    except (SlackApiError, *NO_ANSWER):
        me = {}  # then without its address
    own = (str(me.get("bot_id") or ""), str(me.get("user_id") or ""))
    return said.said(message, channel, directory.name, team_url=str(me.get("url") or ""), own=own)


def reacted(message: dict[str, Any], names: tuple[str, ...]) -> bool:
    """Whether anybody's reaction of these names is on it now."""
    there = {str(one.get("name")) for one in message.get("reactions") or () if one.get("count", 1)}
    return bool(there & set(names))


async def _asked(client: SlackClient, method: str, args: dict[str, Any]) -> dict[str, Any]:
    try:
        return await client.call(method, args)
    except (SlackApiError, *NO_ANSWER) as error:
        outcome = classify(error)
        if outcome.code in GONE:
            return {}
        what = f"{outcome.code} {outcome.detail}".strip()
        if outcome.kind in (Kind.LATER, Kind.IN_DOUBT):
            raise Temporary(f"Slack does not answer now ({what}).", outcome.wait) from error
        raise Refused(f"I cannot read that message in Slack ({what}).") from error


def _of(answer: dict[str, Any], ts: str) -> dict[str, Any] | None:
    return next((m for m in answer.get("messages", []) if m.get("ts") == ts), None)
