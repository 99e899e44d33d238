"""Tables of running runbooks beside plan and attempt: what a run waits for. Columns only.

They belong to the page of `models`, which shows them as its own.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from incidentbot.store.base import Base


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
