"""A run that asks gets its answer; the kill switch stops every next write, and two let go on."""

from sqlalchemy.orm import Session

from incidentbot.runbooks import stopping
from incidentbot.slack.blocks import asking, replies
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import ANYBODY, Act, Click, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, without_number
from incidentbot.slack.gestures.verbs.runbook import parts, seen


async def answer(desk: Desk, gesture: Gesture) -> Message | None:
    """What a paused run asked. The core says who may, and whether it was answered before."""
    plan_id, number, choice = parts(gesture.value, 3)
    await desk.store.tx(seen, plan_id, gesture)
    asked = int(number) if number.isdecimal() else 0
    said = await desk.runbooks.answer(plan_id, asked, choice, gesture.person)
    return replies.plain(said) if said else None


def halt_form(desk: Desk, session: Session, gesture: Gesture) -> View:
    return asking.halt_form(gesture.text, gesture.channel)


def halt_by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    return _halt(session, gesture, without_number(gesture, gesture.text))


def halt_by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    return _halt(session, gesture, gesture.values["why"])


def rearm(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    return replies.plain(stopping.ask_rearm(session, desk.settings, gesture.person))


def _halt(session: Session, gesture: Gesture, why: str) -> Message | None:
    fresh = stopping.stop(session, gesture.person, why)
    said = "All runbooks are stopped" if fresh else "They were stopped already, and stay so"
    return replies.plain(f"{said}. Nothing is written until two approvers `rearm`.")


ACTS: tuple[Act, ...] = (
    Click("run.answer", answer),
    Verb(
        "halt",
        halt_by_words,
        usage="<why>",
        help="stop every next write of every runbook, at once; two approvers let go on",
        group="Run it",
        label="Stop all runbooks",
        form=halt_form,
        other_names=("stop",),
    ),
    Form("runbook.halt", halt_by_form, asking.halt_faults),
    Verb(
        "rearm",
        rearm,
        help="let runbooks write again; the second approver who says so does it",
        needs=ANYBODY,  # who may is looked at there
    ),
)
