"""Tables of working together: who people are, what they will do, what is due. Columns only.

They belong to the page of `models`, which shows them as its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from incidentbot.store.base import Base


class Member(Base):
    """Who was let into an incident: the only people who see it while it is private."""

    __tablename__ = "member"
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    person: Mapped[str] = mapped_column(String(80), primary_key=True)
    since: Mapped[datetime]


class IncidentLink(Base):
    """An address, or another incident (by its id), that belongs to this one."""

    __tablename__ = "incident_link"
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    target: Mapped[str] = mapped_column(String(500), primary_key=True)
    title: Mapped[str]
    kind: Mapped[str] = mapped_column(String(20))  # page, meeting, vendor, message, incident
    person: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class ActionItem(Base):
    """Something that somebody will do, during an incident or after it."""

    __tablename__ = "action_item"
    id: Mapped[str] = mapped_column(String(20), primary_key=True)  # ACT-3
    key: Mapped[str] = mapped_column(String(200), unique=True)  # what made it, once
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), index=True)
    text: Mapped[str]
    owner: Mapped[str | None] = mapped_column(String(80), index=True)
    state: Mapped[str] = mapped_column(String(20), index=True)  # open, done, dropped
    due_at: Mapped[datetime | None]
    link: Mapped[str] = mapped_column(default="")  # the message it was made from
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Subscription(Base):
    """One person's wish to be told directly. Empty `dependency`: whatever it hangs on."""

    __tablename__ = "subscription"
    person: Mapped[str] = mapped_column(String(80), primary_key=True)
    incident: Mapped[str] = mapped_column(String(20), primary_key=True)  # or empty: all of them
    dependency: Mapped[str] = mapped_column(String(80), primary_key=True)
    severity: Mapped[int]  # this severity or worse
    muted: Mapped[bool] = mapped_column(default=False)  # a wish not to hear of it
    since: Mapped[datetime]


class Timer(Base):
    """Something that is due later. Its effect and its end are one transaction; see `timers`."""

    __tablename__ = "timer"
    __table_args__ = (Index("ix_timer_due_at", "due_at"),)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    incident_id: Mapped[str | None] = mapped_column(String(20), index=True)
    due_at: Mapped[datetime]
    data: Mapped[dict[str, Any]]


class StatusPost(Base):
    """A text for the public status page: drafted by one person, approved by another."""

    __tablename__ = "status_post"
    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), index=True)
    page: Mapped[str] = mapped_column(String(80))  # the page's name in the configuration
    body: Mapped[dict[str, Any]]  # what was shown, approved and sent
    hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20), index=True)
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(String(80))
    external_id: Mapped[str] = mapped_column(String(200), default="")  # the page's own incident
    detail: Mapped[str] = mapped_column(default="")


class Profile(Base):
    """Somebody of the workspace as Slack last described them, so that a restart knows them."""

    __tablename__ = "profile"
    person: Mapped[str] = mapped_column(String(80), primary_key=True)
    handle: Mapped[str] = mapped_column(String(80), index=True)  # lower case
    name: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    tz: Mapped[str] = mapped_column(String(80), default="")
    team: Mapped[str] = mapped_column(String(40), default="")
    kind: Mapped[str] = mapped_column(String(20))  # member, guest, stranger, bot
    gone: Mapped[bool] = mapped_column(default=False)
    seen_at: Mapped[datetime]


class GroupMember(Base):
    """Who is in a user group, as Slack last said."""

    __tablename__ = "group_member"
    group: Mapped[str] = mapped_column("group_id", String(40), primary_key=True)
    person: Mapped[str] = mapped_column(String(80), primary_key=True)
    handle: Mapped[str] = mapped_column(String(80), index=True)


class PageRound(Base):
    """One time that people were asked, level by level: the timer of its escalation."""

    __tablename__ = "page_round"
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)  # 1, or more when the harm came back
    policy: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(20))  # asking, nobody, ended
    level: Mapped[int]  # the last one that was asked
    due_at: Mapped[datetime | None] = mapped_column(index=True)  # when the next one is
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(default="")  # it ended


class Page(Base):
    """One question to one provider: who is on call, or to page them itself."""

    __tablename__ = "page"
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), index=True)
    number: Mapped[int]  # of the round
    level: Mapped[int]  # -1: a person asked for it
    place: Mapped[int]  # in the level
    kind: Mapped[str] = mapped_column(String(40))  # the provider
    part: Mapped[str] = mapped_column(String(20))  # who, page
    targets: Mapped[list[str]] = mapped_column(JSON)  # whom it found, or whom a person asked for
    state: Mapped[str] = mapped_column(String(20))  # see paging.pages
    at: Mapped[datetime | None] = mapped_column(index=True)  # when there is something to do
    attempts: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime | None]
    external_id: Mapped[str] = mapped_column(String(200), default="")
    detail: Mapped[str] = mapped_column(default="")


class Line(Base):
    """How the chat can be reached, so that a restart knows since when it could not."""

    __tablename__ = "line"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    state: Mapped[str] = mapped_column(String(20))  # ok, away, refused
    since: Mapped[datetime | None]
    code: Mapped[str] = mapped_column(String(80), default="")  # why it is not ok
    me: Mapped[str] = mapped_column(String(40), default="")  # who we are there
