"""Freeze what was seen and what would be done into one body. Pure: facts in, bytes out.

What is shown is what is hashed is what is approved is what runs.
"""

from datetime import datetime
from typing import Any

from incidentbot import ids
from incidentbot.incidents.lifecycle import words
from incidentbot.incidents.people import Person
from incidentbot.runbooks.contract import Live, Planned, Request
from incidentbot.runbooks.guard import Facts, Guarded
from incidentbot.runbooks.load import Runbook
from incidentbot.settings import AssetSettings

ISO = "%Y-%m-%dT%H:%M:%S.%fZ"


def compose(
    *,
    plan_id: str,
    incident_id: str,
    book: Runbook,
    asset: AssetSettings,
    facts: Facts,
    guarded: list[Guarded],
    live: Live,
    planned: Planned,
    undo_title: str,
    undo: tuple[Request, ...],
    person: Person,
) -> dict[str, Any]:
    """The frozen body. Every value in a request comes from the inventory."""
    return {
        "plan_id": plan_id,
        "incident_id": incident_id,
        "runbook": {"name": book.name, "title": book.title(asset), "digest": book.digest},
        "action": book.file.action,
        "risk": book.file.risk,
        "asset": asset.name,
        "from": facts.source,
        "to": facts.to,
        "target": planned.target,
        "requests": [request.as_dict() for request in planned.requests],
        "diff": [{"what": planned.what, "before": live.value, "after": after(asset, facts.to)}],
        "before_token": live.token,
        "touches": list(planned.touches),
        "not_touched": list(planned.not_touched),
        "readiness": {
            "state": facts.readiness_state,
            "words": readiness_words(facts),
            "proven_at": facts.proven_at.strftime(ISO) if facts.proven_at else None,
        },
        "plane": {
            "words": planned.plane,
            "region": planned.region,
            "depends_on_failing_region": planned.region == facts.failing_region,
        },
        "undo": {
            "words": undo_title,
            "runbook": book.file.undo,
            "requests": [request.as_dict() for request in undo],
        },
        "guards": [one.as_dict() for one in guarded],
        "verify": {
            "words": f"{len(asset.verify.keys)} objects fetched as users do, twice in a row, "
            f"with {asset.verify.header}: {facts.to}",
            "header": asset.verify.header,
        },
        "approvals": book.file.approvals,
        "why": book.file.why,
        "watch_for": book.file.watch_for,
        "if_this_fails": book.file.if_this_fails,
        "unknown": unknowns(facts),
        "created_by": person.id,
        "created_at": facts.now.strftime(ISO),
        "expires_at": expires_at(book, facts.now).strftime(ISO),
    }


def after(asset: AssetSettings, to: str) -> str:
    """The value that means this origin."""
    return asset.switch.values[to]


def expires_at(book: Runbook, now: datetime) -> datetime:
    return now + book.file.expires


def new_id(incident_id: str, runbook: str, asset: str, number: int) -> str:
    """The same plan asked for twice has the same id; `number` counts the ones before it."""
    return f"P-{ids.short(incident_id, runbook, asset, str(number))[:8]}"


def readiness_words(facts: Facts) -> str:
    """ "us-west-2: 208 of 208 objects the same; 22 fetched; 4 s before this plan"."""
    if facts.checked_at is None:
        return f"{facts.to}: {facts.readiness_words}"
    age = words((facts.now - facts.checked_at).total_seconds())
    return f"{facts.to}: {facts.readiness_words}; {age} before this plan"


def unknowns(facts: Facts) -> list[str]:
    """What nobody could tell when this was frozen."""
    said = []
    if facts.to_state == "unknown":
        said.append(f"how {facts.to} is at this second (no probe looks at it all the time)")
    if facts.to_backup:
        said.append(f"what was written to {facts.source} after the last comparison")
    return said
