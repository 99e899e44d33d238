"""The forms of an approval: the target's name typed, or break-glass with its reason; and the plan
as commands. Pure.

private_metadata is "P-1|hash|name|C123": what is approved, and what must be typed for it.
"""

from collections.abc import Mapping

from incidentbot.slack.blocks import forms, kit, plan, steps
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.view import PlanView

LONGEST_PART = 2900  # of the commands, in one block
PARTS = 4
REASON = 10  # letters of a reason, at least


def approve_form(view: PlanView, channel: str) -> View:
    """The change once more, and the name to type; submitted as `plan.approve`."""
    name = str(view.body["confirm"])
    last = view.body.get("approvals", 1) - len(view.approvals) <= 1
    then = "It runs at once, exactly as shown." if last else "One more person must approve it."
    return forms.form(
        "plan.approve",
        "Approve this plan?",
        "Approve and run" if last else "Approve",
        [
            kit.section(f"*{kit.esc(view.body['runbook']['title'], 300)}*\n{then}"),
            kit.code(steps.of_plan(view.body, view.id)),
            kit.context(f"Approvals: {plan.approval_words(view)}"),
            _typed(name),
        ],
        about=f"{view.id}|{view.hash}|{name}",
        channel=channel,
    )


def typed_faults(values: Mapping[str, str], about: str) -> dict[str, str]:
    """What is typed must be the name, letter by letter."""
    name = about.rpartition("|")[2]
    if values.get("typed", "").strip() == name:
        return {}
    return {"typed": f"That is not the name of the target. Nothing was done. It is: {name}"}


def break_glass_form(view: PlanView, channel: str) -> View:
    """Submitted as `plan.glass`."""
    said = (
        "*Nobody else has to approve*, and cooldown and freezes are passed over. Caps, floor, locks"
        " and the record stay. Everybody reads the reason, and it is looked at afterwards."
    )
    name = str(view.body.get("confirm") or "")
    return forms.form(
        "plan.glass",
        "Break glass",
        "Break glass and run",
        [
            kit.section(said),
            kit.code(steps.of_plan(view.body, view.id)),
            forms.text("reason", "Why can nobody else approve now?", lines=True, most=500),
            _typed(name) if name else None,
        ],
        about=f"{view.id}|{view.hash}|{name}",
        channel=channel,
    )


def glass_faults(values: Mapping[str, str], about: str) -> dict[str, str]:
    found = typed_faults(values, about) if about.rpartition("|")[2] else {}
    if len(" ".join(values.get("reason", "").split())) < REASON:
        found["reason"] = "Please write why, in a sentence: everybody reads it."
    return found


def _typed(name: str) -> kit.Block:
    return forms.text("typed", f"Type the name of the target: {name}", most=300)


def commands(plan_id: str, script: str) -> kit.Message:
    """The plan as commands to copy, as much as fits into a message."""
    head = (
        f"*Plan {plan_id} as commands*, for when the bot cannot. Somebody who types them has no"
        " second person and no proof: say so in the channel."
    )
    parts = _parts(script)
    left = len(script) - sum(len(part) for part in parts)
    more = (
        f"{left} more characters are not shown: `incidentbot runbook script {plan_id}` has all."
        if left
        else f"The same at a terminal: `incidentbot runbook script {plan_id}`"
    )
    blocks = [kit.section(head), *(kit.code(part) for part in parts), kit.context(more)]
    return kit.message(f"Plan {plan_id} as commands", blocks)


def _parts(script: str) -> list[str]:
    """Whole lines, in blocks of what Slack takes; a longer line is cut into pieces."""
    parts: list[str] = []
    rest = script
    while rest and len(parts) < PARTS:
        piece = rest[:LONGEST_PART]
        if len(rest) > LONGEST_PART and "\n" in piece:
            piece = piece[: piece.rindex("\n") + 1]
        parts.append(piece)
        rest = rest[len(piece) :]
    return parts
