"""What stakeholders are told now, and when they hear again."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incidentbot import clock, timeline
from incidentbot.incidents import cadence, lifecycle
from incidentbot.slack.blocks import modals, telling
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Click, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of, without_number
from incidentbot.store.models import Incident
from incidentbot.timeline import Entry

CHATTER = ("message", "page", "external", "document")  # nothing that stakeholders ask about


def form(desk: Desk, session: Session, gesture: Gesture) -> View:
    incident = incident_of(session, gesture)
    last, since = _since(timeline.read(session, incident.id))
    interval = cadence.usual(incident, desk.settings.slack.update_every)
    return modals.update(
        incident.id,
        str(last.data.get("now") or last.text) if last else incident.summary,
        gesture.channel,
        since=telling.since_lines(since),
        usual=_nearest(interval),
    )


def by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    text = without_number(gesture, gesture.text)
    interval = cadence.usual(incident, desk.settings.slack.update_every)
    more = cadence.promise(clock.now() + interval if interval else None)
    return _update(session, incident, text, gesture, more)


def by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    values = {name: text.strip() for name, text in gesture.values.items()}
    parts = {name: values[name] for name, _ in telling.PARTS if values.get(name)}
    more = {"now": values["text"]} | parts | cadence.promise(_chosen(desk, incident, values))
    return _update(session, incident, telling.whole(values["text"], parts), gesture, more)


async def open_form(desk: Desk, gesture: Gesture) -> Message | None:
    await desk.open_form(gesture, await desk.store.tx(lambda s: form(desk, s, gesture)))
    return None


def _update(
    session: Session, incident: Incident, text: str, gesture: Gesture, more: dict[str, str]
) -> Message | None:
    key = f"update:{gesture.key}"
    lifecycle.update(session, incident.id, text, gesture.person, key=key, more=more)
    return None


def _since(entries: list[Entry]) -> tuple[Entry | None, list[Entry]]:
    """The last update, and what came after it."""
    updates = [at for at, entry in enumerate(entries) if entry.kind == "update"]
    first = updates[-1] + 1 if updates else 0
    after = [entry for entry in entries[first:] if entry.kind not in CHATTER]
    return (entries[updates[-1]] if updates else None), after


def _chosen(desk: Desk, incident: Incident, values: Mapping[str, str]) -> datetime | None:
    """When the next one comes, as the form says, or as is usual where it does not."""
    said = values.get("next", "")
    if said == cadence.ON_CHANGE:
        return None
    if said.isdecimal():
        return clock.now() + timedelta(minutes=int(said))
    interval = cadence.usual(incident, desk.settings.slack.update_every)
    return clock.now() + interval if interval else None


def _nearest(interval: timedelta | None) -> str:
    if interval is None:
        return cadence.ON_CHANGE
    minutes = interval.total_seconds() / 60
    return str(min(cadence.CHOICES, key=lambda choice: abs(choice - minutes)))


def faults(values: Mapping[str, str]) -> dict[str, str]:
    return {} if values.get("text", "").strip() else {"text": "Please write a few words."}


ACTS: tuple[Act, ...] = (
    Verb(
        "update",
        by_words,
        usage="<text>",
        help="tell stakeholders",
        group="Tell people",
        label="Post an update",
        form=form,
    ),
    Click("incident.update", open_form),
    Form("incident.update", by_form, faults),
)
