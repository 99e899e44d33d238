"""How the story finds things on the screen: the one place that knows the bot's words and ids.

Works on the workspace's snapshot (GET /control/state): plain dicts in Slack's shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Channel = dict[str, Any]
Message = dict[str, Any]
Snapshot = dict[str, Any]

ACKNOWLEDGE = "incident.ack"
COMMAND = "incident.command"
PLAN = "runbook.plan"
APPROVE = "plan.approve"
TYPED = "typed"  # the field for the target's name
TARGET = r"type the name of the target: (\S+)"

# What a message must say, as regular expressions in any case.
PROOF = r"verified|proof|proven|now serve"
SEEN = r"x-asset-origin|picture|image|\.svg|bytes"
VENDOR_REPORTS = (r"the vendor reports", r"\d+ (s|min|h)\b")
REGION_BACK = r"back|recovered|healthy|works again|answers again"
OWN_APPROVAL = r"another person|second person|somebody else|someone else|your own|cannot approve"


@dataclass(frozen=True, slots=True)
class Button:
    """A button as a person sees it, and what a click on it has to name."""

    channel: str
    ts: str
    action_id: str
    block_id: str
    label: str
    value: str


# reading a message


def words(value: Any) -> str:
    """Every text in a message or block, in reading order, without markup characters."""
    return re.sub(r"[\u200b*`]", "", "\n".join(_texts(value)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for key in ("text", "fields", "title", "elements", "blocks", "attachments", "url"):
            inner = value.get(key)
            if isinstance(inner, str):
                yield inner
            elif inner is not None:
                yield from _texts(inner)


def links(value: Any) -> list[str]:
    """Every address in a message."""
    return re.findall(r"https?://[^\s|>\"]+", words(value))


def says(value: Any, *patterns: str) -> bool:
    """All patterns occur (regular expressions, any case)."""
    text = words(value)
    return all(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)


def buttons(channel: Channel, prefix: str = "") -> list[Button]:
    """The buttons of a channel's messages, newest message first."""
    return [
        Button(
            channel["id"],
            message["ts"],
            element["action_id"],
            block.get("block_id", ""),
            element["text"]["text"],
            element.get("value", ""),
        )
        for message in reversed(channel["messages"])
        for block in message.get("blocks", [])
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "button" and element["action_id"].startswith(prefix)
    ]


# finding things in the workspace


def incident_channels(snapshot: Snapshot) -> list[Channel]:
    """The channels of incidents, oldest first."""
    found = [c for c in snapshot["channels"] if c["name"].startswith("inc-")]
    return sorted(found, key=lambda c: (c["created"], c["name"]))


def channel_of(snapshot: Snapshot, channel_id: str) -> Channel:
    """The same channel in a newer snapshot."""
    found: Channel = next(c for c in snapshot["channels"] if c["id"] == channel_id)
    return found


def named(snapshot: Snapshot, name: str) -> Channel:
    found: Channel = next(c for c in snapshot["channels"] if c["name"] == name)
    return found


def card(channel: Channel) -> Message | None:
    """The incident's card: the first pinned message."""
    pinned = {pin["ts"] for pin in channel["pins"]}
    return next((m for m in channel["messages"] if m["ts"] in pinned), None)


def plans(channel: Channel) -> list[Message]:
    """Messages that show a plan with its before and after, oldest first."""
    return [m for m in channel["messages"] if says(m, r"\bbefore\b", r"\bafter\b", r"\bundo\b")]


def whispers(channel: Channel, user: str) -> list[Message]:
    """What only this person sees."""
    return list(channel["ephemerals"].get(user, []))


def messages_saying(channel: Channel, *patterns: str, after: str = "0") -> list[Message]:
    """Messages newer than `after` (a ts) that say all patterns."""
    return [m for m in channel["messages"] if m["ts"] > after and says(m, *patterns)]


def runbook_buttons(channel: Channel, region: str) -> list[Button]:
    """Buttons that ask for a plan which serves from `region`: the region is in the label."""
    return [b for b in buttons(channel, PLAN) if region in b.label]


def refuses_own(message: Message) -> bool:
    """The answer to somebody who approves the plan they asked for."""
    return says(message, OWN_APPROVAL)


def acknowledged(message: Message) -> bool:
    """The card knows that somebody is there: its header, and no button asks for it any more."""
    asks = any(
        element.get("action_id") == ACKNOWLEDGE
        for block in message.get("blocks", [])
        for element in block.get("elements", [])
        if isinstance(element, dict)
    )
    return says(message, "acknowledged|mitigated|resolved") and not asks


def commanded_by(message: Message, user: str) -> bool:
    """The card names this person as commander."""
    return says(message, rf"commander\s*<@{user}")


def resolved(message: Message) -> bool:
    """The card says that the incident is resolved."""
    return says(message, r"sev \d, resolved")


def documents(channel: Channel) -> dict[str, str]:
    """The postmortem's addresses posted in the channel, by ending: .html, .md, .json."""
    found: dict[str, str] = {}
    for message in channel["messages"]:
        for url in links(message):
            ending = url[url.rfind(".") :]
            if ending in (".html", ".md", ".json"):
                found[ending] = url
    return found


def target_to_type(snapshot: Snapshot, person: str) -> tuple[str, str] | None:
    """(id of the open form, the name that it wants typed) of a person; None while there is none."""
    for view in reversed(snapshot["modals"].get(person, [])):
        found = re.search(TARGET, _labels(view), re.IGNORECASE)
        if found:
            return str(view["id"]), found[1]
    return None


def _labels(view: dict[str, Any]) -> str:
    labels = (block.get("label") or {} for block in view.get("blocks", []))
    return "\n".join(str(label.get("text", "")) for label in labels)
