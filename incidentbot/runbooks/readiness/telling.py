"""What was proven, in words and as plain data: Slack, the command line and others say the same."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents.lifecycle import words
from incidentbot.runbooks.readiness.judge import some
from incidentbot.settings import AssetSettings
from incidentbot.store.models import Readiness

STATES = {
    "ready": "ready",
    "not_ready": "not ready",
    "unknown": "nobody knows",
    "": "never looked at",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """One side of an asset as it was last seen. `state` is "" when it was never looked at."""

    asset: str
    origin: str
    backup: bool
    state: str
    words: str
    reason: str
    proven_at: datetime | None
    checked_at: datetime | None
    since: datetime | None
    detail: dict[str, Any]
    beside: dict[str, Any]
    points: tuple[dict[str, Any], ...]
    stale: bool


def proof(session: Session, asset: AssetSettings, origin: str, now: datetime) -> Proof:
    row = session.get(Readiness, (asset.name, origin))
    backup = origin == asset.backup
    if row is None:
        return Proof(asset.name, origin, backup, "", "never proven", "it was never looked at",
                     None, None, None, {}, {}, (), True)  # fmt: skip
    age = now - row.checked_at
    said = in_words(row.detail, row.proven_at, now)
    return Proof(asset.name, origin, backup, row.state, said, row.reason, row.proven_at,
                 row.checked_at, row.since, row.detail, row.beside or {}, tuple(row.points or ()),
                 age > asset.readiness.max_age)  # fmt: skip


def in_words(detail: dict[str, Any], proven_at: datetime | None, now: datetime) -> str:
    """ "last proven 11 min ago: 184,220 of 184,223 objects, 3 missing (a, b, c)". Pure.

    The numbers are those of the last comparison. Where that proved nothing, they stand apart.
    """
    last = "never proven"
    if proven_at is not None:
        last = f"last proven {_ago((now - proven_at).total_seconds())} ago"
    if not detail:
        return last
    counted = _counted(detail)
    return f"{last}: {counted}" if not detail.get("fault") else f"{last}; now {counted}"


def _counted(detail: dict[str, Any]) -> str:
    what = "objects of a sample" if detail.get("sampled") else "objects"
    parts = [f"{detail['same']:,} of {detail['total']:,} {what}"]
    names = detail.get("names", {})
    for kind in ("missing", "different"):
        if detail.get(kind):
            parts.append(f"{detail[kind]:,} {kind} ({some(names.get(kind, []))})")
    if detail.get("extra"):
        parts.append(f"{detail['extra']:,} more than the other side has")
    return ", ".join(parts)


def _ago(seconds: float) -> str:
    """Short: nobody counts the seconds of eleven minutes."""
    return words(seconds if seconds < 60 else seconds // 60 * 60)


def replication(beside: dict[str, Any]) -> str:
    """One line about the vendor's own copying; empty when nobody asked."""
    found = beside.get("replication")
    if not found:
        return ""
    rule = {"on": "on", "off": "switched off", "none": "no rule"}.get(found["rule"], "not known")
    parts = [rule]
    if found["lag"] is not None:
        parts.append(f"{words(found['lag'])} behind")
    if found["pending"] is not None:
        parts.append(f"{found['pending']:,} waiting")
    parts += [f"{count:,} {state.lower()}" for state, count in sorted(found["statuses"].items())]
    parts += [found["why"]] if found["why"] else []
    return ", ".join(parts)


def as_dict(found: Proof) -> dict[str, Any]:
    """For programs."""
    detail = found.detail
    return {
        "asset": found.asset,
        "origin": found.origin,
        "role": "backup" if found.backup else "primary",
        "state": found.state or "unknown",
        "words": found.words,
        "reason": found.reason,
        "proven_at": clock.iso(found.proven_at) if found.proven_at else None,
        "checked_at": clock.iso(found.checked_at) if found.checked_at else None,
        "since": clock.iso(found.since) if found.since else None,
        "stale": found.stale,
        "objects": {
            key: detail.get(key) for key in ("total", "same", "missing", "different", "extra")
        },
        "names": detail.get("names", {}),
        "replication": found.beside.get("replication"),
        "through": found.beside.get("through"),
        "checklist": list(found.points),
    }
