"""The frozen plan as a message: step by step, what it touches, the proof, the undo. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from incidentbot.slack.blocks import kit, steps
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
UNDER_WAY = ("approved", "running", "paused", "in_doubt")

DRILL = "△ *TEST*: the incident is a drill, this plan is not. It changes the real thing."


def plan_message(plan: PlanView) -> kit.Message:
    body = plan.body
    title = str(body["runbook"]["title"])
    waits = plan.state == "planned"
    head = f"Plan: {title}" if waits else f"{title}: {state_words(plan)}"
    return kit.message(
        f"{head} ({steps.change(body)})",
        [
            kit.header(head),
            kit.context(DRILL) if plan.test else None,
            kit.section(f"*{kit.esc(plan.stopped, 600)}*") if plan.stopped else None,
            kit.code(steps.of_plan(body, plan.id)),
            kit.section(_progress(plan)) if plan.progress else None,
            kit.fields(_facts(plan)),
            kit.context(why) if waits and (why := _why(body)) else None,
            kit.section(vouched) if waits and (vouched := _vouched(body)) else None,
            kit.section(unknown) if waits and (unknown := _unknown(body)) else None,
            kit.context(_guards(body)) if body.get("guards") and waits else None,
            kit.actions(buttons) if (buttons := _buttons(plan)) else None,
            kit.context(_foot(plan)),
        ],
    )


def approval_words(plan: PlanView) -> str:
    """ "1 of 2: Jonas; not by Maya, who asked for it"."""
    needed = plan.body.get("approvals", 1)
    given = ", ".join(kit.who(one) for one in plan.approvals)
    had = f"{len(plan.approvals)} of {needed}{f': {given}' if given else ''}"
    return f"{had}; not by {kit.who(plan.created_by)}, who asked for it"


def state_words(plan: PlanView) -> str:
    needed = plan.body.get("approvals", 1)
    if plan.state == "planned" and needed > 1:
        return f"waits for approvals, {len(plan.approvals)} of {needed} given"
    return WORDS.get(plan.state, plan.state)


def _facts(plan: PlanView) -> list[tuple[str, str]]:
    """All that decides while it waits; then who let it run, the way back, what to look at."""
    body = plan.body
    undo, watch = (
        ("Undo", kit.esc(body["undo"]["words"], 300)),
        ("Watch for", _list(body["watch_for"])),
    )
    if plan.state != "planned":
        by = ", ".join(kit.who(one) for one in plan.approvals)
        approved = [("Approved by", by)] if by else []
        return [*approved, undo, watch]
    ready = [("Proven ready", _readiness(body["readiness"]))] if body.get("to") else []
    facts = [
        ("Approvals", approval_words(plan)),
        *ready,  # of what turns no switch there is nothing to prove
        ("Goes through", _plane(body["plane"])),
        ("Touches", _list(body["touches"])),
        ("Leaves alone", _list(body["not_touched"])),
        undo,
        ("Verified by", kit.esc(body["verify"]["words"], 400)),
        watch,
        ("Expires", kit.when(plan.expires_at)),
    ]
    return [*facts, ("How much", _list(body["blast"]))] if body.get("blast") else facts


def _plane(plane: Mapping[str, Any]) -> str:
    """With a mark on whatever may not work in this outage."""
    words = kit.esc(plane["words"], 300)
    control = "△ *A control plane*: " if plane.get("kind") == "control" else ""
    if plane["depends_on_failing_region"]:
        return f"{control}{words}; △ *depends on the failing region*: it may not work now"
    return f"{control}{words}; does not depend on the failing region"


def _readiness(ready: Mapping[str, Any]) -> str:
    proven = ready.get("proven_at")
    since = f"; proven {kit.when(datetime.fromisoformat(proven))}" if proven else ""
    return f"{kit.esc(ready['words'], 600)}{since}"


def _why(body: Mapping[str, Any]) -> str:
    """The runbook's own words for the tired reader."""
    words = (("Why", body.get("why")), ("If this fails", body.get("if_this_fails")))
    return "\n".join(f"*{label}*: {kit.esc(text, 800)}" for label, text in words if text)


