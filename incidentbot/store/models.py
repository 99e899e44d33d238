"""Every table on one page: columns only, no behaviour, no vendor's name.

Times are aware UTC. A `key` or `id` that is text is deterministic: writing it twice is one row.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from incidentbot.store.base import Base, BigId
from incidentbot.store.proof import Readiness
from incidentbot.store.running import (
    Approval,
    Attempt,
    AuditAnchor,
    AuditHead,
    AuditRow,
    KillSwitch,
    Pause,
    ResourceLock,
)
from incidentbot.store.working import (
    ActionItem,
    GroupMember,
    IncidentLink,
    Line,
    Member,
    Page,
    PageRound,
    Profile,
    StatusPost,
    Subscription,
    Timer,
)

__all__ = [
    "ActionItem",
    "Approval",
    "Attempt",
    "AuditAnchor",
    "AuditHead",
    "AuditRow",
    "Base",
    "GroupMember",
    "IncidentLink",
    "KillSwitch",
    "Line",
    "Member",
    "Page",
    "PageRound",
    "Pause",
    "Profile",
    "Readiness",
    "ResourceLock",
    "StatusPost",
    "Subscription",
    "Timer",
]


# --- the incident and its story -------------------------------------------------------------


class Counter(Base):
    """Numbers handed out in order, e.g. the 7 of INC-7."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int]


class Incident(Base):
    __tablename__ = "incident"
    id: Mapped[str] = mapped_column(String(20), primary_key=True)  # INC-7
    key: Mapped[str] = mapped_column(String(200), unique=True)  # what opened it, once
    dependency: Mapped[str | None] = mapped_column(String(80), index=True)
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(String(20), index=True)  # see incidents.lifecycle
    severity: Mapped[int]
    opened_by: Mapped[str] = mapped_column(String(80))  # a person's id, or "incidentbot"
    started_at: Mapped[datetime]
    detected_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    mitigated_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    vendor_reported_at: Mapped[datetime | None]
    next_update_at: Mapped[datetime | None]  # when stakeholders hear again, as they were told
    private: Mapped[bool] = mapped_column(default=False)  # seen by its members only
    test: Mapped[bool] = mapped_column(default=False)  # a drill: marked as one wherever it shows
    merged_into: Mapped[str | None] = mapped_column(String(20))  # the incident that goes on
    last_seq: Mapped[int] = mapped_column(default=0)  # head of its timeline
    last_hash: Mapped[str] = mapped_column(String(64), default="")


class Role(Base):
    __tablename__ = "role"
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    person: Mapped[str] = mapped_column(String(80))
    since: Mapped[datetime]


