"""What all receivers do alike: words for states, times in many forms, and one way to a Signal."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any

from incidentbot import ids
from incidentbot.signals import STATES, Signal, State, Storage
from incidentbot.signals.feeds.contract import Feed, names_storage, region_in, text_of

# Words for the worst. Every other word, and none, is a fault that is not yet known to be the worst.
WORST = frozenset(
    (
        *("critical", "crit", "fatal", "disaster", "emergency", "emerg", "blocker", "page"),
        *("down", "alarm", "outage", "unavailable", "unreachable", "unreach", "offline"),
        *("p1", "s1", "sev1", "sev-1"),
    )
)
# An alert of this severity is always on, to prove that the sender lives.
NO_FAULT = frozenset({"none", "watchdog", "heartbeat"})
MOST_LABELS = 40
LONGEST_LABEL = 200
LONGEST_KEY = 200  # a longer one is known by its digest: two may begin alike
EARLIEST = 1990  # an older time stands for none, such as 0001-01-01


def at(value: Any, *path: str | int) -> Any:
    """What is at the end of a path into foreign data; None when it ends before."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def label(value: Any) -> str:
    """A word out of foreign data: texts, numbers and truth values; nothing for all else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)[:LONGEST_LABEL]
    return text_of(value, LONGEST_LABEL)


def labels_of(*sources: Any) -> dict[str, str]:
    """Labels as texts, capped in number and length; later sources win."""
    found: dict[str, str] = {}
    for source in sources:
        for key, value in source.items() if isinstance(source, dict) else ():
            if isinstance(key, str) and (text := label(value)):
                found[text_of(key, LONGEST_LABEL)] = text
    return dict(list(found.items())[:MOST_LABELS])


def moment(value: Any, zone: tzinfo | None = None) -> datetime | None:
    """A time in UTC: epoch seconds to nanoseconds, ISO 8601, or as in mail.

    A text without a zone counts only where `zone` says which is meant. 0001-01-01 is none.
    """
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{9,20}(\.\d+)?", value, re.ASCII):
            value = float(value)
        found = _epoch(value) if isinstance(value, int | float) else _written(value)
        if found is not None and found.tzinfo is None and zone is not None:
            found = found.replace(tzinfo=zone)
        if found is None or found.tzinfo is None or found.year < EARLIEST:
            return None
        return found.astimezone(UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _epoch(value: float) -> datetime | None:
    if isinstance(value, bool) or not math.isfinite(value):
        return None
    while abs(value) > 1e11:
        value /= 1000
    return datetime.fromtimestamp(value, UTC)


def _written(value: Any) -> datetime | None:
    text = value.strip().removesuffix(" UTC") if isinstance(value, str) else ""
    if not text or len(text) > 60:
        return None
    if text[0].isdigit():
        return datetime.fromisoformat(text + "+00:00" if value.strip() != text else text)
    return parsedate_to_datetime(value)


def state_of(severity: str, firing: bool = True) -> State:
    """Resolved is operational; firing is as bad as the severity says, `degraded` without one."""
    word = severity.strip().lower()
    if not firing:
        return "operational"
    if word in NO_FAULT:
        return "unknown"
    if word in STATES and word not in ("operational", "unknown"):
        return word  # type: ignore[return-value]
    return "major_outage" if word in WORST else "degraded"


def alert(
    feed: Feed,
    key: str,
    state: State,
    title: str,
    *,
    service: str = "",
    region: str = "",
    labels: Mapping[str, str] | None = None,
    named: str | None = None,
    storage: Storage | None = None,
    why: str = "",
    **rest: Any,
) -> Signal:
    """A signal of a pushed alert. `key` is the same when it fires and when it is resolved.

    `named` is where to look for the name of a storage service: service and title if not said.
    """
    where = f"{service} {title}" if named is None else named
    if storage is None:
        storage = "yes" if names_storage(where) else "no"
    if not why:
        why = "the alert names storage" if storage == "yes" else "the alert names no storage"
    return Signal(
        feed.name,
        feed.vendor,
        service=service,
        region=region or region_in(f"{service} {title}"),
        state=state,
        title=title or service or key,
        vendor_id=key if len(key) <= LONGEST_KEY else ids.digest(key),
        storage=storage,
        why=why,
        labels=dict(labels or {}),
        **rest,
    )


def mute(feed: Feed, why: str) -> list[Signal]:
    """A body of the right kind in which the state is missing."""
    return [Signal(feed.name, feed.vendor, storage="no", why=why)]


def harmless(feed: Feed, phase: str, why: str) -> list[Signal]:
    """A body that is right and says nothing of a state: a test, a handshake, a note."""
    return [Signal(feed.name, feed.vendor, phase=phase, storage="no", why=why)]


def latest(signals: Iterable[Signal]) -> list[Signal]:
    """Of several words about one alert in one body the last: they stand in the order they came."""
    told: dict[str, Signal] = {}
    for index, signal in enumerate(signals):
        key = signal.vendor_id or f" {index}"  # what is no alert stands for itself
        told.pop(key, None)
        told[key] = signal
    return list(told.values())


def first(values: Iterable[Any]) -> str:
    """The first that says something."""
    return next((text for value in values if (text := label(value))), "")
