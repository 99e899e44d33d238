"""What can be done now. A button opens a frozen plan; a second person lets it run."""

from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.slack.blocks import replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import ANYBODY, Act, Click, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of


def offered(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    return replies.runbooks(desk.present.view(session, incident.id))


async def plan(desk: Desk, gesture: Gesture) -> Message | None:
    incident_id, runbook, asset = _parts(gesture.value, 3)
    await desk.runbooks.plan(incident_id, runbook, asset, gesture.person)
    return None


async def approve(desk: Desk, gesture: Gesture) -> Message | None:
    plan_id, plan_hash = _parts(gesture.value, 2)
    said = await desk.runbooks.approve(plan_id, plan_hash, gesture.person)
    return replies.plain(said) if isinstance(said, str) and said else None


async def cancel(desk: Desk, gesture: Gesture) -> Message | None:
    plan_id, _ = _parts(gesture.value, 2)
    await desk.runbooks.cancel(plan_id, gesture.person)
    return None


def _parts(value: str, number: int) -> list[str]:
    parts = value.split("|")
    if len(parts) != number:
        raise Refused("This button is broken; nothing was done. `runbook` lists what is possible.")
    return parts


ACTS: tuple[Act, ...] = (
    Verb(
        "runbook",
        offered,
        help="what can be done now, each opens a plan",
        group="Run it",
        label="Runbooks",
    ),
    Click("runbook.plan", plan),
    # Who approves is looked at there, so that a refusal is a line of the story too.
    Click("plan.approve", approve, needs=ANYBODY),
    Click("plan.cancel", cancel),
)
