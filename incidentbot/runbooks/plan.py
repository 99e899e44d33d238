"""Freeze what was seen and what would be done into one body. Pure: facts in, bytes out.

What is shown is what is hashed is what is approved is what runs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from incidentbot import ids
from incidentbot.incidents.lifecycle import words
from incidentbot.incidents.people import Person
from incidentbot.runbooks import diff
from incidentbot.runbooks.contract import Goal, Live, Request
from incidentbot.runbooks.guard import Facts, Guarded
from incidentbot.runbooks.load import Runbook
from incidentbot.runbooks.steps import ManualStep, Step, Target, WriteStep
from incidentbot.settings import VerifySettings

ISO = "%Y-%m-%dT%H:%M:%S.%fZ"
PATIENCE = timedelta(minutes=30)  # how long a run may wait for a person, per manual step


@dataclass(frozen=True, slots=True)
class Terms:
    """What an approval takes: people, whether one types the target's name, and for how long the
    plan may be used."""

    approvals: int
    confirm: bool
    expires: timedelta


def compose(
    *,
    plan_id: str,
    incident_id: str,
    book: Runbook,
    target: Target,
    facts: Facts,
    guarded: Sequence[Guarded],
    steps: Sequence[Step],
    terms: Terms,
    undo_title: str,
    person: Person,
) -> dict[str, Any]:
    """The frozen body. Every value in a request comes from the inventory."""
    asset, writes = target.asset, [step for step in steps if isinstance(step, WriteStep)]
    expires = facts.now + terms.expires
    return {
        "plan_id": plan_id,
        "incident_id": incident_id,
        "runbook": {"name": book.name, "title": book.title(asset), "digest": book.digest},
        "inventory": {
            "read_at": facts.now.strftime(ISO),
            "digest": ids.digest(asset.model_dump(mode="json") if asset else {}),
        },
        "risk": book.file.risk,
        "asset": asset.name if asset else "",
        "target_name": target.name or incident_id,
        "from": facts.source,
        "to": facts.to,
        "to_backup": facts.to_backup,
        "targets": sorted({step.planned.target for step in writes}),
        "steps": [step_body(step, facts.failing_region) for step in steps],
        "diff": list(changes(writes)),
        "touches": unique(one for step in writes for one in step.planned.touches),
        "not_touched": unique(one for step in writes for one in step.planned.not_touched),
        "readiness": {
            "state": facts.readiness_state,
            "words": readiness_words(facts),
            "proven_at": facts.proven_at.strftime(ISO) if facts.proven_at else None,
        },
        "plane": plane_body(writes, facts.failing_region),
        "blast": blast(facts, writes),
        "undo": {"words": undo_title, "runbook": book.file.undo or ""},
        "guards": [one.as_dict() for one in guarded],
        "verify": verify_body(asset.verify if asset and book.kinds else None, facts.to, writes),
        "before": list(book.file.before),
        "approvals": terms.approvals,
        "confirm": target.name or incident_id if terms.confirm else "",
        "why": book.file.why,
        "watch_for": book.file.watch_for,
        "if_this_fails": book.file.if_this_fails,
        "unknown": unknowns(facts),
        "created_by": person.id,
        "created_at": facts.now.strftime(ISO),
        "expires_at": expires.strftime(ISO),
        "run_until": (expires + longest(steps)).strftime(ISO),
    }


def step_body(step: Step, failing_region: str | None) -> dict[str, Any]:
    """One step as JSON; `request_of` and `live_of` read it back."""
    if isinstance(step, ManualStep):
        return {
            "number": step.number,
            "kind": "manual",
            "ask": step.ask,
            "items": list(step.items),
            "words": dict(step.words),
        }
    return {
        "number": step.number,
        "kind": "write",
        "action": step.action,
        "switch": step.switch,
        "arguments": dict(step.arguments),
        "goal": {"to": step.goal.to, "other": step.goal.other, "share": step.goal.share},
        "target": step.planned.target,
        "what": step.planned.what,
        "before": as_body(step.before),
        "after": as_body(step.planned.after),
        "diff": fields(step),
        "may_change": list(step.may_change),
        "requests": [request.as_dict() for request in step.planned.requests],
        "undo": [request.as_dict() for request in step.undo],
        "plane": plane_body([step], failing_region),
        "soak": step.soak.total_seconds(),
        "words": dict(step.words),
    }


def as_body(live: Live) -> dict[str, Any]:
    return {
        "value": live.value,
        "token": live.token,
        "document": dict(live.document),
        "shares": dict(live.shares),
    }


def live_of(body: Mapping[str, Any]) -> Live:
    return Live(body["value"], body["token"], body["document"], body["shares"])


def goal_of(body: Mapping[str, Any]) -> Goal:
    return Goal(body["to"], body["other"], body["share"])


def requests_of(step: Mapping[str, Any]) -> tuple[Request, ...]:
    return tuple(Request(**request) for request in step["requests"])


def step_of(body: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The step of that number, from 1."""
    found: dict[str, Any] = body["steps"][number - 1]
    return found