class TimelineEntry(Base):
    """Append-only. Each entry carries the hash of the one before it."""

    __tablename__ = "timeline_entry"
    __table_args__ = (UniqueConstraint("incident_id", "seq"), UniqueConstraint("key"))
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"))
    seq: Mapped[int]
    key: Mapped[str | None] = mapped_column(String(200))  # set where a repeat must be one entry
    at: Mapped[datetime]  # when it happened
    recorded_at: Mapped[datetime]  # when we learned it
    kind: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(String(80))
    text: Mapped[str]
    data: Mapped[dict[str, Any]]
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class ReaderCursor(Base):
    """How far a reader of the timelines has come, per incident."""

    __tablename__ = "reader_cursor"
    reader: Mapped[str] = mapped_column(String(40), primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    seq: Mapped[int]


class Document(Base):
    """A postmortem draft on disk; one row per incident and format, the newest wins."""

    __tablename__ = "document"
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    format: Mapped[str] = mapped_column(String(20), primary_key=True)
    path: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    written_at: Mapped[datetime]


# --- what was seen ---------------------------------------------------------------------------


class CheckState(Base):
    """The present state of one check, so that a restart raises no alarm twice."""

    __tablename__ = "check_state"
    dependency: Mapped[str] = mapped_column(String(80), primary_key=True)
    check: Mapped[str] = mapped_column("check_name", String(80), primary_key=True)
    state: Mapped[str] = mapped_column(String(20))  # up, degraded, down, unknown
    reason: Mapped[str]  # one word of the vocabulary of signals
    detail: Mapped[str] = mapped_column(default="")  # the same for people
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
    latency_ms: Mapped[float | None]


class CheckChange(Base):
    """Every change of a check's state: the strip in the chart, and the evidence."""

    __tablename__ = "check_change"
    __table_args__ = (Index("ix_check_change_dependency_at", "dependency", "at"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    check: Mapped[str] = mapped_column("check_name", String(80))
    dependency: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")
    latency_ms: Mapped[float | None]


class DependencyState(Base):
    __tablename__ = "dependency_state"
    dependency: Mapped[str] = mapped_column(String(80), primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str]
    since: Mapped[datetime]
    episode: Mapped[int] = mapped_column(default=0)  # counts outages; part of the incident's key
    alarmed: Mapped[bool] = mapped_column(default=False)  # the present outage has its incident
    held: Mapped[str] = mapped_column(default="")  # why an outage has none, in words
    cause: Mapped[str] = mapped_column(String(80), default="")  # the dependency it is held for
    reported: Mapped[bool] = mapped_column(default=False)  # a feed alone has an incident
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)  # feed -> ids people heard of


class DependencyChange(Base):
    """Every change of a dependency's state: the strip of its page."""

    __tablename__ = "dependency_change"
    __table_args__ = (Index("ix_dependency_change_dependency_at", "dependency", "at"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    dependency: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str]


class Alert(Base):
    """The newest word on one alert that another monitor pushed to us."""

    __tablename__ = "alert"
    hook: Mapped[str] = mapped_column(String(80), primary_key=True)
    dependency: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    state: Mapped[str] = mapped_column(String(20))  # of a Signal; operational when resolved
    title: Mapped[str]
    since: Mapped[datetime]
    seen_at: Mapped[datetime]


class Notice(Base):
    """Something people should hear although there is no incident to tell it in. Append-only."""

    __tablename__ = "notice"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(20))  # heads_up, blind, sight
    dependency: Mapped[str | None] = mapped_column(String(80))
    at: Mapped[datetime]
    text: Mapped[str]
    data: Mapped[dict[str, Any]]


class FeedState(Base):
    """What one feed says of one dependency, in the normal form of signals.feeds."""

    __tablename__ = "feed_state"
    feed: Mapped[str] = mapped_column(String(80), primary_key=True)
    dependency: Mapped[str] = mapped_column(String(80), primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    title: Mapped[str]
    vendor_id: Mapped[str] = mapped_column(String(200), default="")
    since: Mapped[datetime]
    seen_at: Mapped[datetime]


class Heartbeat(Base):
    """The last beat of a job that reports to us, so that a restart forgets none."""

    __tablename__ = "heartbeat"
    dependency: Mapped[str] = mapped_column(String(80), primary_key=True)
    check: Mapped[str] = mapped_column("check_name", String(80), primary_key=True)
    since: Mapped[datetime]  # when it was first waited for
    at: Mapped[datetime | None]
    failing: Mapped[bool] = mapped_column(default=False)
    message: Mapped[str] = mapped_column(default="")


class HookDelivery(Base):
    """One request of another monitor; stored before it is answered. `body` is what it sent."""

    __tablename__ = "hook_inbox"
    __table_args__ = (Index("ix_hook_inbox_state_id", "state", "id"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)  # the same for a repeat
    hook: Mapped[str] = mapped_column(String(80))
    body: Mapped[bytes]
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20))  # new, done, failed
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")


# --- what other systems are told -------------------------------------------------------------


class Webhook(Base):
    """A receiver that we have met, so that it is not told what was before."""

    __tablename__ = "webhook"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    since: Mapped[datetime]


class WebhookLane(Base):
    """What one receiver was told of one check, or is about to be; no row: nothing bad."""

    __tablename__ = "webhook_lane"
    webhook: Mapped[str] = mapped_column(String(80), primary_key=True)
    dependency: Mapped[str] = mapped_column(String(80), primary_key=True)
    check: Mapped[str] = mapped_column("check_name", String(80), primary_key=True)  # or empty
    state: Mapped[str] = mapped_column(String(20), index=True)  # see outgoing.pending
    id: Mapped[str] = mapped_column(String(40))  # the same for each attempt
    body: Mapped[str] = mapped_column(default="")  # while pending
    made_at: Mapped[datetime]


# --- runbooks: what people must be able to see ------------------------------------------------


class Plan(Base):
    """A frozen plan: `body` is what was shown, approved and run, byte for byte."""

    __tablename__ = "plan"
    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), index=True)
    runbook: Mapped[str] = mapped_column(String(80))
    target: Mapped[str] = mapped_column(String(200), index=True)
    body: Mapped[str]
    hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20), index=True)  # see runbooks.states
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")


# --- the chat side ---------------------------------------------------------------------------


class InboxItem(Base):
    """One thing a person did in chat; stored before it is acknowledged."""

    __tablename__ = "inbox"
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    second_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    lane: Mapped[str] = mapped_column(String(200))  # worked off one after the other
    happened_at: Mapped[datetime]  # their order in the lane
    due_at: Mapped[datetime | None]  # None: at once
    state: Mapped[str] = mapped_column(String(20))  # new, done, failed
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        Index("ix_inbox_lane", "state", "lane", "happened_at"),
        Index("ix_inbox_order", "state", "received_at"),
    )


class Delivery(Base):
    """One outgoing chat call. Lanes keep order; `coalesce` lets the latest edit win."""

    __tablename__ = "delivery"
    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(200), unique=True)
    lane: Mapped[str] = mapped_column(String(120), index=True)
    rank: Mapped[int] = mapped_column(default=2)  # who goes first; see slack.outbox
    target: Mapped[str] = mapped_column(String(120))  # incident:INC-1, announce, or a channel id
    method: Mapped[str] = mapped_column(String(60))
    args: Mapped[dict[str, Any]]
    after: Mapped[str | None] = mapped_column(String(200))  # another delivery, whose ts is needed
    coalesce: Mapped[str | None] = mapped_column(String(120), index=True)
    # queued, sending, doubt (its answer was lost), sent, failed
    state: Mapped[str] = mapped_column(String(20), index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any]]
    error: Mapped[str] = mapped_column(default="")


class Channel(Base):
    """The chat channel of an incident."""

    __tablename__ = "channel"
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    channel_id: Mapped[str | None] = mapped_column(String(40), index=True)
    name: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(20))  # wanted, made, open, archived
    error: Mapped[str] = mapped_column(default="")
