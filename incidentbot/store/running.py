"""Tables of running runbooks beside plan and attempt: who let it run, what stops it. Columns only.

They belong to the page of `models`, which shows them as its own.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from incidentbot.store.base import Base


class Approval(Base):
    """One person's yes to one plan; break-glass and the policy count as one too."""

    __tablename__ = "approval"
    plan_id: Mapped[str] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    person: Mapped[str] = mapped_column(String(80), primary_key=True)
    plan_hash: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(20), default="person")  # break_glass, policy
    reason: Mapped[str] = mapped_column(default="")
    typed: Mapped[bool] = mapped_column(default=False)  # they typed the target's name
    behind: Mapped[str] = mapped_column(String(80), default="")  # whoever used sudo to be them
    at: Mapped[datetime]


class KillSwitch(Base):
    """One row: whether every write is stopped, and who asked to let them go on."""

    __tablename__ = "kill_switch"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    pulled_at: Mapped[datetime | None]  # None: it is not pulled
    pulled_by: Mapped[str] = mapped_column(String(80), default="")
    why: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime | None]
    asked_by: Mapped[str] = mapped_column(String(80), default="")
    asked_behind: Mapped[str] = mapped_column(String(80), default="")
    number: Mapped[int] = mapped_column(default=0)  # how often it was pulled, for keys


class Attempt(Base):
    """One write of one plan, by the crash rules: intent, sent, acked, verified or in doubt."""

    __tablename__ = "attempt"
    plan_id: Mapped[str] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    step: Mapped[str] = mapped_column(String(20), primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    request_digest: Mapped[str] = mapped_column(String(64))
    before_token: Mapped[str]
    after_token: Mapped[str] = mapped_column(default="")
    request_id: Mapped[str] = mapped_column(default="")
    fence: Mapped[int]
    writes: Mapped[int] = mapped_column(default=0)  # how often the call was sent
    detail: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime]


class ResourceLock(Base):
    __tablename__ = "resource_lock"
    resource: Mapped[str] = mapped_column(String(200), primary_key=True)
    plan_id: Mapped[str] = mapped_column(String(20))
    fence: Mapped[int]
    lease_until: Mapped[datetime]


class Pause(Base):
    """A run that waits for a person: what it asks, and what was answered."""

    __tablename__ = "pause"
    plan_id: Mapped[str] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)  # of the pauses of this plan, from 1
    step: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))  # manual, unknown, restart
    question: Mapped[str]
    at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(String(20), default="")  # done, go_on, look_again, stop
    person: Mapped[str] = mapped_column(String(80), default="")
    answered_at: Mapped[datetime | None]


class AuditRow(Base):
    """Append-only, one chain for everything: `hash` stands for this row and all before it.

    Each column is text as it was hashed, so that not one byte can change unseen; see audit.chain.
    """

    __tablename__ = "audit"
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(27))  # as clock.iso writes it
    kind: Mapped[str] = mapped_column(String(60))
    actor: Mapped[str] = mapped_column(String(80))  # a person's id, or "incidentbot"
    incident_id: Mapped[str] = mapped_column(String(20), index=True)  # or empty
    plan_id: Mapped[str] = mapped_column(String(20), index=True)  # or empty
    data: Mapped[str] = mapped_column(Text)  # canonical JSON
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The last row of the chain; locked by whoever appends. There is one."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))


class AuditAnchor(Base):
    """The head that was last taken outside, per place."""

    __tablename__ = "audit_anchor"
    place: Mapped[str] = mapped_column(String(40), primary_key=True)  # file, bucket, slack
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
