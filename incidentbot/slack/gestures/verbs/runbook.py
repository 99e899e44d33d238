"""What can be done now. A button opens a frozen plan; a second person lets it run."""

from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents import privacy
from incidentbot.slack.blocks import replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import ANYBODY, Act, Click, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, here_of, incident_of
from incidentbot.store.models import Plan


def offered(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    return replies.runbooks(desk.present.view(session, incident.id))


async def plan(desk: Desk, gesture: Gesture) -> Message | None:
    incident_id, runbook, asset = _parts(gesture.value, 3)
    await desk.store.tx(_may_see, incident_id, gesture)
    await desk.runbooks.plan(incident_id, runbook, asset, gesture.person)
    return None


async def approve(desk: Desk, gesture: Gesture) -> Message | None:
    plan_id, plan_hash = _parts(gesture.value, 2)
    await desk.store.tx(_of_what_they_see, plan_id, gesture)
    said = await desk.runbooks.approve(plan_id, plan_hash, gesture.person)
    return replies.plain(said) if isinstance(said, str) and said else None


async def cancel(desk: Desk, gesture: Gesture) -> Message | None:
    plan_id, _ = _parts(gesture.value, 2)
    await desk.store.tx(_of_what_they_see, plan_id, gesture)
    await desk.runbooks.cancel(plan_id, gesture.person)
    return None


def _may_see(session: Session, incident_id: str, gesture: Gesture) -> None:
    """A button may be older than the incident's privacy; in its own channel it is fine."""
    if here_of(session, gesture.channel) != incident_id:
        privacy.visible(session, incident_id, gesture.person)


def _of_what_they_see(session: Session, plan_id: str, gesture: Gesture) -> None:
    plan = session.get(Plan, plan_id)
    if plan is not None:
        _may_see(session, plan.incident_id, gesture)


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
        label="Show runbooks",
    ),
    Click("runbook.plan", plan),
    # Who approves is looked at there, so that a refusal is a line of the story too.
    Click("plan.approve", approve, needs=ANYBODY),
    Click("plan.cancel", cancel),
)
