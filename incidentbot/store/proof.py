"""The table of what was proven of each origin. Columns only; `models` shows it as its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from incidentbot.store.base import Base


class Readiness(Base):
    """When a backup origin was last proven ready, and how ready it was."""

    __tablename__ = "readiness"
    asset: Mapped[str] = mapped_column(String(80), primary_key=True)
    origin: Mapped[str] = mapped_column(String(80), primary_key=True)
    state: Mapped[str] = mapped_column(String(20))  # ready, not_ready, unknown
    reason: Mapped[str]
    since: Mapped[datetime | None]  # when this state began
    proven_at: Mapped[datetime | None]  # last time it was ready
    checked_at: Mapped[datetime]
    detail: Mapped[dict[str, Any]]  # of the last comparison: total, same, missing, names, ...
    points: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # see readiness.points
    beside: Mapped[dict[str, Any]] = mapped_column(default=dict)  # replication, the users' way
    told: Mapped[str] = mapped_column(String(20), default="")  # see readiness.drop
    failing: Mapped[int] = mapped_column(default=0)  # looks in a row that did not prove it
