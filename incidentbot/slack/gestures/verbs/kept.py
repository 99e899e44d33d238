"""Messages that people keep: by a pushpin, by the message's own menu; what becomes of them there.

Events come twice, late and in any order, so what matters is asked of Slack as it is now: is the
message still there, what does it say, is a pushpin still on it.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from incidentbot.errors import Refused, Temporary
from incidentbot.incidents import kept
from incidentbot.incidents.kept import Said
from incidentbot.incidents.people import Person
from incidentbot.slack.blocks import replies, writing
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures import finding, messages, said
from incidentbot.slack.gestures.act import Act, Click, Form, Heard, Shortcut
from incidentbot.slack.gestures.gesture import Desk, Gesture, here_of
from incidentbot.slack.gestures.messages import choices, is_machine, named, responder, stored

OURS = "incidentbot_delivery"  # the marker of what the outbox sent


@messages.patient
async def pushpin(desk: Desk, gesture: Gesture) -> Message | None:
    channel, ts = _item(gesture)
    if not _keeps(desk, gesture) or is_machine(desk, gesture.person.id):
        return None
    responder(desk, gesture, "Keeping a message")
    incident_id = await desk.store.tx(here_of, channel)
    if incident_id is None:
        offered = await desk.store.tx(choices, gesture.person)
        return writing.ask_which(offered, f"{channel}|{ts}")
    message = await finding.look(desk.client, channel, ts)
    if message is not None and not finding.reacted(message, desk.settings.slack.keep_reaction):
        return None  # taken off again before we looked
    await _keep(desk, gesture, incident_id, channel, ts, message)
    return None


@messages.patient
async def taken_off(desk: Desk, gesture: Gesture) -> Message | None:
    """The last pushpin is gone: the entry stays, and a note says so."""
    channel, ts = _item(gesture)
    if not _keeps(desk, gesture) or not await desk.store.tx(kept.is_kept, channel, ts):
        return None
    message = await finding.look(desk.client, channel, ts)
    if message is None or finding.reacted(message, desk.settings.slack.keep_reaction):
        return None  # its deletion is told by itself
    mark = str(gesture.event.get("event_ts", ""))
    await desk.store.tx(kept.released, channel, ts, mark)
    return None


@messages.patient
async def chosen(desk: Desk, gesture: Gesture) -> Message | None:
    """The incident for a pushpin that was put on somewhere else."""
    incident_id, channel, ts = messages.parts(gesture.value, 3)
    await desk.store.tx(named, incident_id, gesture)
    message = await finding.look(desk.client, channel, ts)
    wrote = await _keep(desk, gesture, incident_id, channel, ts, message)
    return _told(incident_id, wrote) | {"replace_original": True}


@messages.patient
async def shortcut(desk: Desk, gesture: Gesture) -> Message | None:
    """From the message's menu: here it is known what it says, wherever it stands."""
    incident_id = await desk.store.tx(here_of, gesture.channel)
    if incident_id is None:
        offered = await desk.store.tx(choices, gesture.person)
        form = writing.which_form(
            "timeline.keep", "Add to a timeline", offered, gesture.key, gesture.channel
        )
        await desk.open_form(gesture, form)
        return None
    ts = str(gesture.message.get("ts", ""))
    wrote = await _keep(desk, gesture, incident_id, gesture.channel, ts, gesture.message)
    return _told(incident_id, wrote)


async def by_form(desk: Desk, gesture: Gesture) -> Message | None:
    incident_id = gesture.values.get("incident", "")
    await desk.store.tx(named, incident_id, gesture)
    payload = await desk.store.tx(stored, gesture.value)
    channel = str(payload["channel"]["id"])
    one = await finding.as_said(desk.client, desk.directory, payload["message"], channel)
    wrote = await desk.store.tx(kept.keep, incident_id, one, gesture.person)
    return _told(incident_id, wrote)


def edited(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    message = gesture.event.get("message") or {}
    if message.get("subtype") == "tombstone":  # deleted, with answers below it
        kept.deleted(session, gesture.channel, str(message.get("ts")), _at(gesture))
    else:
        kept.changed(session, said.said(message, gesture.channel, desk.directory.name))
    return None


def deleted(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    kept.deleted(session, gesture.channel, str(gesture.event.get("deleted_ts")), _at(gesture))
    return None


async def _keep(
    desk: Desk,
    gesture: Gesture,
    incident_id: str,
    channel: str,
    ts: str,
    message: dict[str, Any] | None,
) -> bool:
    """Put it into the story, and look once more: an edit meanwhile found nothing to add to."""
    if message is None:
        raise Refused("That message is not there any more; nothing was kept.")
    one = await finding.as_said(desk.client, desk.directory, message, channel)
    mark = str(gesture.event.get("event_ts") or gesture.key)
    if not await desk.store.tx(_write, incident_id, one, gesture.person, mark):
        return False
    try:
        now = await finding.look(desk.client, channel, ts)
    except (Refused, Temporary):
        return True  # it is kept; Slack will tell of an edit that comes from now on
    if now is None:
        await desk.store.tx(kept.deleted, channel, ts)
    else:
        again = await finding.as_said(desk.client, desk.directory, now, channel)
        await desk.store.tx(kept.changed, again)
    return True


def _write(session: Session, incident_id: str, one: Said, by: Person, mark: str) -> bool:
    if kept.keep(session, incident_id, one, by):
        return True
    kept.held_again(session, one.channel, one.ts, mark)
    return False


def _told(incident_id: str, wrote: bool) -> Message:
    there = "" if wrote else " already"
    return replies.plain(f"The message is in the timeline of {incident_id}{there}.")


def _item(gesture: Gesture) -> tuple[str, str]:
    item = gesture.event.get("item") or {}
    return str(item.get("channel", "")), str(item.get("ts", ""))


def _keeps(desk: Desk, gesture: Gesture) -> bool:
    return gesture.event.get("reaction") in desk.settings.slack.keep_reaction


def _at(gesture: Gesture) -> Any:
    ts = str(gesture.event.get("event_ts") or gesture.event.get("ts") or "")
    return said.moment(ts) if "." in ts else None


def _on_a_message(event: Mapping[str, Any]) -> bool:
    return (event.get("item") or {}).get("type") == "message"


def _in_a_channel(event: Mapping[str, Any]) -> bool:
    return str(event.get("channel", ""))[:1] in ("C", "G")


def _by_hand(event: Mapping[str, Any]) -> bool:
    """Whether its words changed. Our own cards change all day; previews change nothing."""
    now, before = event.get("message") or {}, event.get("previous_message") or {}
    if (now.get("metadata") or {}).get("event_type") == OURS:
        return False
    return _in_a_channel(event) and any(
        now.get(part) != before.get(part) for part in ("text", "files", "subtype")
    )


ACTS: tuple[Act, ...] = (
    Heard("reaction_added", pushpin, _on_a_message, scope="reactions:read"),
    Heard("reaction_removed", taken_off, _on_a_message, scope="reactions:read"),
    Heard(
        "message/message_changed",
        edited,
        _by_hand,
        sent_as=("message.channels",),
        scope="channels:history",
    ),
    Heard(
        "message/message_deleted",
        deleted,
        _in_a_channel,
        sent_as=("message.channels",),
        scope="channels:history",
    ),
    Click("kept.choose", chosen),
    Shortcut(
        "timeline.keep",
        shortcut,
        "Add to timeline",
        "Keep this message in an incident's timeline",
        on="message",
    ),
    Form("timeline.keep", by_form),
)
