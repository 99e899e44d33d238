"""The announcement channels: are they there, open, and can the bot post into them?"""

from dataclasses import replace
from typing import Any

from incidentbot.doctor.contract import Finding, fault, ok, warning
from incidentbot.doctor.slack_replies import alive, section, trouble
from incidentbot.doctor.ward import Ward
from incidentbot.slack.setup.needs import is_id

TITLE = "Slack channels"
PLACE = 55
WHY = "Nobody hears of an incident there."


async def examine(ward: Ward) -> list[Finding]:
    me = await alive(ward)
    slack = section(ward)
    found = []
    for name in slack.announced_in:
        look = _by_id if is_id(name, "CG") else _by_name
        finding = await look(ward, name.lstrip("#"), me.scopes)
        setting = "slack.announce" if name == slack.announce else "slack.also_announce"
        # People know the bot by the name it has here.
        step = finding.next.replace("@incidentbot", f"@{me.data.get('user')}")
        found.append(replace(finding, next=step.replace("slack.announce", setting)))
    return found


async def _by_id(ward: Ward, id: str, scopes: frozenset[str]) -> Finding:
    reply = await ward.slack.call("conversations.info", channel=id)
    if reply.fine:
        return _judged(dict(reply.data["channel"]), scopes)
    if reply.code == "missing_scope":
        scope = "channels:read" if "channels:read" not in scopes else "groups:read"
        return _unseen(id, f"could not be looked at without the scope {scope}")
    if reply.code != "channel_not_found":
        return trouble(id, reply, WHY, "channels:read")
    return _unseen(id, "is a private channel that the bot is not in, or was deleted")


def _unseen(id: str, said: str) -> Finding:
    """Posting takes only membership, so the bot may be fine with what it cannot look at."""
    return warning(
        id,
        said,
        "Nobody hears of an incident there, unless the bot is in it: posting takes nothing else.",
        "In that channel type: /invite @incidentbot    (or correct slack.announce).",
    )


async def _by_name(ward: Ward, name: str, scopes: frozenset[str]) -> Finding:
    types = "public_channel,private_channel" if "groups:read" in scopes else "public_channel"
    reply, rows, whole = await ward.slack.pages("conversations.list", "channels", types=types)
    found = next((row for row in rows if row.get("name") == name), None)
    if found is not None:
        return _judged(found, scopes)
    if not reply.fine:
        if reply.code == "missing_scope":
            return fault(
                f"#{name}",
                "cannot be found by its name without the scope channels:read",
                WHY,
                "Put the channel's id in slack.announce (channel details, at the bottom), or add "
                "channels:read and install the app again.",
            )
        return trouble(f"#{name}", reply, WHY, "channels:read")
    if not whole:
        return warning(
            f"#{name}",
            f"was not among the first {len(rows):,} channels",
            "The bot has to read through them all at its first announcement, which takes long.",
            "Put the channel's id in slack.announce (channel details, at the bottom).",
        )
    seen = "public channel" if "groups:read" not in scopes else "channel that the bot can see"
    return fault(
        f"#{name}",
        f"there is no {seen} of that name",
        WHY,
        "Create it, or correct slack.announce. A private one is found by its name only with the "
        "scope groups:read; without, put its id there (channel details, at the bottom). In both "
        "cases type in it: /invite @incidentbot",
    )


def _judged(channel: dict[str, Any], scopes: frozenset[str]) -> Finding:
    about = f"#{channel.get('name')}"
    if channel.get("is_archived"):
        return fault(about, "is archived", WHY, "Unarchive it, or name another in slack.announce.")
    if channel.get("is_ext_shared"):
        return warning(
            about,
            "is shared with another organisation",
            "Its people read every announcement too.",
            "Name a channel of your own in slack.announce, unless that is meant.",
        )
    if channel.get("is_member"):
        kind = "private" if channel.get("is_private") else "public"
        return ok(about, f"is {kind}, and the bot is in it")
    if channel.get("is_private"):
        return fault(about, "is private, and the bot is not in it", WHY,
                     f"In {about} type: /invite @incidentbot")  # fmt: skip
    if "channels:join" in scopes:
        return ok(about, "is public; the bot joins it at its first announcement")
    return fault(
        about,
        "the bot is not in it, and may not join it without the scope channels:join",
        WHY,
        f"In {about} type: /invite @incidentbot    (or add channels:join).",
    )
