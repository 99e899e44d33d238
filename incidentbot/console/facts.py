"""What the pages are made of: the rows of the database as plain values, read by `reading`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` on a dependency, or a check, was in this state."""

    at: datetime
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stand:
    """What was last decided about a dependency. `held`: why its outage has no incident."""

    state: str
    reason: str
    since: datetime
    held: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What one check last saw, and when it last looked."""

    state: str
    reason: str
    since: datetime
    seen_at: datetime
    detail: str = ""
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """What a feed says of a dependency, in the states of a Signal, and when it was last read."""

    state: str
    title: str
    since: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """What another monitor pushed and has not taken back."""

    hook: str
    key: str
    state: str
    title: str
    since: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """Something said outside of any incident."""

    kind: str
    dependency: str | None
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Incident:
    """`documents`: format -> place below /documents/."""

    id: str
    title: str
    severity: int
    status: str
    dependency: str | None
    detected_at: datetime
    resolved_at: datetime | None = None
    channel: str = ""
    documents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """One reading. Keys of checks and feeds are (dependency, its name).

    Changes are in the order in which they were written. `sight` is the newest word on whether the
    bot itself can see: of kind `blind` or `sight`. `alarmed`: dependencies about which another
    monitor's alert fires that it told lately enough.
    """

    dependencies: Mapping[str, Stand] = field(default_factory=dict)
    checks: Mapping[tuple[str, str], Look] = field(default_factory=dict)
    feeds: Mapping[tuple[str, str], Word] = field(default_factory=dict)
    alerts: tuple[Alert, ...] = ()
    alarmed: frozenset[str] = frozenset()
    changes: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    check_changes: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()
    notices: tuple[Notice, ...] = ()
    sight: Notice | None = None
