"""Action items: listed, made, done, dropped, given to somebody else."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents import actions, lifecycle
from incidentbot.incidents.people import Person
from incidentbot.slack.blocks import replies, writing
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.blocks.writing import Choice, ItemLine
from incidentbot.slack.gestures import finding, said
from incidentbot.slack.gestures.act import ANYBODY, Act, Click, Form, Shortcut, Verb
from incidentbot.slack.gestures.gesture import (
    Desk,
    Gesture,
    here_of,
    incident_of,
    without_number,
)
from incidentbot.slack.gestures.messages import choices, named, parts, responder, stored
from incidentbot.slack.present import item_line

MENTION = r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>"
OWNER = re.compile(rf"^\s*{MENTION}|{MENTION}\s*$")
ANYONE = re.compile(MENTION)
ENDS = {"done": "done", "drop": "dropped", "reopen": "open"}
WORDS = (*ENDS, "take", "give")


def by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    raw = without_number(gesture, gesture.raw)
    word, _, rest = raw.partition(" ")
    if word.lower() in ("", "list"):
        return _list(desk, session, incident_of(session, gesture).id)
    if word.lower() == "mine":
        lines = [item_line(row) for row in actions.mine(session, gesture.person)]
        return writing.items("", lines, desk.command, mine=True)
    responder(desk, gesture, f"`{desk.command} actions {word.lower()}`")
    if word.lower() == "add":
        return _by_words(desk, session, gesture, raw[4:])
    if word.lower() in WORDS:
        return _change(desk, session, gesture, word.lower(), rest)
    raise Refused("After `actions` comes nothing, mine, add, done, drop, reopen, take or give.")


def _by_words(desk: Desk, session: Session, gesture: Gesture, raw: str) -> Message | None:
    incident = incident_of(session, gesture)
    found = OWNER.search(raw)
    owner = _person(desk, found[1] or found[2]) if found else None
    text = said.readable(OWNER.sub("", raw, count=1) if found else raw, desk.directory.name)
    if not text.strip():
        return _list(desk, session, incident.id)
    key = f"action:{gesture.key}"
    actions.add(session, incident.id, text, gesture.person, key=key, owner=owner)
    return None


def _change(desk: Desk, session: Session, gesture: Gesture, word: str, rest: str) -> Message | None:
    item_id = rest.strip().partition(" ")[0].upper()
    if not item_id:
        raise Refused(f"Name the action item: `actions {word} ACT-1`.")
    mention = ANYONE.search(rest)
    if word in ENDS:
        new = actions.end(session, item_id, ENDS[word], gesture.person)
    elif word == "take":
        new = actions.assign(session, item_id, gesture.person, gesture.person)
    elif mention:
        new = actions.assign(session, item_id, _person(desk, mention[1]), gesture.person)
    else:
        raise Refused("Name who does it from now on: `actions give ACT-1 @somebody`.")
    return None if new else replies.plain(f"{item_id} is so already.")


async def open_form(desk: Desk, gesture: Gesture) -> Message | None:
    incident = await desk.store.tx(incident_of, gesture)
    view = writing.action_form((), gesture.channel, here=incident.id)
    await desk.open_form(gesture, view)
    return None


async def from_message(desk: Desk, gesture: Gesture) -> Message | None:
    """The form, filled with what the message says and whom it names."""

    def find(session: Session) -> tuple[list[Choice], str, str]:
        here = here_of(session, gesture.channel)
        if here is None:
            return choices(session, gesture.person), "", ""
        due = actions.usual_due(lifecycle.get(session, here))
        return [], here, due.isoformat() if due else ""

    offered, here, due = await desk.store.tx(find)
    mention = ANYONE.search(str(gesture.message.get("text") or ""))
    view = writing.action_form(
        offered,
        gesture.channel,
        here=here,
        about=gesture.key,
        text=said.words(gesture.message, desk.directory.name),
        owner=mention[1] if mention else gesture.person.id,
        due=due,
    )
    await desk.open_form(gesture, view)
    return None


async def by_form(desk: Desk, gesture: Gesture) -> Message | None:
    values = gesture.values
    about = gesture.value.split()  # the incident's number, the shortcut's key
    incident_id = values.get("incident") or next((a for a in about if a.startswith("INC-")), "")
    key = next((a for a in about if not a.startswith("INC-")), "")
    link = ""
    if key:
        payload = await desk.store.tx(stored, key)
        channel = str(payload["channel"]["id"])
        one = await finding.as_said(desk.client, desk.directory, payload["message"], channel)
        link = one.link
    owner = _person(desk, values["owner"]) if values.get("owner") else None
    day = values.get("due", "")
    # Noon: whichever zone reads it, it is that day.
    due = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC) if day else None

    def add(session: Session) -> str:
        incident = named(session, incident_id, gesture)
        made = f"action:{gesture.key}"
        by, text = gesture.person, values["text"]
        return actions.add(
            session, incident.id, text, by, key=made, owner=owner, due=due, link=link
        )

    return replies.plain(f"{await desk.store.tx(add)} is on the list of {incident_id}.")


def pressed(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    """Done or Drop; what showed the button is shown anew."""
    item_id, where = parts(gesture.value, 2)
    state = ENDS[gesture.name.rpartition(".")[2]]
    _owner_or_responder(desk, session, gesture, item_id)
    actions.end(session, item_id, state, gesture.person)
    return _shown(desk, session, gesture, item_id, where)


async def reassign(desk: Desk, gesture: Gesture) -> Message | None:
    item_id, _ = parts(gesture.value, 2)

    def find(session: Session) -> ItemLine:
        return item_line(actions.get(session, item_id, gesture.person))

    line = await desk.store.tx(find)
    await desk.open_form(gesture, writing.reassign_form(line, gesture.value, gesture.channel))
    return None


def reassigned(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    item_id, _ = parts(gesture.value, 2)
    to = _person(desk, gesture.values["owner"])
    new = actions.assign(session, item_id, to, gesture.person)
    return replies.plain(f"{to.name} does {item_id}{' now' if new else ' already'}.")


def _owner_or_responder(desk: Desk, session: Session, gesture: Gesture, item_id: str) -> None:
    """Whoever was given an action item may close it, whatever else they may."""
    if actions.get(session, item_id, gesture.person).owner != gesture.person.id:
        responder(desk, gesture, "Closing somebody else's action item")


def _shown(
    desk: Desk, session: Session, gesture: Gesture, item_id: str, where: str
) -> Message | None:
    item = actions.get(session, item_id, gesture.person)
    if where == "home":
        return None  # the Home tab follows by itself
    if where == "one":
        title = lifecycle.get(session, item.incident_id).title
        return writing.item_for_owner(item_line(item), title) | {"replace_original": True}
    return _list(desk, session, item.incident_id) | {"replace_original": True}


def _list(desk: Desk, session: Session, incident_id: str) -> Message:
    lines = [item_line(row) for row in actions.listed(session, incident_id)]
    return writing.items(incident_id, lines, desk.command)


def _person(desk: Desk, id: str) -> Person:
    return Person(id, desk.directory.person(id).name)


def faults(values: Mapping[str, str]) -> dict[str, str]:
    return {} if values.get("text", "").strip() else {"text": "Please write a few words."}


ACTS: tuple[Act, ...] = (
    Verb(
        "actions",
        by_words,
        usage="[add <text> [@owner]]",
        help="what is still to do; `add`, `done`, `drop`, `reopen`, `take`, `give`, `mine`",
        group="Write down",
        label="Action items",
        needs=ANYBODY,
        other_names=("action",),
    ),
    Click("action.new", open_form),
    Click("action.done", pressed, needs=ANYBODY),
    Click("action.drop", pressed, needs=ANYBODY),
    Click("action.reassign", reassign),
    Form("action.add", by_form, faults),
    Form("action.assign", reassigned),
    Shortcut(
        "action.make",
        from_message,
        "Make an action item",
        "Somebody will do what this message asks for",
        on="message",
    ),
)
