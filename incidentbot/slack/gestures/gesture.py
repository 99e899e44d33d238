"""One act of one person, read from what Slack sent, and what a handler may answer."""

import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle, privacy
from incidentbot.incidents.people import Person
from incidentbot.paging import contract as paging
from incidentbot.settings import Settings
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.home import Home
from incidentbot.slack.inbound.inbox import Item
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.slack.people.directory import Directory
from incidentbot.slack.present import Presenter
from incidentbot.store import Store
from incidentbot.store.models import Channel, Incident

NUMBER = re.compile(r"\bINC-\d+\b", re.IGNORECASE)
FIRST = re.compile(r"^INC-\d+\b", re.IGNORECASE)
AFTER_ADD = re.compile(r"(?:^|(?<=^add ))INC-\d+\b", re.IGNORECASE)
AFTER_LEVEL = re.compile(r"(?:^|(?<=^[1-5] ))INC-\d+\b", re.IGNORECASE)
BEFORE_ANOTHER = re.compile(r"^INC-\d+\b(?=.*\bINC-\d)", re.IGNORECASE)
# Where people write sentences, a number inside one is a word of theirs and names no incident.
SENTENCES = {
    "timeline": AFTER_ADD,
    "actions": AFTER_ADD,
    "severity": AFTER_LEVEL,
    "sev": AFTER_LEVEL,
    "merge": BEFORE_ANOTHER,  # a single number there is the incident that goes on
    # `link INC-7` links with it; only before an address or another number it says where.
    "link": re.compile(r"^INC-\d+\b(?=\s+(?:<?https?:|INC-\d))", re.IGNORECASE),
    "search": re.compile(r"(?!)"),  # all of it is looked for
} | dict.fromkeys(
    (
        "update",
        "resolve",
        "close",
        "reopen",
        "mitigate",
        "note",
        "rename",
        "statuspage",
        "halt",
        "stop",
    ),
    FIRST,
)
ANSWERS_WHEN_MERGED = (
    "status", "timeline", "postmortem", "export", "whois", "reopen", "incident.reopen", "merge"
)  # fmt: skip
AT_THE_START = re.compile(r"^\s*<@[UW][A-Z0-9]+(?:\|[^>]*)?>")


class Merged(Refused):
    """It goes on as part of another one: `goes_on`, whose channel is `room` (or empty)."""

    def __init__(self, incident_id: str, goes_on: str, room: str) -> None:
        super().__init__(f"{incident_id} was merged into {goes_on}; it goes on there.")
        self.incident_id, self.goes_on, self.room = incident_id, goes_on, room


@dataclass(frozen=True, slots=True)
class Gesture:
    """`name` is the command's verb, the button's action_id, the form's or shortcut's callback_id,
    or the event's type. `kind` is that of the inbox; a button named "verb:..." is a command."""

    key: str
    name: str
    person: Person
    kind: str = "command"
    text: str = ""  # after the verb, as the person typed it
    raw: str = ""  # the same as Slack sent it, with people as <@U123|name>
    value: str = ""  # what a button carries; the ids in a form's private_metadata
    values: dict[str, str] = field(default_factory=dict)  # block_id -> entered; several: a,b,c
    channel: str = ""
    thread: str = ""  # ts of the thread's first message, when it was said in one
    trigger_id: str = ""
    response_url: str = ""
    team: str = ""
    at: datetime | None = None  # when Slack's request came
    message: dict[str, Any] = field(default_factory=dict)  # of a button or a message shortcut
    view: dict[str, Any] = field(default_factory=dict)  # of a form, or of a button in one
    event: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """What handlers work with. `draft` writes an incident's postmortem."""

    store: Store
    client: SlackClient
    directory: Directory
    present: Presenter
    runbooks: Any  # runbooks.service.Runbooks
    draft: Callable[[str], Coroutine[Any, Any, Any]]
    settings: Settings
    asks: paging.Desk  # what providers of paging may use
    home: Home

    @property
    def command(self) -> str:
        return self.settings.slack.command

    async def open_form(self, gesture: Gesture, view: dict[str, Any]) -> None:
        """Show a form: straight away and past the outbox, since Slack allows three seconds.

        A button inside a form puts its form on top of it.
        """
        args = {"trigger_id": gesture.trigger_id, "view": view}
        if gesture.view.get("type") == "modal":
            await self.client.call("views.push", args)
        else:
            await self.client.call("views.open", args)


