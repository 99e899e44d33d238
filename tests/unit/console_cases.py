"""Settings and rows for the pages of what is watched, made by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from incidentbot.console.facts import Change, Incident, Known, Look, Notice, Stand, Word
from incidentbot.settings import (
    CheckSettings,
    DependencySettings,
    FeedSettings,
    Settings,
    SlackSettings,
)
from incidentbot.signals.probes.contract import CheckOptions
from incidentbot.store import models as rows

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
S3, FEED = "s3-us-east-1", "aws-status"
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\u202e'
LONG = "W" * 200  # the longest that a setting takes


def before(**span: float) -> datetime:
    """So long before NOW."""
    return NOW - timedelta(**span)


def check(name: str, kind: str = "http", **more: Any) -> CheckSettings:
    options = CheckOptions(timeout=timedelta(seconds=5))
    return CheckSettings(name=name, kind=kind, options=options, **more)


def dependency(name: str = S3, title: str = "Amazon S3 in us-east-1", **more: Any) -> Any:
    """With two checks and a feed, unless told otherwise."""
    given: dict[str, Any] = {
        "vendor": "aws",
        "service": "s3",
        "region": "us-east-1",
        "severity": 2,
        "feeds": (FEED,),
        "checks": (check("canary", "s3"), check("image", users_path=True)),
    }
    return DependencySettings(name=name, title=title, **given | more)


def settings(*dependencies: DependencySettings, site: str = "Shop") -> Settings:
    feed = FeedSettings(name=FEED, vendor="aws", url="https://status.example.com/summary.json")
    slack = SlackSettings(announce="#incidents", oncall=("maya",), approvers=("maya",))
    return Settings(
        name=site,
        slack=slack,
        feeds=(feed,),
        dependencies=dependencies,
        source=Path("/etc/incidentbot.yaml"),
    )


def look(state: str = "up", reason: str = "ok", **more: Any) -> Look:
    given: dict[str, Any] = {"since": before(hours=3), "seen_at": before(seconds=4)}
    return Look(state, reason, **given | more)


def known(state: str = "up", look_: Look | None = None, **more: Any) -> Known:
    """One dependency in this state, with both checks alike."""
    stand = Stand(state, f"2 of 2 checks are {state}", before(hours=3))
    seen = look_ or look(state)
    given: dict[str, Any] = {
        "dependencies": {S3: stand},
        "checks": {(S3, "canary"): seen, (S3, "image"): seen},
        "feeds": {
            (S3, FEED): Word("operational", "All is well", before(days=2), before(seconds=9))
        },
        "changes": {S3: (Change(before(days=8), "up"), Change(before(hours=3), state))},
    }
    return Known(**given | more)


def incident(number: int = 7, **more: Any) -> Incident:
    given: dict[str, Any] = {
        "title": "Amazon S3 is failing",
        "severity": 2,
        "status": "open",
        "dependency": S3,
        "detected_at": before(minutes=12),
    }
    return Incident(f"INC-{number}", **given | more)


def notice(kind: str, text: str = "No anchor answers.", **more: Any) -> Notice:
    return Notice(kind, None, before(minutes=2), text, **more)


async def health() -> dict[str, object]:
    return {
        "ok": True,
        "slack_connected": True,
        "messages_waiting": 3,
        "probe_lag_s": 0.012,
        "dependencies": {S3: "up"},
    }


# --- the same as rows of the database ---------------------------------------------------------


def put(session: Session, name: str, state: str, now: datetime, **more: Any) -> None:
    """A dependency in this state for 12 minutes, up for eight days before; two checks alike."""
    given: dict[str, Any] = {"reason": f"2 of 2 checks are {state}", "held": "", "seen": 4} | more
    since, reason = now - timedelta(minutes=12), given["reason"]
    seen_at = now - timedelta(seconds=given["seen"])
    session.add(
        rows.DependencyState(
            dependency=name, state=state, reason=reason, since=since, held=given["held"]
        )
    )
    for at, was in ((now - timedelta(days=8), "up"), (since, state)):
        session.add(rows.DependencyChange(dependency=name, at=at, state=was, reason=""))
        for one in ("canary", "image"):
            session.add(rows.CheckChange(dependency=name, check=one, at=at, state=was, reason=""))
    for one in ("canary", "image"):
        session.add(
            rows.CheckState(
                dependency=name,
                check=one,
                state=state,
                reason="ok" if state == "up" else "http_5xx",
                detail="" if state == "up" else "answered 503",
                since=since,
                seen_at=seen_at,
                latency_ms=31.4,
            )
        )


def put_incident(session: Session, now: datetime, number: int = 7, **more: Any) -> None:
    given: dict[str, Any] = {"title": "Amazon S3 is failing", "status": "open", "dependency": S3}
    at = now - timedelta(minutes=12)
    session.add(
        rows.Incident(
            id=f"INC-{number}",
            key=str(number),
            severity=2,
            opened_by="incidentbot",
            started_at=at,
            detected_at=at,
            **given | more,
        )
    )
    session.flush()


def put_document(session: Session, now: datetime, number: int = 7) -> None:
    place = f"INC-{number}/postmortem.html"
    session.add(
        rows.Document(
            incident_id=f"INC-{number}", format="html", path=place, sha256="", written_at=now
        )
    )


def put_word(session: Session, now: datetime, state: str, title: str, name: str = S3) -> None:
    session.add(
        rows.FeedState(feed=FEED, dependency=name, state=state, title=title, since=now, seen_at=now)
    )


def put_alert(session: Session, now: datetime, state: str, title: str, key: str = "a") -> None:
    session.add(
        rows.Alert(
            hook="alerts", dependency=S3, key=key, state=state, title=title, since=now, seen_at=now
        )
    )


def put_notice(session: Session, now: datetime, kind: str, text: str, **more: Any) -> None:
    session.add(
        rows.Notice(key=f"{kind}:{text[:60]}", kind=kind, at=now, text=text, data={}, **more)
    )
