"""What the tests of feed formats share: a body in, signals out."""

import json
from datetime import UTC, datetime
from typing import Any

from incidentbot.signals import Signal, State, Storage
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.feeds.match import overall
from incidentbot.signals.feeds.reading import Reading, understand

READ_AT = datetime(2026, 3, 2, 18, tzinfo=UTC)


def at(text: str) -> datetime:
    """A time in UTC: "2026-03-02 17:05"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(body: Any, name: str = "", read_at: datetime = READ_AT) -> Reading:
    """What is understood of a body: bytes and text as they are, anything else as JSON."""
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else None
    raw = json.dumps(body).encode() if raw is None else raw
    return understand(raw, Feed("feed", "vendor", read_at), name)


def known(body: Any, name: str, read_at: datetime = READ_AT) -> list[Signal]:
    """The signals of a body that has to be recognised as this format."""
    reading = read(body, read_at=read_at)
    assert reading.format == name
    return reading.signals


def whole(signals: list[Signal]) -> tuple[State, Storage]:
    return overall(signals)
