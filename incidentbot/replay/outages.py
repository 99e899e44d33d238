"""A timeline of an outage that is known today: what probes would have seen, look by look.

A YAML file with `service`, `region`, `onset`, `first_official_status` and `recovered`; times are
ISO 8601 with a zone, or null where nobody knows. Between onset and recovery each look fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from incidentbot import clock, ids
from incidentbot.replay.events import BadRecording, Event, Truth

BEFORE = timedelta(minutes=10)
AFTER = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Outage:
    """`until` is when the looks end; without a known recovery, nothing is seen to recover."""

    name: str
    title: str
    onset: datetime
    official: datetime | None
    recovered: datetime | None
    last_word: datetime

    @property
    def until(self) -> datetime:
        return self.recovered + AFTER if self.recovered else self.last_word

    def fails(self, at: datetime) -> bool:
        return self.onset <= at and (self.recovered is None or at < self.recovered)

    def truths(self) -> Iterator[Event]:
        yield Truth(self.onset, self.name, "down")
        if self.official is not None:
            yield Truth(self.official, self.name, "official")
        if self.recovered is not None:
            yield Truth(self.recovered, self.name, "up")


def read(path: Path) -> Outage:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise BadRecording(path, mark.line + 1 if mark else None, "is not YAML") from None
    if not isinstance(data, dict):
        raise BadRecording(path, 1, "is not a timeline", "a mapping with service and onset")
    onset = _time(path, data, "onset")
    if onset is None:
        raise BadRecording(path, 1, "onset: is missing, so it is not known when it began")
    service = str(data.get("service") or path.stem)
    region = str(data.get("region") or "")
    recovered = _time(path, data, "recovered")
    if recovered is not None and recovered <= onset:
        raise BadRecording(path, 1, "recovered: is not after onset")
    events = data.get("events")
    times = [_time(path, each, "time_utc") for each in events or () if isinstance(each, dict)]
    last = max((at for at in times if at is not None), default=onset)
    return Outage(
        ids.slug(f"{service} {region}") or path.stem,
        str(data.get("title") or f"{service} {region}".strip()),
        onset,
        _time(path, data, "first_official_status"),
        recovered,
        max(last, onset + AFTER),
    )


def _time(path: Path, data: dict[str, Any], key: str) -> datetime | None:
    value = data.get(key)
    if value is None:
        return None
    try:
        return clock.parse(value.isoformat() if isinstance(value, datetime) else str(value))
    except ValueError:
        message = f"{key}: {value!r} is not a time with its zone"
        raise BadRecording(path, None, message, "2017-02-28T17:37:00Z, or null") from None
