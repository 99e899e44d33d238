"""Tables of what runs and of what was done. Columns only.

They belong to the page of `models`, which shows them as its own.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from incidentbot.store.base import Base


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
