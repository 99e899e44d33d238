"""Linking what belongs to an incident: an address, another incident, a message."""

import re
from collections.abc import Mapping

from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents import links
from incidentbot.incidents.kept import Said
from incidentbot.slack.blocks import replies, writing
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures import finding
from incidentbot.slack.gestures.act import Act, Form, Shortcut, Verb
from incidentbot.slack.gestures.gesture import (
    Desk,
    Gesture,
    here_of,
    incident_of,
    unescape,
    without_number,
)
from incidentbot.slack.gestures.messages import choices, named, stored
from incidentbot.slack.outbound import outbox
from incidentbot.store.models import Channel

ADDRESS = re.compile(r"^<([^<>|\s]+)(?:\|[^<>]*)?>|^(\S+)")  # as Slack marks it, or as it is
NUMBER = re.compile(r"^INC-\d+$", re.IGNORECASE)


def form(desk: Desk, session: Session, gesture: Gesture) -> View:
    return writing.link_form(incident_of(session, gesture).id, gesture.channel)


def by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    raw = without_number(gesture, gesture.raw)
    found = ADDRESS.search(raw)
    if found is None:
        raise Refused("Give an address or an incident: `link https://...`, `link INC-7`.")
    target = unescape(found[1] or found[2])
    return _link(session, gesture, target, unescape(raw[found.end() :].strip()), "page")


def by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    values = gesture.values
    kind = values.get("kind") or "page"
    return _link(session, gesture, values["url"].strip(), values.get("title", ""), kind)


async def from_message(desk: Desk, gesture: Gesture) -> Message | None:
    offered = await desk.store.tx(choices, gesture.person)
    form = writing.which_form(
        "message.link", "Link to an incident", offered, gesture.key, gesture.channel
    )
    await desk.open_form(gesture, form)
    return None


async def by_message(desk: Desk, gesture: Gesture) -> Message | None:
    """The link stands on the incident, and in the message's thread stands where it belongs."""
    payload = await desk.store.tx(stored, gesture.value)
    message, channel = payload["message"], str(payload["channel"]["id"])
    one = await finding.as_said(desk.client, desk.directory, message, channel)
    if not one.link:
        raise Refused("Slack does not tell me its own address now, so there is nothing to link.")
    thread = str(message.get("thread_ts") or one.ts)
    url = str(payload.get("response_url") or "")
    return await desk.store.tx(_link_message, gesture, one, thread, url)


def _link(session: Session, gesture: Gesture, target: str, title: str, kind: str) -> Message | None:
    incident = incident_of(session, gesture)
    if NUMBER.match(target):
        new = links.join(session, incident.id, target.upper(), gesture.person)
    else:
        new = links.add(session, incident.id, target, gesture.person, title=title, kind=kind)
    return None if new else replies.plain(f"{incident.id} has that link already.")


def _link_message(
    session: Session, gesture: Gesture, one: Said, thread: str, response_url: str
) -> Message:
    incident = named(session, gesture.values.get("incident", ""), gesture)
    title = f"{one.name}: {' '.join(one.words.split())}"
    new = links.add(
        session, incident.id, one.link, gesture.person, title=title[:150], kind=links.MESSAGE
    )
    if not new:
        return replies.plain(f"{incident.id} has that link already.")
    elsewhere = here_of(session, one.channel) != incident.id
    if elsewhere and not incident.private and response_url:
        room = session.get(Channel, incident.id)
        told = writing.linked_here(incident.id, incident.title, (room and room.channel_id) or "")
        answer = told | {"response_type": "in_channel", "thread_ts": thread}
        outbox.respond(session, f"linked:{gesture.key}", response_url, answer)
    return replies.plain(f"{incident.id} has the link to that message.")


def faults(values: Mapping[str, str]) -> dict[str, str]:
    url = values.get("url", "").strip()
    if NUMBER.match(url):
        return {}
    try:
        links.checked(url)
    except Refused as refusal:
        return {"url": refusal.message}
    return {}


ACTS: tuple[Act, ...] = (
    Verb(
        "link",
        by_words,
        usage="<address or INC-7> [title]",
        help="what belongs to it: a page, a meeting, another incident",
        group="Write down",
        label="Add a link",
        form=form,
    ),
    Form("incident.link", by_form, faults),
    Shortcut(
        "message.link",
        from_message,
        "Link to incident",
        "This message belongs to an incident",
        on="message",
    ),
    Form("message.link", by_message),
)
