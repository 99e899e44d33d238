"""Who lets a plan run: one or more others, by a click or by typing the target's name; one alone
by break-glass; or nobody any more.

Who may is looked at in the core, so that a refusal is a line of the story too.
"""

from typing import Any

from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.runbooks import approve as approvals
from incidentbot.runbooks import glass
from incidentbot.slack.blocks import approving, replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import ANYBODY, Act, Click, Form
from incidentbot.slack.gestures.gesture import Desk, Gesture
from incidentbot.slack.gestures.verbs.runbook import parts, seen


async def approve(desk: Desk, gesture: Gesture) -> Message | None:
    """Approves, or opens the form in which the name is typed."""
    plan_id, plan_hash = parts(gesture.value, 2)
    form = await desk.store.first(_form, desk, gesture, plan_id, plan_hash)
    if form is not None:
        await desk.open_form(gesture, form)
        return None
    return _said(await desk.runbooks.approve(plan_id, plan_hash, gesture.person))


async def approve_typed(desk: Desk, gesture: Gesture) -> Message | None:
    plan_id, plan_hash, _ = parts(gesture.value, 3)  # the name is only for the form
    await desk.store.tx(seen, plan_id, gesture)
    typed = gesture.values.get("typed", "")
    return _said(await desk.runbooks.approve(plan_id, plan_hash, gesture.person, typed=typed))


async def cancel(desk: Desk, gesture: Gesture) -> Message | None:
    plan_id, _ = parts(gesture.value, 2)
    await desk.store.tx(seen, plan_id, gesture)
    await desk.runbooks.cancel(plan_id, gesture.person)
    return None


async def break_glass(desk: Desk, gesture: Gesture) -> Message | None:
    """Opens the form for the reason, to those who are named for it."""
    plan_id, plan_hash = parts(gesture.value, 2)
    form = await desk.store.first(_glass_form, desk, gesture, plan_id)
    if form is None:  # not named: the core says so, and who is
        return _said(await desk.runbooks.break_glass(plan_id, plan_hash, gesture.person, ""))
    await desk.open_form(gesture, form)
    return None


async def broken(desk: Desk, gesture: Gesture) -> Message | None:
    plan_id, plan_hash, _ = parts(gesture.value, 3)  # the name is only for the form
    await desk.store.tx(seen, plan_id, gesture)
    reason, typed = gesture.values.get("reason", ""), gesture.values.get("typed", "")
    return _said(
        await desk.runbooks.break_glass(plan_id, plan_hash, gesture.person, reason, typed=typed)
    )


async def veto(desk: Desk, gesture: Gesture) -> Message | None:
    await desk.store.tx(seen, gesture.value, gesture)
    return _said(await desk.runbooks.veto(gesture.value, gesture.person))


def _form(
    session: Session, desk: Desk, gesture: Gesture, plan_id: str, plan_hash: str
) -> dict[str, Any] | None:
    """None where nothing is typed, or where this person is refused whatever they type."""
    row = seen(session, plan_id, gesture)
    view = desk.present.plan(session, plan_id)
    name = str(view.body.get("confirm") or "")
    if not name or gesture.person.id in view.approvals:
        return None
    would = approvals.Click(gesture.person, plan_hash, typed=name)
    if approvals.why_not(row, would, clock.now()) is not None:
        return None
    return approving.approve_form(view, gesture.channel)


def _glass_form(
    session: Session, desk: Desk, gesture: Gesture, plan_id: str
) -> dict[str, Any] | None:
    seen(session, plan_id, gesture)
    if not glass.may(session, desk.settings, gesture.person):
        return None
    return approving.break_glass_form(desk.present.plan(session, plan_id), gesture.channel)


def _said(words: str) -> Message | None:
    return replies.plain(words) if words else None


ACTS: tuple[Act, ...] = (
    Click("plan.approve", approve, needs=ANYBODY),
    Form("plan.approve", approve_typed, needs=ANYBODY, faults_about=approving.typed_faults),
    Click("plan.cancel", cancel),
    Click("plan.glass", break_glass, needs=ANYBODY),
    Form("plan.glass", broken, needs=ANYBODY, faults_about=approving.glass_faults),
    Click("plan.veto", veto),
)