def tokens(body: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """(value, token) that each write was planned upon."""
    writes = (step["before"] for step in body["steps"] if step["kind"] == "write")
    return tuple((before["value"], before["token"]) for before in writes)


def fields(step: WriteStep) -> list[dict[str, Any]]:
    """The exact fields that change: {"field", "before", "after"}."""
    found = diff.fields(step.before.document, step.planned.after.document)
    return [{"field": path, "before": before, "after": after} for path, before, after in found]


def changes(writes: Sequence[WriteStep]) -> Iterator[dict[str, Any]]:
    """One row per thing written: as it is, and as the last step leaves it."""
    for target in unique(step.planned.target for step in writes):
        mine = [step for step in writes if step.planned.target == target]
        first, last = mine[0], mine[-1]
        yield {
            "what": first.planned.what,
            "before": first.before.value,
            "after": last.planned.after.value,
            "stages": [step.goal.share for step in mine] if len(mine) > 1 else [],
        }


def blast(facts: Facts, writes: Sequence[WriteStep]) -> list[str]:
    """How much it changes, in number and percent of all there is; nothing where no switch turns."""
    turned = {step.planned.target for step in writes if step.switch}
    if not turned:
        return []
    every = max(facts.around.inventory, len(turned))
    percent = round(100 * len(turned) / every)
    moved = [step.goal.share for step in writes if step.switch]
    shares = " %, then ".join(map(str, dict.fromkeys(moved)))
    return [
        f"{len(turned)} of {every} switches ({percent} %)",
        f"{shares} % of the traffic goes to {facts.to}",
    ]


def plane_body(writes: Sequence[WriteStep], failing_region: str | None) -> dict[str, Any]:
    """Where the calls go; depending on the failing region if one of them does."""
    risky = [step for step in writes if failing_region and step.plane.region == failing_region]
    shown = risky or list(writes)
    return {
        "kind": "control" if any(s.plane.kind == "control" for s in writes) else "data",
        "words": "; ".join(unique(step.plane.words for step in shown)) or "Nothing is written",
        "region": shown[0].plane.region if shown else "",
        "depends_on_failing_region": bool(risky),
    }


def verify_body(
    rule: VerifySettings | None, to: str, writes: Sequence[WriteStep]
) -> dict[str, str]:
    if rule is None:
        words = (
            "Read back where it was written" if writes else "Whoever answers: nothing is written"
        )
        return {"words": words, "header": ""}
    return {
        "words": f"{len(rule.keys)} objects fetched as users do, twice in a row, "
        f"with {rule.header}: {to}",
        "header": rule.header,
    }


def longest(steps: Sequence[Step]) -> timedelta:
    """How long a run may take beyond its start: what is watched, and what people do."""
    soaks = sum((s.soak for s in steps if isinstance(s, WriteStep)), timedelta())
    return 2 * soaks + PATIENCE * sum(isinstance(step, ManualStep) for step in steps)


def new_id(incident_id: str, runbook: str, target: str, number: int) -> str:
    """The same plan asked for twice has the same id; `number` counts the ones before it."""
    return f"P-{ids.short(incident_id, runbook, target, str(number))[:8]}"


def readiness_words(facts: Facts) -> str:
    """ "us-west-2: 208 of 208 objects the same; 22 fetched; 4 s before this plan"."""
    if facts.checked_at is None:
        return f"{facts.to}: {facts.readiness_words}"
    age = words((facts.now - facts.checked_at).total_seconds())
    return f"{facts.to}: {facts.readiness_words}; {age} before this plan"


def unknowns(facts: Facts) -> list[str]:
    """What nobody could tell when this was frozen."""
    said = []
    if facts.to and facts.to_state == "unknown":
        said.append(f"how {facts.to} is at this second (no probe looks at it all the time)")
    if facts.to_backup:
        said.append(f"what was written to {facts.source} after the last comparison")
    return said


def unique(items: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(items))
