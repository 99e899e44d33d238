"""The only reader of time. Everything else is told the time, so tests can hold it still."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that never jump; for durations only."""
    return time.perf_counter()


def iso(at: datetime) -> str:
    """2026-11-24T09:05:07.123456Z: fixed width, so that text order is time order."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> datetime:
    """Read what `iso` wrote, or any ISO 8601 time with a zone. ValueError without a zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return at.astimezone(UTC)
