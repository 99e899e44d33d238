"""Tables of running runbooks beside plan and attempt: who let it run, what stops it. Columns only.

They belong to the page of `models`, which shows them as its own.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
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
