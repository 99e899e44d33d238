"""Roles: who commands, operates, communicates and writes down."""

import re

from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.slack.blocks import replies
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Click, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of, without_number

MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|([^>]*))?>")


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


ACTS: tuple[Act, ...] = (
    Verb(
        "role",
        role,
        usage="<role> [@person]",
        help="commander, operations, communications, scribe; you, if nobody",
        group="Run it",
        label="Roles",
    ),
    Click("incident.command", command),
)
