"""Slack's date tokens and the page's own times, in the zone of the reader."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from incidentbot.rehearsal.workspace.render.reader import Reader

TOKEN = re.compile(r"\{([a-z_]+)\}")


def moment(timestamp: str | float, zone: tzinfo) -> datetime | None:
    """Unix seconds (also a message's ts) as a time in a zone; None when it is no time."""
    try:
        return datetime.fromtimestamp(float(timestamp), UTC).astimezone(zone)
    except (ValueError, OverflowError, OSError):
        return None


def slack_date(timestamp: str | float, template: str, reader: Reader) -> str | None:
    """`{date_short} at {time}` filled in; None when time or a token is unknown to Slack."""
    when = moment(timestamp, reader.zone)
    if when is None:
        return None
    unknown = False

    def fill(found: re.Match[str]) -> str:
        nonlocal unknown
        text = _token(found[1], when, reader)
        unknown = unknown or text is None
        return text or ""

    text = TOKEN.sub(fill, template)
    return None if unknown else text


def _token(name: str, when: datetime, reader: Reader) -> str | None:
    short = f"{when:%b} {when.day}, {when.year}"
    long = f"{when:%A}, {when:%B} {_ordinal(when.day)}, {when.year}"
    plain = {
        "date_num": f"{when:%Y-%m-%d}",
        "date": f"{when:%B} {_ordinal(when.day)}, {when.year}",
        "date_slash": f"{when:%m/%d/%Y}",
        "date_short": short,
        "date_long": long,
        "date_long_full": long,
        "time": f"{when:%H:%M}",
        "time_secs": f"{when:%H:%M:%S}",
        "ago": ago(when, reader.now),
        "day_divider_pretty": _pretty(when, reader.now) or f"{when:%A}, {when:%B} {when.day}",
    }
    if name.endswith("_pretty") and name not in plain:
        base = plain.get(name.removesuffix("_pretty"))
        return (_pretty(when, reader.now) or base) if base is not None else None
    return plain.get(name)


def _pretty(when: datetime, now: datetime) -> str | None:
    days = (when.date() - now.astimezone(when.tzinfo).date()).days
    return {0: "today", -1: "yesterday", 1: "tomorrow"}.get(days)


def _ordinal(day: int) -> str:
    ending = "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def ago(when: datetime, now: datetime) -> str:
    """`5 minutes ago`, `in 2 hours`."""
    gap = now - when
    ahead = gap < timedelta(0)
    seconds = int(abs(gap).total_seconds())
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            text = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"in {text}" if ahead else f"{text} ago"
    return "in a moment" if ahead else "just now"


def day_label(when: datetime, now: datetime) -> str:
    """The words on the line between two days."""
    return (_pretty(when, now) or f"{when:%A}, {when.day} {when:%B %Y}").capitalize()