Handler = Callable[[Desk, Session, Gesture], Message | None]
SlowHandler = Callable[[Desk, Gesture], Coroutine[Any, Any, Message | None]]


def incident_of(session: Session, gesture: Gesture) -> Incident:
    """The incident that is meant: the one named, else the channel's, else the only open one.

    One that this person may not see does not exist for them. One that was merged is answered with
    where it went on.
    """
    incident = _meant(session, gesture)
    if incident.merged_into is not None and gesture.name not in ANSWERS_WHEN_MERGED:
        goes_on = lifecycle.survivor(session, incident).id
        room = session.get(Channel, goes_on)
        raise Merged(incident.id, goes_on, (room.channel_id if room else None) or "")
    return incident


def _meant(session: Session, gesture: Gesture) -> Incident:
    named = NUMBER.search(gesture.value) or _number(gesture).search(gesture.text)
    number = named[0].upper() if named else None
    here = here_of(session, gesture.channel)
    if number is not None and number != here:
        return privacy.visible(session, number, gesture.person)
    if here is not None:
        # Whoever is in a private channel may see it, whoever let them in.
        return lifecycle.get(session, here)
    seen = lifecycle.listed(session, to=gesture.person)
    live = [row for row in seen if row.status != "resolved"]
    if len(live) == 1:
        return live[0]
    if not live:
        raise Refused("No incident is open.")
    names = ", ".join(f"{row.id} ({row.title})" for row in live[:5])
    raise Refused(f"Which incident? Use its channel or name it: {names}.")


def here_of(session: Session, channel: str) -> str | None:
    """The incident whose channel this is."""
    if not channel:
        return None
    row = session.scalar(select(Channel).filter_by(channel_id=channel))
    return row.incident_id if row else None


def without_number(gesture: Gesture, text: str) -> str:
    """What remains of the gesture's text when the incident it names is taken out."""
    return _number(gesture).sub("", text, count=1).strip()


def read(item: Item, directory: Directory) -> Gesture:
    """What Slack sent, as a gesture."""
    return _READERS[item.kind](item, directory)


def who(item: Item) -> tuple[str, str, str]:
    """(id, name for reading, team) of whoever did it; the id may be empty for an event."""
    payload = item.payload
    if item.kind == "command":
        return payload["user_id"], payload.get("user_name", ""), payload.get("team_id", "")
    if item.kind == "event":
        event = payload.get("event") or {}
        user = event.get("user") or ""
        return (user if isinstance(user, str) else user.get("id", "")), "", ""
    user = payload["user"]
    return user["id"], user.get("name") or user.get("username", ""), user.get("team_id") or ""


def _base(item: Item, directory: Directory) -> dict[str, Any]:
    id, name, team = who(item)
    payload = item.payload
    return {
        "key": item.key,
        "kind": item.kind,
        "person": directory.person(id, name),
        "team": team,
        "trigger_id": payload.get("trigger_id") or "",
        "response_url": payload.get("response_url") or "",
    }


def _read_command(item: Item, directory: Directory) -> Gesture:
    payload = item.payload
    verb, _, rest = str(payload.get("text", "")).strip().partition(" ")
    return Gesture(
        **_base(item, directory),
        name=verb.lower(),
        text=unescape(rest.strip()),
        raw=rest.strip(),
        channel=payload.get("channel_id", ""),
    )


def _read_submit(item: Item, directory: Directory) -> Gesture:
    view = item.payload["view"]
    about, _, channel = str(view.get("private_metadata", "")).rpartition("|")
    return Gesture(
        **_base(item, directory),
        name=view["callback_id"],
        value=about,
        values=values_of(view),
        channel=channel,
        view=view,
    )


