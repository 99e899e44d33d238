"""A message of Slack as plain words: what is kept of it in a timeline. Pure.

Slack marks up what people write (`<@U1>`, `<https://x|words>`, `&amp;`); here it becomes what they
meant. Other apps often write blocks or attachments and no text, so these are read too.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from incidentbot.incidents.kept import Said

Name = Callable[[str], str]  # a person's id -> name for reading

LONGEST = 6000
MARKED = re.compile(r"<([^<>\s][^<>]*)>")
BROADCAST = {"!here": "@here", "!channel": "@channel", "!everyone": "@everyone"}
INVISIBLE = str.maketrans("", "", "\u200b")  # what our own escaping puts in


def said(
    message: Mapping[str, Any],
    channel: str,
    name: Name,
    *,
    team_url: str = "",
    own: tuple[str, ...] = (),
) -> Said:
    """`own` are the ids by which our own messages are known: bot_id, bot user."""
    author = str(message.get("user") or message.get("bot_id") or "")
    ts = str(message["ts"])
    edited = str((message.get("edited") or {}).get("ts") or "")
    mine = {str(message.get("bot_id") or ""), author} & {one for one in own if one}
    return Said(
        channel=channel,
        ts=ts,
        author=author,
        name=_author(message, author, name),
        text=words(message, name),
        at=moment(ts),
        link=permalink(team_url, channel, ts, str(message.get("thread_ts") or "")),
        edited=edited,
        edited_at=moment(edited) if edited else None,
        files=tuple(_files(message)),
        own=bool(mine),
    )


def words(message: Mapping[str, Any], name: Name) -> str:
    """Everything a reader saw in it, without marks, at most 6,000 characters."""
    text = readable(str(message.get("text") or ""), name)
    if not text.strip():
        text = "\n".join(readable(piece, name) for piece in _pieces(message))
    text = text.translate(INVISIBLE).strip()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def readable(text: str, name: Name) -> str:
    """Slack's mrkdwn with people and channels by name, links as they are, entities as letters."""
    plain = MARKED.sub(lambda found: _meant(found[1], name), text)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def permalink(team_url: str, channel: str, ts: str, thread_ts: str = "") -> str:
    """The address of a message, as Slack makes it."""
    if not team_url:
        return ""
    link = f"{team_url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
    return f"{link}?thread_ts={thread_ts}&cid={channel}" if thread_ts not in ("", ts) else link


def moment(ts: str) -> datetime:
    """A ts, which is seconds since 1970, as a time."""
    seconds, _, micros = ts.partition(".")
    whole = datetime.fromtimestamp(int(seconds or 0), UTC)
    return whole.replace(microsecond=int((micros + "000000")[:6]))


def _author(message: Mapping[str, Any], author: str, name: Name) -> str:
    app = str((message.get("bot_profile") or {}).get("name") or message.get("username") or "")
    known = name(author) if author else ""
    return app if app and known in ("", author) else known or "somebody"


def _meant(inside: str, name: Name) -> str:
    target, _, label = inside.partition("|")
    if target[:1] == "@":
        known = name(target[1:])
        return f"@{label.lstrip('@') if known == target[1:] and label else known}"
    if target[:1] == "#":
        return f"#{label or target[1:]}"
    if target[:1] == "!":
        return BROADCAST.get(target, label or target[1:])
    return f"{label} ({target})" if label and label not in target else target


def _files(message: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for file in message.get("files") or ():
        title = file.get("name") or file.get("title") or f"a file ({file.get('id', 'no id')})"
        yield {
            "name": str(title)[:200],
            "link": str(file.get("permalink") or ""),
            "type": str(file.get("mimetype") or ""),
        }


def _pieces(message: Mapping[str, Any]) -> Iterator[str]:
    yield from _texts(message.get("blocks") or [])
    for attachment in message.get("attachments") or ():
        for key in ("pretext", "title", "text"):
            if attachment.get(key):
                yield str(attachment[key])
        for field in attachment.get("fields") or ():
            yield f"{field.get('title', '')}: {field.get('value', '')}"
        yield from _texts(attachment.get("blocks") or [])


def _texts(value: Any) -> Iterator[str]:
    """The texts in blocks, in reading order; what is on buttons is nothing that was said."""
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict) and value.get("type") not in ("button", "actions"):
        if isinstance(value.get("text"), str):
            yield value["text"]
        else:
            for key in ("text", "fields", "elements"):
                yield from _texts(value.get(key))
