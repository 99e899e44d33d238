"""What can be done now. A button opens a frozen plan; what is in it can be shown as commands."""

from sqlalchemy.orm import Session

from incidentbot.errors import NotFound, Refused
from incidentbot.incidents import privacy
from incidentbot.runbooks import commands as scripts
from incidentbot.slack.blocks import approving, replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import ANYBODY, Act, Click, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, here_of, incident_of
from incidentbot.store.models import Plan


def offered(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    return replies.runbooks(desk.present.view(session, incident.id))


async def plan(desk: Desk, gesture: Gesture) -> Message | None:
    incident_id, runbook, asset = parts(gesture.value, 3)
    await desk.store.tx(_may_see, incident_id, gesture)
    await desk.runbooks.plan(incident_id, runbook, asset, gesture.person)
    return None


def commands(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    """The plan as something to copy into a terminal, for the one who asked."""
    row = seen(session, gesture.value, gesture)
    return approving.commands(row.id, scripts.of_plan(desk.settings, row))


def seen(session: Session, plan_id: str, gesture: Gesture) -> Plan:
    """A plan of an incident that this person may see."""
    row = session.get(Plan, plan_id)
    if row is None:
        raise NotFound(f"There is no plan {plan_id}.")
    _may_see(session, row.incident_id, gesture)
    return row


def _may_see(session: Session, incident_id: str, gesture: Gesture) -> None:
    """A button may be older than the incident's privacy; in its own channel it is fine."""
    if here_of(session, gesture.channel) != incident_id:
        privacy.visible(session, incident_id, gesture.person)


def parts(value: str, number: int) -> list[str]:
    """What a button or a form carries; Refused when it is not so many parts."""
    found = value.split("|")
    if len(found) != number:
        raise Refused("This button is broken; nothing was done. `runbook` lists what is possible.")
    return found


ACTS: tuple[Act, ...] = (
    Verb(
        "runbook",
        offered,
        help="what can be done now, each opens a plan",
        group="Run it",
        label="Show runbooks",
    ),
    Click("runbook.plan", plan),
    Click("plan.commands", commands, needs=ANYBODY),
)