def _vouched(body: Mapping[str, Any]) -> str:
    """What the runbook asks to be true, and nobody but a person can tell."""
    rows = [f"• {kit.esc(one, 300)}" for one in body.get("before") or ()]
    return kit.join(["*True before:* who approves vouches for it", *rows]) if rows else ""


def _unknown(body: Mapping[str, Any]) -> str:
    rows = [f"• {kit.esc(one, 300)}" for one in body.get("unknown") or ()]
    return kit.join(["*Nobody knows*", *rows], 1900) if rows else ""


def _buttons(plan: PlanView) -> list[kit.Block]:
    return [*_decide(plan), *([_commands(plan)] if plan.body.get("steps") else []), *_stop(plan)]


def _decide(plan: PlanView) -> Iterator[kit.Block]:
    if plan.state != "planned":
        return
    value = f"{plan.id}|{plan.hash}"
    if not _refused(plan.body):  # then only break-glass lets it run
        yield approve_button(plan)
    yield kit.button("Cancel", "plan.cancel", value)
    if plan.break_glass:
        yield kit.button("Break glass …", "plan.glass", value)


def _refused(body: Mapping[str, Any]) -> list[str]:
    return [str(g["words"]) for g in body.get("guards") or () if g["verdict"] == "refuse"]


def approve_button(plan: PlanView) -> kit.Block:
    """Asks once more: here, or in the form where the target's name is typed."""
    needed, given = plan.body.get("approvals", 1), len(plan.approvals)
    last = needed - given <= 1
    label = "Approve and run" if last else "Approve"
    value = f"{plan.id}|{plan.hash}"
    if plan.body.get("confirm"):
        return kit.button(f"{label} …", "plan.approve", value, "primary")
    then = "It runs at once, exactly as shown." if last else "One more person must approve."
    sure = kit.confirm("Approve this plan?", f"{kit.cut(steps.change(plan.body), 250)}. {then}",
                       label)  # fmt: skip
    return kit.button(label, "plan.approve", value, "primary", sure)


def _commands(plan: PlanView) -> kit.Block:
    return kit.button("Show the commands", "plan.commands", plan.id)


def _stop(plan: PlanView) -> Iterator[kit.Block]:
    """While it runs: the kill switch, which stops every next write, also of other plans."""
    if plan.state in UNDER_WAY and not plan.stopped:
        yield kit.button("Stop all runbooks …", "verb:halt", plan.incident_id or " ", "danger")


def _guards(body: Mapping[str, Any]) -> str:
    """How many checks passed; only those that warn are worth a line of their own."""
    guards = body["guards"]
    passed = [g for g in guards if g["verdict"] == "pass"]
    names = "; ".join(kit.esc(g["words"], 100) for g in passed[:8])
    more = f"; and {len(passed) - 8} more" if len(passed) > 8 else ""
    warned = [f"△ {kit.esc(g['words'], 150)}" for g in guards if g["verdict"] == "warn"]
    refused = [f"✗ {kit.esc(one, 300)} Only break-glass goes past it." for one in _refused(body)]
    return kit.join(
        [*refused, *warned, f"✓ {len(passed)} of {len(guards)} checks pass: {names}{more}"], 1900
    )


def _progress(plan: PlanView) -> str:
    return kit.join(f"{kit.when(at)} {kit.esc(text, 300)}" for at, text in plan.progress[-12:])


def _list(value: Any) -> str:
    items: Sequence[Any] = [value] if isinstance(value, str) else list(value or ())
    return kit.join((kit.esc(item, 300) for item in items), 1900) or "-"


def _foot(plan: PlanView) -> str:
    asked = kit.who(plan.created_by)
    risk = f" · {plan.body['risk']} risk" if plan.body.get("risk") else ""
    return f"Plan {plan.id} · {plan.hash[:8]}{risk} · asked for by {asked} · {state_words(plan)}"
