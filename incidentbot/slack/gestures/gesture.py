"""One act of one person, read from what Slack sent, and what a handler may answer."""

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.client import SlackClient
from incidentbot.slack.directory import Directory
from incidentbot.slack.inbox import Item
from incidentbot.slack.present import Presenter
from incidentbot.store import Store
from incidentbot.store.models import Channel, Incident

NUMBER = re.compile(r"\bINC-\d+\b", re.IGNORECASE)
FIRST = re.compile(r"^INC-\d+\b", re.IGNORECASE)
AFTER_ADD = re.compile(r"(?:^|(?<=^add ))INC-\d+\b", re.IGNORECASE)
# Where people write sentences, a number inside one is a word of theirs and names no incident.
SENTENCES = {"update": FIRST, "resolve": FIRST, "timeline": AFTER_ADD}


@dataclass(frozen=True, slots=True)
class Gesture:
    """`name` is the command's verb, the button's action_id or the form's callback_id."""

    key: str
    name: str
    person: Person
    text: str = ""  # after the verb, as the person typed it
    raw: str = ""  # the same as Slack sent it, with people as <@U123|name>
    value: str = ""
    values: dict[str, str] = field(default_factory=dict)
    channel: str = ""
    trigger_id: str = ""
    response_url: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """What handlers work with."""

    store: Store
    client: SlackClient
    directory: Directory
    present: Presenter
    runbooks: Any  # runbooks.service.Runbooks
    draft: Callable[[str], Coroutine[Any, Any, Any]]
    command: str


Handler = Callable[[Desk, Session, Gesture], Message | None]
SlowHandler = Callable[[Desk, Gesture], Coroutine[Any, Any, Message | None]]


def incident_of(session: Session, gesture: Gesture) -> Incident:
    """The incident that is meant: the one named, else the channel's, else the only open one."""
    named = NUMBER.search(gesture.value) or _number(gesture).search(gesture.text)
    if named:
        return lifecycle.get(session, named[0].upper())
    here = session.scalar(select(Channel).filter_by(channel_id=gesture.channel))
    if here is not None:
        return lifecycle.get(session, here.incident_id)
    live = [row for row in lifecycle.listed(session) if row.status != "resolved"]
    if len(live) == 1:
        return live[0]
    if not live:
        raise Refused("No incident is open.")
    names = ", ".join(f"{row.id} ({row.title})" for row in live[:5])
    raise Refused(f"Which incident? Use its channel or name it: {names}.")


def without_number(gesture: Gesture, text: str) -> str:
    """What remains of the gesture's text when the incident it names is taken out."""
    return _number(gesture).sub("", text, count=1).strip()


def read(item: Item, directory: Directory) -> Gesture:
    """What Slack sent, as a gesture."""
    payload = item.payload
    if item.kind == "command":
        verb, _, rest = str(payload.get("text", "")).strip().partition(" ")
        return Gesture(
            key=item.key,
            name=verb.lower(),
            person=directory.person(payload["user_id"], payload.get("user_name", "")),
            text=unescape(rest.strip()),
            raw=rest.strip(),
            channel=payload.get("channel_id", ""),
            trigger_id=payload.get("trigger_id", ""),
            response_url=payload.get("response_url", ""),
        )
    user = payload["user"]
    person = directory.person(user["id"], user.get("name") or user.get("username", ""))
    if item.kind == "submit":
        view = payload["view"]
        about, _, channel = str(view.get("private_metadata", "")).rpartition("|")
        name, values = view["callback_id"], _values(view)
        return Gesture(item.key, name, person, value=about, values=values, channel=channel)
    action = payload["actions"][0]
    return Gesture(
        key=item.key,
        name=action["action_id"].partition(":")[0],
        person=person,
        value=str(action.get("value", "")),
        channel=(payload.get("channel") or {}).get("id", ""),
        trigger_id=payload.get("trigger_id", ""),
        response_url=payload.get("response_url", ""),
    )


def unescape(text: str) -> str:
    """Slack escapes three characters in everything that people type."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _number(gesture: Gesture) -> re.Pattern[str]:
    return SENTENCES.get(gesture.name, NUMBER)


def _values(view: dict[str, Any]) -> dict[str, str]:
    """block_id -> what was entered or chosen."""
    entered = {}
    for block, elements in (view.get("state") or {}).get("values", {}).items():
        for element in elements.values():
            chosen = element.get("selected_option") or {}
            entered[block] = str(element.get("value") or chosen.get("value") or "")
    return entered
