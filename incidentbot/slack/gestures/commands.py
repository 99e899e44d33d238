"""The slash command's verbs. Plain ones run in one transaction; slow ones ask outside first."""

import re
from collections.abc import Mapping

from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.slack.blocks import modals, replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.gesture import (
    Desk,
    Gesture,
    Handler,
    SlowHandler,
    incident_of,
    without_number,
)

MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|([^>]*))?>")
DEFAULT_SEVERITY = 3


def help_(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    return replies.help_text(desk.command)


def list_(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    rows = lifecycle.listed(session)
    return replies.incidents([desk.present.view(session, row.id) for row in rows])


def status(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    return replies.status(desk.present.view(session, incident.id))


def ack(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    if lifecycle.acknowledge(session, incident.id, gesture.person):
        return None
    return replies.plain(f"{incident.id} was acknowledged before; nothing changed.")


def severity(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    wanted = without_number(gesture, gesture.text)
    if not wanted.isdecimal() or int(wanted) not in lifecycle.SEVERITIES:
        allowed = ", ".join(f"{n} {word}" for n, word in lifecycle.SEVERITIES.items())
        raise Refused(f"Name a severity: {allowed}. {incident.id} has {incident.severity} now.")
    if lifecycle.set_severity(session, incident.id, int(wanted), gesture.person):
        return None
    return replies.plain(f"{incident.id} has severity {wanted} already.")


def role(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    mention = MENTION.search(gesture.raw)
    words = MENTION.sub("", without_number(gesture, gesture.raw)).lower().split()
    if len(words) != 1:
        held = lifecycle.roles(session, incident.id)
        said = ", ".join(f"{r}: {desk.directory.name(held[r]) if r in held else 'nobody'}"
                         for r in lifecycle.ROLES)  # fmt: skip
        raise Refused(f"Name one role, and a person if it is not you. {said}.")
    to = gesture.person
    if mention:
        to = Person(mention[1], desk.directory.person(mention[1], mention[2] or "").name)
    if lifecycle.assign(session, incident.id, words[0], to, gesture.person):
        return None
    return replies.plain(f"{to.name} has that role already.")


def show_timeline(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    text = without_number(gesture, gesture.text)
    if text.lower().startswith("add "):
        lifecycle.note(session, incident.id, text[4:].strip(), gesture.person)
        return None
    return replies.timeline(incident.id, timeline.told(timeline.read(session, incident.id)))


def runbook(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    return replies.runbooks(desk.present.view(session, incident.id))


def resolve(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    text = without_number(gesture, gesture.text)
    if lifecycle.resolve(session, incident.id, actor=gesture.person, text=text):
        return None
    return replies.plain(f"{incident.id} is resolved already.")


async def declare(desk: Desk, gesture: Gesture) -> Message | None:
    if gesture.text:
        return await desk.store.tx(declared, gesture, gesture.text, DEFAULT_SEVERITY, "")
    await open_form(desk, gesture, modals.declare(gesture.channel))
    return None


async def update(desk: Desk, gesture: Gesture) -> Message | None:
    def find(session: Session) -> tuple[str, str]:
        incident = incident_of(session, gesture)
        return incident.id, incident.summary

    incident_id, summary = await desk.store.tx(find)
    text = without_number(gesture, gesture.text)
    if not text:
        await open_form(desk, gesture, modals.update(incident_id, summary, gesture.channel))
        return None
    await desk.store.tx(updated, incident_id, text, gesture)
    return None


async def postmortem(desk: Desk, gesture: Gesture) -> Message | None:
    def find(session: Session) -> str:
        return incident_of(session, gesture).id

    incident_id = await desk.store.tx(find)
    await desk.draft(incident_id)
    return replies.documents(await desk.store.tx(desk.present.view, incident_id))


def declared(
    session: Session, gesture: Gesture, title: str, severity: int, summary: str
) -> Message | None:
    """Open an incident that a person declared; the gesture's key makes a repeat the same one."""
    now = clock.now()
    incident_id, _ = lifecycle.open_incident(
        session,
        key=f"declared:{gesture.key}",
        title=title[:200],
        severity=severity,
        opened_by=gesture.person.id,
        started_at=now,
        detected_at=now,
        summary=summary,
        text=f"{gesture.person.name} declared: {title[:200]}",
    )
    return replies.plain(f"{incident_id} is open. Its channel comes now, and you are invited.")


def updated(session: Session, incident_id: str, text: str, gesture: Gesture) -> None:
    lifecycle.update(session, incident_id, text, gesture.person, key=f"update:{gesture.key}")


async def open_form(desk: Desk, gesture: Gesture, view: modals.View) -> None:
    # Straight away and past the outbox: Slack lets a form be opened for three seconds only.
    await desk.client.call("views.open", {"trigger_id": gesture.trigger_id, "view": view})


PLAIN: Mapping[str, Handler] = {
    "": help_,
    "help": help_,
    "list": list_,
    "status": status,
    "ack": ack,
    "severity": severity,
    "role": role,
    "runbook": runbook,
    "timeline": show_timeline,
    "resolve": resolve,
}
SLOW: Mapping[str, SlowHandler] = {
    "declare": declare,
    "update": update,
    "postmortem": postmortem,
}
