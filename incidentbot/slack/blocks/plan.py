"""The frozen plan as a message: before and after, what it touches, the proof, the undo. Pure."""

from datetime import datetime
from typing import Any

from incidentbot.slack.blocks import kit
from incidentbot.slack.blocks.view import PlanView

WORDS = {
    "planned": "waits for a second person",
    "approved": "approved, starting",
    "running": "running",
    "paused": "waits for a person",
    "stopped": "stopped by a person",
    "done": "done",
    "halted": "stopped: a person has to look",
    "in_doubt": "in doubt: finding out what happened",
    "failed": "did not work",
    "expired": "expired; make a new plan",
    "cancelled": "cancelled",
}

DRILL = "△ *TEST*: the incident is a drill, this plan is not. It changes the real thing."


def plan_message(plan: PlanView) -> kit.Message:
    body = plan.body
    title = str(body["runbook"]["title"])
    waits = plan.state == "planned"
    head = f"Plan: {title}" if waits else f"{title}: {_state(plan)}"
    return kit.message(
        f"{head} ({_change(body)})",
        [
            kit.header(head),
            kit.context(DRILL) if plan.test else None,
            kit.code(_diff(body)),
            kit.section(_progress(plan)) if plan.progress else None,
            kit.fields(_facts(plan)),
            kit.context(_guards(body)) if body.get("guards") and waits else None,
            kit.actions(_buttons(plan)) if waits else None,
            kit.context(_foot(plan)),
        ],
    )


def _facts(plan: PlanView) -> list[tuple[str, str]]:
    """All that decides while it waits; then who let it run, the way back, what to look at."""
    body = plan.body
    undo, watch = (
        ("Undo", kit.esc(body["undo"]["words"], 300)),
        ("Watch for", _list(body["watch_for"])),
    )
    if plan.state != "planned":
        approved = [("Approved by", kit.who(plan.approved_by))] if plan.approved_by else []
        return [*approved, undo, watch]
    plane = body["plane"]
    depends = "depends" if plane["depends_on_failing_region"] else "does not depend"
    return [
        ("Proven ready", _readiness(body["readiness"])),
        ("Goes through", f"{kit.esc(plane['words'], 300)}; {depends} on the failing region"),
        ("Touches", _list(body["touches"])),
        ("Leaves alone", _list(body["not_touched"])),
        undo,
        ("Verified by", kit.esc(body["verify"]["words"], 400)),
        watch,
        ("Expires", kit.when(plan.expires_at)),
    ]


def _readiness(ready: dict[str, Any]) -> str:
    proven = ready.get("proven_at")
    since = f"; proven {kit.when(datetime.fromisoformat(proven))}" if proven else ""
    return f"{kit.esc(ready['words'], 600)}{since}"


def _buttons(plan: PlanView) -> list[kit.Block]:
    value = f"{plan.id}|{plan.hash}"
    sure = kit.confirm(
        "Approve this plan?",
        f"{_change(plan.body)}. It runs at once, exactly as shown.",
        "Approve and run",
    )
    return [
        kit.button("Approve and run", "plan.approve", value, "primary", sure),
        kit.button("Cancel", "plan.cancel", value),
    ]


def _diff(body: dict[str, Any]) -> str:
    return "\n".join(
        f"{row['what']}\n  before  {row['before']}\n  after   {row['after']}"
        for row in body["diff"]
    )


def _change(body: dict[str, Any]) -> str:
    row = body["diff"][0]
    return f"{row['what']}: {row['before']} to {row['after']}"


def _guards(body: dict[str, Any]) -> str:
    """How many checks passed; only those that warn are worth a line of their own."""
    guards = body["guards"]
    passed = [g for g in guards if g["verdict"] == "pass"]
    names = "; ".join(kit.esc(g["words"], 100) for g in passed[:8])
    warned = [f"△ {kit.esc(g['words'], 150)}" for g in guards if g["verdict"] != "pass"]
    return kit.join([f"✓ {len(passed)} of {len(guards)} checks pass: {names}", *warned], 1900)


def _progress(plan: PlanView) -> str:
    return kit.join(f"{kit.when(at)} {kit.esc(text, 300)}" for at, text in plan.progress[-12:])


def _list(value: Any) -> str:
    items = [value] if isinstance(value, str) else list(value or ())
    return kit.join((kit.esc(item, 300) for item in items), 1900) or "-"


def _state(plan: PlanView) -> str:
    return WORDS.get(plan.state, plan.state)


def _foot(plan: PlanView) -> str:
    asked = kit.who(plan.created_by)
    return f"Plan {plan.id} · {plan.hash[:8]} · asked for by {asked} · {_state(plan)}"
