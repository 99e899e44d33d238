"""Another name, and two that are one."""

from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle, privacy, reshape
from incidentbot.incidents.rights import COMMANDER
from incidentbot.slack.blocks import replies, running
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Form, Verb
from incidentbot.slack.gestures.gesture import NUMBER, Desk, Gesture, incident_of, without_number
from incidentbot.store.models import Incident

MOST = 100


def rename_form(desk: Desk, session: Session, gesture: Gesture) -> View:
    incident = incident_of(session, gesture)
    lifecycle.still_open(session, incident.id)
    return running.rename(incident.id, incident.title, gesture.channel)


def rename(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    typed = without_number(gesture, gesture.text)
    title = gesture.values["title"] if gesture.kind == "submit" else typed
    if reshape.rename(session, incident.id, title, gesture.person):
        return None
    return replies.plain(f"{incident.id} has that title already.")


def merge_form(desk: Desk, session: Session, gesture: Gesture) -> View:
    incident = incident_of(session, gesture)
    lifecycle.still_open(session, incident.id)
    seen = lifecycle.listed(session, MOST, to=gesture.person)
    others = [row for row in seen if row.status != "resolved" and row.id != incident.id]
    if not others:
        raise Refused(f"No other incident is open, so {incident.id} cannot become part of one.")
    options = [(row.id, f"{row.id} sev {row.severity}: {row.title}") for row in others]
    return running.merge(incident.id, options, gesture.channel)


def merge_by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    """`merge INC-3` here, `merge INC-1 INC-3` anywhere: the last one goes on."""
    incident = incident_of(session, gesture)
    numbers = NUMBER.findall(gesture.text)
    if not numbers:
        raise Refused("Name the incident that goes on, like INC-3.")
    return _merge(desk, session, gesture, incident, numbers[-1].upper())


def merge_by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    return _merge(desk, session, gesture, incident, gesture.values.get("into", ""))


def _merge(
    desk: Desk, session: Session, gesture: Gesture, incident: Incident, into: str
) -> Message | None:
    privacy.visible(session, into, gesture.person)
    running_now = desk.runbooks.under_way(session, incident.id)
    if running_now:
        plans = ", ".join(running_now)
        raise Refused(f"{plans} is under way in {incident.id}. Merge when it has ended.")
    if reshape.merge(session, incident.id, into, gesture.person):
        return None
    return replies.plain(f"{incident.id} was merged into {incident.merged_into} already.")


ACTS: tuple[Act, ...] = (
    Verb(
        "rename",
        rename,
        usage="<title>",
        help="another title; the channel's name follows",
        group="Run it",
        label="Rename it",
        form=rename_form,
    ),
    Verb(
        "merge",
        merge_by_words,
        usage="<INC-3>",
        help="this one goes on as part of INC-3",
        group="Run it",
        label="Merge it",
        needs=COMMANDER,
        form=merge_form,
    ),
    Form("incident.rename", rename, running.words_missing("title")),
    Form("incident.merge", merge_by_form, needs=COMMANDER),
)
