"""A replay told to people and to programs."""

from datetime import datetime
from typing import Any

from incidentbot.replay.play import Opened, Result


def as_json(result: Result, seconds: float) -> dict[str, Any]:
    """Times are ISO 8601 in UTC or null; `truth` tells whether `false` could be known at all."""
    return {
        "polls": result.polls,
        "looks": result.looks,
        "seconds": round(seconds, 3),
        "incidents": [
            {
                "dependency": each.dependency,
                "opened_at": _iso(each.opened_at),
                "closed_at": _iso(each.closed_at),
                "recovered_at": _iso(each.recovered_at),
                "severity": each.severity,
                "because": each.because,
                "official_at": _iso(each.official_at),
                "false": each.false,
            }
            for each in result.incidents
        ],
        "false": sum(each.false for each in result.incidents),
        "missed": len(result.missed),
        "heads_ups": [{"at": _iso(at), "text": text} for at, text in result.heads_ups],
        "truth": result.truth,
    }


def as_text(result: Result, seconds: float) -> str:
    """A few lines an incident, then the sum."""
    lines = [line for each in result.incidents for line in _told(each)]
    lines += [f"{at:%Y-%m-%d %H:%M:%S} UTC  {text}" for at, text in result.heads_ups]
    lines += [
        f"MISSED  {name}: the outage that ended at {at:%H:%M:%S}" for at, name in result.missed
    ]
    played = f"{result.polls} polls and {result.looks} looks in {seconds:.2f} s"
    many = len(result.incidents)
    false = sum(each.false for each in result.incidents)
    known = f"{false} of them false" if result.truth else "nobody recorded what was true"
    count = "no incident" if not many else f"{many} incident{'s' if many > 1 else ''}, {known}"
    return "\n".join([*lines, f"{played}: {count}"])


def _told(each: Opened) -> list[str]:
    mark = "FALSE  " if each.false else ""
    lines = [
        f"{mark}{each.dependency}, severity {each.severity}",
        f"  opened    {each.opened_at:%Y-%m-%d %H:%M:%S} UTC  {each.because}",
    ]
    if each.official_at is not None:
        delay = (each.official_at - each.opened_at).total_seconds()
        when = f"{_words(delay)} {'later' if delay >= 0 else 'before'}"
        lines.append(f"  official  {each.official_at:%Y-%m-%d %H:%M:%S} UTC  {when}")
    if each.recovered_at is not None:
        lines.append(f"  recovered {each.recovered_at:%Y-%m-%d %H:%M:%S} UTC")
    closed = f"{each.closed_at:%Y-%m-%d %H:%M:%S} UTC  by itself" if each.closed_at else "not yet"
    return [*lines, f"  closed    {closed}"]


def _words(seconds: float) -> str:
    minutes = round(abs(seconds) / 60)
    if minutes < 1:
        return f"{round(abs(seconds))} s"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def _iso(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at is not None else None