def _read_click(item: Item, directory: Directory) -> Gesture:
    payload = item.payload
    action, view = payload["actions"][0], payload.get("view") or {}
    name, _, more = action["action_id"].partition(":")
    value = chosen(action)
    channel = (payload.get("channel") or {}).get("id") or ""
    if not channel and view:
        channel = str(view.get("private_metadata", "")).rpartition("|")[2]
    given = Gesture(
        **_base(item, directory),
        name=name,
        value=value,
        channel=channel,
        view=view,
        message=payload.get("message") or {},
        thread=str((payload.get("container") or {}).get("thread_ts") or ""),
    )
    if name == "verb":
        said = value.strip()
        verb = more.partition(":")[0]
        return replace(given, kind="command", name=verb, text=said, raw=said)
    return given


def _read_shortcut(item: Item, directory: Directory) -> Gesture:
    payload = item.payload
    return Gesture(
        **_base(item, directory),
        name=payload["callback_id"],
        channel=(payload.get("channel") or {}).get("id") or "",
        message=payload.get("message") or {},
    )


def _read_event(item: Item, directory: Directory) -> Gesture:
    event = item.payload.get("event") or {}
    addressed = event.get("type") == "app_mention" or event.get("channel_type") == "im"
    if addressed and "text" in event and not event.get("subtype"):
        return _read_words(item, directory)
    channel = event.get("channel") or (event.get("item") or {}).get("channel") or ""
    more = event.get("subtype")
    return Gesture(
        **_base(item, directory),
        name=f"{event.get('type', '')}/{more}" if more else str(event.get("type", "")),
        channel=channel if isinstance(channel, str) else str(channel.get("id", "")),
        event=event,
    )


def _read_words(item: Item, directory: Directory) -> Gesture:
    """A mention, or words in the bot's own conversation: the same as the command with them."""
    event = item.payload["event"]
    us = str(((item.payload.get("authorizations") or [{}])[0]).get("user_id") or "")
    said = str(event.get("text") or "")
    if us:
        before, mention, after = said.partition(f"<@{us}")
        said = after.partition(">")[2] if mention else before
    said = AT_THE_START.sub("", said)
    verb, _, rest = said.strip(" \n,:").partition(" ")
    return Gesture(
        **_base(item, directory) | {"kind": "command"},
        name=verb.lower().rstrip("?!.,"),
        text=unescape(rest.strip()),
        raw=rest.strip(),
        channel=str(event.get("channel") or ""),
        thread=str(event.get("thread_ts") or ""),
        event=event,
    )


_READERS: Mapping[str, Callable[[Item, Directory], Gesture]] = {
    "command": _read_command,
    "submit": _read_submit,
    "click": _read_click,
    "shortcut": _read_shortcut,
    "event": _read_event,
}


def unescape(text: str) -> str:
    """Slack escapes three characters in everything that people type."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _number(gesture: Gesture) -> re.Pattern[str]:
    if FIRST.match(gesture.value):
        return FIRST  # a button names its incident first
    return SENTENCES.get(gesture.name, NUMBER)


def values_of(view: Mapping[str, Any]) -> dict[str, str]:
    """block_id -> what was entered or chosen there; several choices as "a,b,c"."""
    states = (view.get("state") or {}).get("values", {})
    return {
        block: next((value for e in elements.values() if (value := chosen(e))), "")
        for block, elements in states.items()
    }


def chosen(element: Mapping[str, Any]) -> str:
    """The value of one element, whatever its kind: what a press, a choice or a text gave."""
    for name in ("value", "selected_user", "selected_conversation", "selected_channel",
                 "selected_date", "selected_time", "selected_date_time"):  # fmt: skip
        if element.get(name) is not None:
            return str(element[name])
    if element.get("selected_option"):
        return str(element["selected_option"].get("value") or "")
    for name in ("selected_users", "selected_conversations", "selected_channels"):
        if element.get(name):
            return ",".join(element[name])
    options = element.get("selected_options") or ()
    return ",".join(str(option.get("value")) for option in options)
