"""A log of checks: one JSON object a line, oldest first.

{"at": "2026-03-02T17:37:10Z", "dependency": "s3", "check": "canary", "ok": false,
 "reason": "http_5xx", "detail": "answered 503", "latency_ms": 12.5}
{"at": "...", "feed": "aws", "vendor": "aws", "body": "..."}       a poll in between
{"at": "...", "dependency": "s3", "truth": "down"}                 known today: down, official, up
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from incidentbot import clock
from incidentbot.replay.events import BadRecording, Event, Look, Poll, Truth
from incidentbot.signals import REASONS, Observation

SHORTEST, LONGEST = timedelta(seconds=10), timedelta(hours=1)
TRUTHS = ("down", "official", "up")


def read(path: Path) -> Iterator[Event]:
    """Line by line; nothing is kept."""
    with path.open(encoding="utf-8", errors="replace") as file:
        before = ""
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            event = _event(path, number, line)
            here = clock.iso(event.at)
            if here < before:
                raise BadRecording(path, number, "is older than the line before it")
            before = here
            yield event


def checks(path: Path) -> dict[str, tuple[list[str], timedelta]]:
    """Dependency -> its checks in the order they first appear, and the time between two looks."""
    spans: dict[str, dict[str, tuple[datetime, datetime, int]]] = {}
    for event in read(path):
        if isinstance(event, Look):
            names = spans.setdefault(event.seen.dependency, {})
            first, _, count = names.get(event.seen.check, (event.at, event.at, 0))
            names[event.seen.check] = (first, event.at, count + 1)
    return {name: (list(found), _rhythm(found.values())) for name, found in spans.items()}


def _rhythm(spans: Iterable[tuple[datetime, datetime, int]]) -> timedelta:
    """The longest mean gap of the checks, at least that of the product's default."""
    gaps = [(last - first) / (count - 1) for first, last, count in spans if count > 1]
    return min(max([*gaps, SHORTEST]), LONGEST)


def _event(path: Path, number: int, line: str) -> Event:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise BadRecording(path, number, "is not JSON") from None
    if not isinstance(row, dict):
        raise BadRecording(path, number, "is not a JSON object")
    try:
        at = clock.parse(str(row.get("at")))
    except ValueError:
        message = f"at: {row.get('at')!r} is not a time with its zone"
        raise BadRecording(path, number, message, "2026-03-02T17:37:10Z") from None
    if "feed" in row:
        body = row.get("body")
        raw = body if isinstance(body, str) else json.dumps(body)
        return Poll(at, _text(path, number, row, "vendor"), path, raw.encode())
    name = _text(path, number, row, "dependency")
    if "truth" in row:
        return Truth(at, name, _one_of(path, number, row, "truth", TRUTHS))
    return Look(at, _observation(path, number, row, at, name))


def _observation(path: Path, number: int, row: dict[str, Any], at: Any, name: str) -> Observation:
    ok = row.get("ok")
    if not (ok is None or isinstance(ok, bool)) or "ok" not in row:
        raise BadRecording(path, number, f"ok: cannot be {ok!r}", "true, false, null")
    reason: Any = "ok" if ok else _one_of(path, number, row, "reason", REASONS)
    if ok and "reason" in row:
        reason = _one_of(path, number, row, "reason", REASONS)
    latency = row.get("latency_ms")
    number_or_none = float(latency) if isinstance(latency, int | float) else None
    detail = str(row.get("detail") or "")
    check = _text(path, number, row, "check")
    return Observation(check, name, at, ok, reason, detail, number_or_none)


def _text(path: Path, number: int, row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise BadRecording(path, number, f"{key}: is missing or no text")
    return value


def _one_of(
    path: Path, number: int, row: dict[str, Any], key: str, allowed: tuple[str, ...]
) -> str:
    value = row.get(key)
    if value not in allowed:
        raise BadRecording(path, number, f"{key}: cannot be {value!r}", ", ".join(allowed))
    return str(value)
