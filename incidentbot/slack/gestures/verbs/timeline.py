"""The story so far, page by page, and lines that people write into it."""

from datetime import timedelta

from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle
from incidentbot.slack.blocks import story
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.blocks.story import Asked
from incidentbot.slack.gestures.act import ANYBODY, Act, Click, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of, without_number
from incidentbot.slack.gestures.messages import responder


def show(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    text = without_number(gesture, gesture.text)
    if text.lower().partition(" ")[0] == "add":
        responder(desk, gesture, f"`{desk.command} timeline add`")
        if not text[4:].strip():
            raise Refused("Write a few words behind `add`; `note` alone opens a form.")
        key = f"note:{gesture.key}"
        lifecycle.note(session, incident.id, text[4:].strip(), gesture.person, key)
        return None
    return _page(session, Asked(incident.id))


def page(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    """Older or newer: in the place of the page that was there."""
    asked = _asked(session, gesture)
    return _page(session, asked) | {"replace_original": True}


async def narrow(desk: Desk, gesture: Gesture) -> Message | None:
    asked = await desk.store.tx(_asked, gesture)
    await desk.open_form(gesture, story.filter_form(asked, gesture.channel))
    return None


def narrowed(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    values = gesture.values
    incident = incident_of(session, gesture)
    kinds = tuple(kind for kind in values.get("kinds", "").split(",") if kind)
    hours = int(values.get("since") or 0)
    since = int((clock.now() - timedelta(hours=hours)).timestamp()) if hours else 0
    return _page(session, Asked(incident.id, kinds, values.get("who", ""), since))


def _asked(session: Session, gesture: Gesture) -> Asked:
    """Of a button; who may see the incident is asked anew each time."""
    asked = story.unpacked(gesture.value)
    if asked is None:
        raise Refused("This button is from an older version; `timeline` shows it anew.")
    incident_of(session, gesture)
    return asked


def _page(session: Session, asked: Asked) -> Message:
    entries = timeline.told(timeline.read(session, asked.incident_id))
    return story.page(asked, story.chosen(asked, entries))


ACTS: tuple[Act, ...] = (
    Verb(
        "timeline",
        show,
        usage="[add <text>]",
        help="what happened, with filters; `add` writes a line into it",
        group="Look",
        label="Timeline",
        needs=ANYBODY,
    ),
    Click("timeline.page", page, needs=ANYBODY),
    Click("timeline.narrow", narrow, needs=ANYBODY),
    Form("timeline.filter", narrowed, needs=ANYBODY),
)
