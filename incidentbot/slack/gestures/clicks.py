"""The buttons. A click carries ids only; what they mean is looked up."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle
from incidentbot.slack.blocks import replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures import commands
from incidentbot.slack.gestures.gesture import Desk, Gesture, Handler, SlowHandler, incident_of


def command(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    """Taking command is also an acknowledgement: somebody is there."""
    incident = incident_of(session, gesture)
    holder = lifecycle.holder(session, incident.id, "commander")
    if holder not in (None, gesture.person.id):
        name = desk.directory.name(str(holder))
        return replies.plain(f"{name} commands {incident.id} already. `role commander` changes it.")
    lifecycle.acknowledge(session, incident.id, gesture.person)
    lifecycle.assign(session, incident.id, "commander", gesture.person, gesture.person)
    return None


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


PLAIN: Mapping[str, Handler] = {
    "incident.ack": commands.ack,
    "incident.command": command,
    "incident.resolve": commands.resolve,
}
SLOW: Mapping[str, SlowHandler] = {
    "incident.update": commands.update,
    "runbook.plan": plan,
    "plan.approve": approve,
    "plan.cancel": cancel,
}
