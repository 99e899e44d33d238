"""Roles: who commands, operates, communicates and writes down; taken, given, given up."""

import logging
import re
from collections.abc import Callable

from slack_sdk.errors import SlackApiError
from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents import crew, handover, lifecycle
from incidentbot.incidents.handover import Given
from incidentbot.incidents.people import Person
from incidentbot.incidents.rights import RESPONDER, require
from incidentbot.slack.blocks import crew as shown
from incidentbot.slack.blocks import replies
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Click, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of, without_number
from incidentbot.slack.outbound.classify import NO_ANSWER
from incidentbot.slack.people import handing

MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|([^>]*))?>")
SHORT = {"ops": "operations", "comms": "communications", "lead": "commander", "ic": "commander"}
NOBODY = ("nobody", "none")

Does = Callable[[Desk, Session, str, str, Person], Message | None]

log = logging.getLogger(__name__)


def take_form(desk: Desk, session: Session, gesture: Gesture) -> View:
    incident = incident_of(session, gesture)
    view = desk.present.view(session, incident.id)
    return shown.take(view, gesture.person.id, gesture.channel)


def roles_form(desk: Desk, session: Session, gesture: Gesture) -> View:
    incident = incident_of(session, gesture)
    return shown.give(desk.present.view(session, incident.id), gesture.channel)


async def by_words(desk: Desk, gesture: Gesture) -> Message | None:
    """`role`, `assign` and `take` with words: for me, for another one, or for nobody."""
    for id, handle in MENTION.findall(gesture.raw):
        await desk.directory.meet(id, handle)
    return await desk.store.tx(_by_words, desk, gesture)


