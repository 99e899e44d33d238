"""What a feed format is given and what it gives back.

A format is a module with `recognises(body) -> bool` and `parse(body, feed) -> list[Signal]`. It
raises nothing: a body that cannot be understood is one signal of the state unknown, with the
reason. It never guesses "operational" from the lack of something. A format recognises only what
is surely its own, e.g. by keys that no other format has; `parse` is called with bodies that are
readable (JSON, XML or a form) but perhaps of another format.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from incidentbot.signals import Signal, State, Storage, Update
from incidentbot.signals.body import Body
from incidentbot.signals.feeds.names import (
    names_service,
    names_storage,
    place_of_storage,
    region_in,
)

__all__ = [
    "Body",
    "Feed",
    "Format",
    "Signal",
    "State",
    "Storage",
    "Update",
    "entries",
    "names_service",
    "names_storage",
    "place_of_storage",
    "region_in",
    "text_of",
    "time_of",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Feed:
    """What a format may know of the feed it reads. `read_at` is when the body was fetched."""

    name: str
    vendor: str
    read_at: datetime


class Format(Protocol):
    """The module of a format."""

    recognises: Callable[[Body], bool]
    parse: Callable[[Body, Feed], list[Signal]]


def unknown(feed: Feed, why: str) -> list[Signal]:
    """The answer to a body that says nothing."""
    return [Signal(feed.name, feed.vendor, state="unknown", storage="unclear", why=why)]


def text_of(value: Any, limit: int = 300) -> str:
    """A text out of foreign data: one line, no control characters, cut; nothing if it is none."""
    if not isinstance(value, str):
        return ""
    line = " ".join(value[: limit * 4].split())
    if not line.isprintable():  # rare, and slow to mend
        line = " ".join("".join(c if c.isprintable() else " " for c in line).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def entries(value: Any, key: str) -> list[dict[str, Any]]:
    """The objects in the list under `key`; what has another shape is left out."""
    found = value.get(key) if isinstance(value, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def time_of(value: Any) -> datetime | None:
    """An ISO 8601 time with a zone, in UTC; None when it is anything else."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
