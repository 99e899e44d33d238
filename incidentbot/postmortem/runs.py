"""What we did: each plan with its diff, who approved it, how the writes went, and the proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from incidentbot.postmortem import words
from incidentbot.postmortem.blocks import Change, Named, Run
from incidentbot.postmortem.model import AttemptFact, Facts, PlanFact
from incidentbot.postmortem.people import Cast

DONE = ("done", "verified", "adopted")
PROOF = ("verified", "adopted", "done", "failed")
STOPPED = ("failed", "halted", "in_doubt")


def runs(facts: Facts, cast: Cast) -> tuple[Run, ...]:
    """Every plan in the order it was made, also those that were refused or never ran."""
    return tuple(_run(facts, plan, cast) for plan in facts.plans)


def done(facts: Facts) -> list[PlanFact]:
    """The plans that ran to their end, in the order they did."""
    ended = [plan for plan in facts.plans if plan.state in DONE]
    return sorted(ended, key=lambda plan: plan.ended_at or plan.created_at)


def title(plan: PlanFact) -> str:
    return text(part(plan.body, "runbook"), "title") or plan.runbook


def still_switched(facts: Facts) -> list[PlanFact]:
    """The last plan of each target that does not stand where its first plan found it."""
    first: dict[str, str] = {}
    last: dict[str, PlanFact] = {}
    for plan in done(facts):
        target = text(plan.body, "target") or text(plan.body, "asset")
        if target and text(plan.body, "to"):
            first.setdefault(target, text(plan.body, "from"))
            last[target] = plan
    return [plan for target, plan in last.items() if text(plan.body, "to") != first[target]]


def text(body: Mapping[str, Any], key: str) -> str:
    """The value as text; "" where it is missing."""
    value = body.get(key)
    return "" if value is None else str(value)


def part(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The mapping under `key`; an empty one where it is missing."""
    value = body.get(key)
    return value if isinstance(value, Mapping) else {}


def _run(facts: Facts, plan: PlanFact, cast: Cast) -> Run:
    return Run(
        plan_id=plan.id,
        title=title(plan),
        state=plan.state,
        outcome=plan.outcome,
        made_by=cast.who(plan.created_by),
        made_at=plan.created_at,
        ended_at=plan.ended_at,
        approvals=tuple(
            Named(cast.who(a.person), f"{words.moment(a.at)} UTC") for a in plan.approvals
        ),
        changes=tuple(
            Change(text(row, "what"), text(row, "before"), text(row, "after"))
            for row in _rows(plan.body, "diff")
        ),
        facts=tuple(_facts(plan.body)),
        steps=tuple(Named(step.step, _step(step)) for step in plan.attempts),
        proof=tuple(_proof(facts, plan)),
        hash=plan.hash,
    )


def _proof(facts: Facts, plan: PlanFact) -> Iterable[str]:
    """What was seen from outside after the write, line by line where the entry has lines."""
    for entry in facts.entries:
        if entry.data.get("plan_id") == plan.id and entry.data.get("event") in PROOF:
            lines = entry.data.get("proof")
            if isinstance(lines, list) and lines:
                yield from (str(line) for line in lines)
            elif entry.data.get("event") != "done":
                yield entry.text


def _facts(body: Mapping[str, Any]) -> Iterable[Named]:
    ready = part(body, "readiness")
    proven = text(ready, "proven_at")
    plane = part(body, "plane")
    region = text(plane, "region")
    rows = (
        ("Why", text(body, "why")),
        ("Risk", text(body, "risk")),
        ("Touches", _items(body, "touches")),
        ("Does not touch", _items(body, "not_touched")),
        ("Readiness", _join(text(ready, "words"), _proven(proven))),
        ("Goes through", _join(text(plane, "words"), f"region {region}" if region else "")),
        ("Undo", text(part(body, "undo"), "words")),
        ("Not known", _items(body, "unknown")),
    )
    yield from (Named(name, said) for name, said in rows if said)
    guards = _rows(body, "guards")
    warned = [guard for guard in guards if text(guard, "verdict") == "warn"]
    yield from (Named("Warning", text(guard, "words")) for guard in warned)
    passed = [text(guard, "words") for guard in guards if guard not in warned]
    if passed:
        yield Named("Checks passed", _join(*passed))


def _proven(at: str) -> str:
    try:
        return f"proven at {words.moment(datetime.fromisoformat(at).astimezone(UTC))} UTC"
    except ValueError:
        return f"proven {at}" if at else ""


def _items(body: Mapping[str, Any], key: str) -> str:
    return _join(*(str(item) for item in body.get(key) or ()))


def _rows(body: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [row for row in body.get(key) or () if isinstance(row, Mapping)]


def _join(*parts: str) -> str:
    return "; ".join(p.strip().rstrip(".") for p in parts if p)


def _step(step: AttemptFact) -> str:
    sent = {0: "not sent", 1: "sent once"}.get(step.writes, f"sent {step.writes} times")
    request = f"request {step.request_id}" if step.request_id else ""
    return _join(step.state.replace("_", " "), sent, request, step.detail)