def _by_words(session: Session, desk: Desk, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    mention = MENTION.search(gesture.raw)
    words = MENTION.sub("", without_number(gesture, gesture.raw)).lower().split()
    now = "now" in words
    nobody = any(word in NOBODY for word in words)
    roles = [SHORT.get(word, word) for word in words if word != "now" and word not in NOBODY]
    if len(roles) != 1 or (nobody and mention):
        raise Refused(
            f"Name one role, and a person if it is not you. {_said(desk, session, incident.id)}."
        )
    if nobody:
        return _leave(desk, session, incident.id, roles[0], gesture.person)
    if mention or now:
        to = _person(desk, mention[1], mention[2] or "") if mention else gesture.person
        return _give(desk, session, incident.id, roles[0], to, gesture.person, now=now)
    return _take(desk, session, incident.id, roles[0], gesture.person)


def command(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    """The card's button."""
    incident = incident_of(session, gesture)
    return _take(desk, session, incident.id, crew.COMMANDER, gesture.person)


async def take(desk: Desk, gesture: Gesture) -> Message | None:
    """A button of the form of roles, which then shows who has what."""
    answer = await desk.store.tx(_pressed, desk, gesture, _take)
    await _show_again(desk, gesture)
    return answer


async def leave(desk: Desk, gesture: Gesture) -> Message | None:
    answer = await desk.store.tx(_pressed, desk, gesture, _leave)
    await _show_again(desk, gesture)
    return answer


async def by_form(desk: Desk, gesture: Gesture) -> Message | None:
    for role in crew.ROLES:
        if gesture.values.get(role):
            await desk.directory.meet(gesture.values[role])
    return await desk.store.tx(_by_form, desk, gesture)


def _by_form(session: Session, desk: Desk, gesture: Gesture) -> Message | None:
    """All of it or nothing. Only what was changed in the form: meanwhile others may have."""
    incident = incident_of(session, gesture)
    before = _initial(gesture.view)
    wanted = [(role, gesture.values.get(role, "")) for role in reversed(crew.ROLES)]
    changes = [(role, id) for role, id in wanted if id != before.get(role, "")]
    if not changes:
        return replies.plain(f"No role of {incident.id} was changed.")
    answer = None
    for role, id in changes:
        if id:
            now = "now" in gesture.values.get("how", "")
            to = _person(desk, id)
            answer = _give(desk, session, incident.id, role, to, gesture.person, now=now) or answer
        else:
            answer = _leave(desk, session, incident.id, role, gesture.person) or answer
    return answer


def _take(
    desk: Desk, session: Session, incident_id: str, role: str, person: Person
) -> Message | None:
    """Taking command is also an acknowledgement: somebody is there."""
    has = crew.holder(session, incident_id, role)
    if has == person.id:
        return replies.plain(f"{person.name} has that role already.")
    if has is not None:
        name = desk.directory.name(has)
        if role == crew.COMMANDER:
            how = "They can offer it to you; whoever has the right moves it with `now`"
            text = f"{name} commands {incident_id} already. {how}"
        else:
            text = f"{name} is {role} of {incident_id} already. `assign` with your name changes it"
        return replies.plain(f"{text}: `{desk.command} assign {role} @you`.")
    if role == crew.COMMANDER:
        lifecycle.acknowledge(session, incident_id, person)
    crew.take(session, incident_id, role, person)
    return None


def _leave(
    desk: Desk, session: Session, incident_id: str, role: str, person: Person
) -> Message | None:
    has = crew.holder(session, incident_id, role)
    whose = desk.directory.name(has) if has else ""
    if handover.lay_down(session, incident_id, role, person, desk.directory.rights, whose):
        return None
    return replies.plain(f"Nobody has the role of {role} in {incident_id}.")


def _give(
    desk: Desk,
    session: Session,
    incident_id: str,
    role: str,
    to: Person,
    by: Person,
    *,
    now: bool,
) -> Message | None:
    given = handover.give(session, incident_id, role, to, by, desk.directory.rights, now=now)
    if given.what == handover.GIVEN and role == crew.COMMANDER and to.id == by.id:
        lifecycle.acknowledge(session, incident_id, by)
    return _answer(desk, session, incident_id, to, given)


def _answer(
    desk: Desk, session: Session, incident_id: str, to: Person, given: Given
) -> Message | None:
    offer = given.offer
    if given.what == handover.SAME:
        return replies.plain(f"{to.name} has that role already.")
    if offer is None:
        return None  # given: the channel is told
    if given.what == handover.KEPT:
        handing.kept(session, offer)
        return replies.plain(f"You keep the command of {incident_id}.")
    if given.what == handover.OFFERED:
        handing.ask(desk, session, offer)
    return shown.offering(incident_id, offer.to.name, offer.until)


def _pressed(session: Session, desk: Desk, gesture: Gesture, does: Does) -> Message | None:
    incident = incident_of(session, gesture)
    role = gesture.value.split()[-1]
    return does(desk, session, incident.id, role, gesture.person)


async def _show_again(desk: Desk, gesture: Gesture) -> None:
    """The channel tells it too, so a form that is closed by now is no failure."""
    view = await desk.store.tx(lambda session: take_form(desk, session, gesture))
    try:
        await desk.client.call("views.update", {"view_id": gesture.view.get("id"), "view": view})
    except (SlackApiError, *NO_ANSWER) as error:
        log.info("slack: the form of roles was not shown again (%s)", error)


def _person(desk: Desk, id: str, handle: str = "") -> Person:
    """Whoever is to have a role. Raises Refused where they could not do anything with it."""
    person, known = desk.directory.person(id, handle), desk.directory.known(id)
    if known is not None and (known.gone or known.kind == "bot"):
        what = "is not here any more" if known.gone else "is a program"
        raise Refused(f"{person.name} {what}, and cannot have a role.")
    if known is not None:
        what = f"{person.name} cannot have a role: that"
        require(desk.directory.rights, person.rights, RESPONDER, what)
    return person


def _initial(view: dict[str, object]) -> dict[str, str]:
    """Role -> whom the form showed when it was opened."""
    blocks = view.get("blocks")
    found = blocks if isinstance(blocks, list) else []
    return {
        block["block_id"]: block["element"].get("initial_user", "")
        for block in found
        if block.get("block_id") in crew.ROLES and "element" in block
    }


def _said(desk: Desk, session: Session, incident_id: str) -> str:
    held = crew.roles(session, incident_id)
    who = {
        role: desk.directory.name(held[role]) if role in held else "nobody" for role in crew.ROLES
    }
    return ", ".join(f"{role}: {name}" for role, name in who.items())


ACTS: tuple[Act, ...] = (
    Verb(
        "role",
        by_words,
        usage="<role> [@person | nobody]",
        help="commander, operations, communications, scribe; you, if nobody is named",
        form=roles_form,
    ),
    Verb(
        "assign",
        by_words,
        usage="<role> @person",
        help="give somebody a role; a new commander is asked first, `now` moves it at once",
        group="Run it",
        label="Assign roles",
        form=roles_form,
    ),
    Verb(
        "take",
        by_words,
        usage="<role>",
        help="take a role that is free",
        group="Run it",
        label="Take a role",
        form=take_form,
    ),
    Click("incident.command", command),
    Click("role.take", take),
    Click("role.leave", leave),
    Form("incident.roles", by_form),
)
