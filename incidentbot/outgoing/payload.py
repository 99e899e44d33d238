"""What a webhook says, as plain JSON. Pure: the same facts make the same bytes and the same id."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from incidentbot import clock, ids
from incidentbot.settings.model import Settings
from incidentbot.timeline import Entry

Status = Literal["down", "up"]
Key = tuple[str, str]  # (dependency, check); without a check it is the dependency itself
TOLD_KINDS = ("state", "severity")  # of an incident's timeline


@dataclass(frozen=True, slots=True)
class Subjects:
    """What there is to speak of: addresses of checks (empty where they have none), and titles."""

    urls: Mapping[Key, str]
    titles: Mapping[str, str]

    @classmethod
    def of(cls, settings: Settings) -> "Subjects":
        urls = {
            (dependency.name, check.name): str(getattr(check.options, "url", ""))
            for dependency in settings.dependencies
            for check in dependency.checks
        }
        return cls(urls, {d.name: d.title for d in settings.dependencies})

    def __contains__(self, key: Key) -> bool:
        return key in self.urls if key[1] else key[0] in self.titles


@dataclass(frozen=True, slots=True)
class Turn:
    """A check or a dependency that turned. `since` is when the first sign of it was seen."""

    key: Key
    status: Status
    reason: str
    detail: str
    since: datetime


def turned(turn: Turn, subjects: Subjects, now: datetime) -> dict[str, Any]:
    """The body for a turn. A check with an address is called by it, exactly as configured."""
    dependency, check = turn.key
    body: dict[str, Any] = {"type": "check" if check else "dependency"}
    if url := subjects.urls.get(turn.key):
        body["url"] = url
    if check:
        body["check"] = check
    return body | {
        "dependency": dependency,
        "title": subjects.titles.get(dependency, dependency),
        "status": turn.status,
        "reason": turn.reason,
        "detail": turn.detail,
        "since": clock.iso(turn.since),
        "at": clock.iso(now),
    }


def told(entry: Entry, dependency: str | None, title: str) -> dict[str, Any]:
    """The body for an entry of an incident's timeline."""
    return {
        "type": "incident",
        "incident": entry.incident_id,
        "dependency": dependency,
        "title": title,
        "event": entry.kind,
        **{key: entry.data[key] for key in ("status", "severity") if key in entry.data},
        "text": entry.text,
        "at": clock.iso(entry.at),
    }


def encoded(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def message_id(webhook: str, *about: str) -> str:
    """The same for every attempt, so that a receiver can tell a repeat from news."""
    return f"msg_{ids.digest([webhook, *about])[:24]}"
