"""What goes into a draft (Facts) and what comes out (Draft, see `blocks`). Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from incidentbot.postmortem.blocks import Block, Measure


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """The incident's own fields; `dependency_title` and `vendor` come from the configuration."""

    id: str
    title: str
    status: str
    severity: int
    opened_by: str  # a person's id, or "incidentbot"
    started_at: datetime
    detected_at: datetime
    summary: str = ""
    acknowledged_at: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    vendor_reported_at: datetime | None = None
    dependency: str | None = None
    dependency_title: str = ""
    vendor: str = ""
    feeds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleFact:
    role: str
    person: str  # id
    since: datetime


@dataclass(frozen=True, slots=True)
class EntryFact:
    """One timeline entry; `at` is when it happened, `recorded_at` when it was learned."""

    seq: int
    at: datetime
    recorded_at: datetime
    kind: str
    actor: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckFact:
    name: str
    kind: str = ""
    users_path: bool = False


@dataclass(frozen=True, slots=True)
class ChangeFact:
    """A check's state from `at` on: up, degraded, down or unknown."""

    check: str
    at: datetime
    state: str
    reason: str = ""
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True)
class VendorWord:
    """What a vendor's feed said from `at` on, in the feeds' normal form."""

    feed: str
    at: datetime
    state: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalFact:
    person: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AttemptFact:
    """One write of a plan; `writes` counts how often the call was sent."""

    step: str
    state: str
    writes: int
    request_id: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PlanFact:
    """A frozen plan with `body` as it was approved, and what became of it."""

    id: str
    runbook: str
    state: str
    hash: str
    created_by: str
    created_at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)
    ended_at: datetime | None = None
    outcome: str = ""
    approvals: tuple[ApprovalFact, ...] = ()
    attempts: tuple[AttemptFact, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionFact:
    """What somebody said will be done. `state` is open or done; `owner` a person's id or empty."""

    id: str
    text: str
    state: str
    owner: str
    created_by: str
    created_at: datetime
    due_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one incident. `now` is the time up to which it is known.

    `since` is where the check changes begin; a change before it tells the state at that time.
    `head_seq` and `head_hash` name the last timeline entry that was read (documents left out).
    """

    service: str
    now: datetime
    since: datetime
    incident: IncidentFacts
    head_seq: int = 0
    head_hash: str = ""
    roles: tuple[RoleFact, ...] = ()
    people: Mapping[str, str] = field(default_factory=dict)  # id -> name
    entries: tuple[EntryFact, ...] = ()  # in the order of recording
    checks: tuple[CheckFact, ...] = ()
    changes: tuple[ChangeFact, ...] = ()  # by time
    words: tuple[VendorWord, ...] = ()  # by time
    plans: tuple[PlanFact, ...] = ()  # by time of making
    actions: tuple[ActionFact, ...] = ()  # by time of making, without the dropped ones


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above everything. `glance` repeats the few measures a busy reader wants."""

    incident_id: str
    title: str
    service: str
    dependency: str
    severity: int
    severity_word: str
    status: str
    owner: str  # a role and a name, or a question
    as_of: datetime
    glance: tuple[Measure, ...] = ()
    state: str = "draft"
    zone: str = "UTC"
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Draft:
    """A postmortem in reading order; every exporter shows the same sections and blocks."""

    head: Head
    sections: tuple[Section, ...]
