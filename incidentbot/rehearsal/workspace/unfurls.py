"""Links in messages that an app has registered domains for."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .errors import SlackError
from .state import App, Message

_LINK = re.compile(r"https?://[^\s<>|]+")
SOURCE = "conversations_history"


def links_of(app: App, message: Message) -> list[dict[str, str]]:
    """[{domain, url}] of the links to the app's domains and what lies below them, each once."""
    found: list[dict[str, str]] = []
    if not app.unfurl_domains:
        return found
    for url in dict.fromkeys(_LINK.findall(str(message.get("text", "")))):
        url = url.replace("&amp;", "&")
        host = (urlsplit(url).hostname or "").lower()
        domain = next((d for d in app.unfurl_domains if host == d or host.endswith(f".{d}")), None)
        if domain is not None:
            found.append({"domain": host, "url": url})
    return found


def unfurl_id(channel: str, ts: str) -> str:
    """What link_shared names a message by, for chat.unfurl."""
    return f"{channel}-{ts}"


def read_id(given: str) -> tuple[str, str]:
    """Channel and ts of an unfurl_id; invalid_unfurl_id."""
    channel, _, ts = given.partition("-")
    if not re.fullmatch(r"\d+\.\d+", ts):
        raise SlackError("invalid_unfurl_id")
    return channel, ts
