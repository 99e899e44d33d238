"""What the pages show, as values: the page and its JSON twin are made of the same. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from incidentbot.console.facts import Alert, Incident, Notice
from incidentbot.console.strip import State, Strip

Group = Literal["down", "held", "unknown", "degraded", "up"]
GROUPS: Mapping[Group, str] = {  # in the order of the page
    "down": "failing",
    "held": "held back",
    "unknown": "not seen",
    "degraded": "degraded",
    "up": "up",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One dependency at a glance. `word` tells "not seen" (nobody looks) from "unknown"."""

    name: str
    title: str
    vendor: str
    service: str
    region: str
    state: State
    word: str
    since: datetime | None
    reason: str
    held: str
    incidents: tuple[str, ...]
    strip: Strip

    @property
    def group(self) -> Group:
        return "held" if self.held and self.state == "down" else self.state


@dataclass(frozen=True, slots=True)
class Glance:
    """All dependencies, the worst first. `blind` is set while the bot itself cannot see."""

    site: str
    at: datetime
    counts: Mapping[Group, int]
    blind: Notice | None
    incidents: tuple[Incident, ...]
    dependencies: tuple[Line, ...]
    notices: tuple[Notice, ...]
    bot: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class CheckLine:
    """`well_at`: when it last saw all well; None when that is longer ago than the strips."""

    name: str
    kind: str
    users_path: bool
    state: State
    word: str
    since: datetime | None
    reason: str
    detail: str
    latency_ms: float | None
    seen_at: datetime | None
    well_at: datetime | None
    strip: Strip


@dataclass(frozen=True, slots=True)
class FeedLine:
    """`state` is that of a Signal; `word` the same for people, or "not read"."""

    name: str
    vendor: str
    state: str
    word: str
    title: str
    since: datetime | None
    seen_at: datetime | None
    url: str


@dataclass(frozen=True, slots=True)
class Page:
    """One dependency, whole."""

    site: str
    at: datetime
    blind: Notice | None
    dependency: Line
    week: Strip
    checks: tuple[CheckLine, ...]
    feeds: tuple[FeedLine, ...]
    alerts: tuple[Alert, ...]
    rule: tuple[str, ...]
    incidents: tuple[Incident, ...]
    notices: tuple[Notice, ...]
