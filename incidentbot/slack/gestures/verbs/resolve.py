"""The end of it: the harm is over, it is closed, and it was not over after all."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle
from incidentbot.incidents.lifecycle import End
from incidentbot.incidents.rights import COMMANDER
from incidentbot.slack.blocks import replies, running
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Click, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of, without_number
from incidentbot.store.models import DependencyState, Incident

ANYWAY = "anyway"


def mitigate_form(desk: Desk, session: Session, gesture: Gesture) -> View:
    incident = incident_of(session, gesture)
    lifecycle.still_open(session, incident.id)
    return running.mitigate(incident.id, gesture.channel)


def mitigate(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    person = gesture.person
    text = f"{person.name} says that the harm is over: {_text(gesture)}"
    if lifecycle.mitigate(session, incident.id, actor=person.id, because=text, name=person.name):
        return None
    return replies.plain(f"{incident.id} is mitigated already.")


def resolve_form(desk: Desk, session: Session, gesture: Gesture) -> View:
    incident = incident_of(session, gesture)
    lifecycle.still_open(session, incident.id)
    left = desk.runbooks.not_normal(session, incident.id)
    return running.resolve(incident.id, gesture.channel, _well_since(session, incident), left)


async def open_resolve(desk: Desk, gesture: Gesture) -> Message | None:
    """The card's button."""
    await desk.open_form(gesture, await desk.store.tx(lambda s: resolve_form(desk, s, gesture)))
    return None


def resolve(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    """By words: `anyway` first, where something is not as usual."""
    text = _text(gesture)
    first, _, rest = text.partition(" ")
    anyway = first.lower().strip(":,") == ANYWAY
    return _resolve(desk, session, gesture, rest.strip() if anyway else text, End(), anyway=anyway)


def resolve_by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    values = gesture.values
    seconds = values.get("well_since", "")
    since = datetime.fromtimestamp(int(seconds), UTC) if seconds else None
    end = End(values.get("lost", ""), values.get("left", "").strip(), since)
    anyway = ANYWAY in values.get(ANYWAY, "")
    return _resolve(desk, session, gesture, values.get("text", "").strip(), end, anyway=anyway)


def _resolve(
    desk: Desk, session: Session, gesture: Gesture, text: str, end: End, *, anyway: bool
) -> Message | None:
    incident = incident_of(session, gesture)
    left = desk.runbooks.not_normal(session, incident.id) if incident.status != "resolved" else []
    if left and not anyway:
        raise Refused(
            f"Mitigated, not normal: {' '.join(left)} {incident.id} stays open. When that is meant:"
            f" `{desk.command} resolve {ANYWAY} {text}`."
        )
    said = f"Not as usual at the end: {' '.join(left)}" if left else ""
    end = End(end.lost, end.left, end.well_since, said)
    if lifecycle.resolve(session, incident.id, actor=gesture.person, text=text, end=end):
        return None
    return replies.plain(f"{incident.id} is resolved already.")


def reopen_form(desk: Desk, session: Session, gesture: Gesture) -> View:
    incident = incident_of(session, gesture)
    if incident.status not in ("resolved", "mitigated"):
        raise Refused(f"{incident.id} is open; there is nothing to reopen.")
    return running.reopen(incident.id, incident.merged_into, gesture.channel)


def reopen(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    """Also of one that is only mitigated: then the harm is back."""
    incident, person, text = incident_of(session, gesture), gesture.person, _text(gesture)
    if lifecycle.reopen(session, incident.id, actor=person, text=text):
        return None
    because = f"{person.name} says that the harm is back: {text}"
    if incident.status == "mitigated" and lifecycle.unmitigate(
        session, incident.id, because=because, actor=person.id, name=person.name
    ):
        return None
    return replies.plain(f"{incident.id} is open already.")


def _text(gesture: Gesture) -> str:
    typed = without_number(gesture, gesture.text)
    return (gesture.values.get("text", "") if gesture.kind == "submit" else typed).strip()


def _well_since(session: Session, incident: Incident) -> datetime | None:
    """What the form begins with: since when users are served, or what the verdict says."""
    if incident.mitigated_at is not None:
        return incident.mitigated_at
    row = session.get(DependencyState, incident.dependency) if incident.dependency else None
    well = row is not None and row.state == "up" and row.since is not None
    return row.since if row is not None and well and row.since > incident.started_at else None


ACTS: tuple[Act, ...] = (
    Verb(
        "mitigate",
        mitigate,
        usage="<what helped>",
        help="the harm is over; the cause may remain",
        group="Run it",
        label="Harm is over",
        form=mitigate_form,
        other_names=("mitigated",),
    ),
    Verb(
        "resolve",
        resolve,
        usage="<what it was>",
        help="close it and draft the postmortem",
        group="Run it",
        label="Resolve it",
        form=resolve_form,
        other_names=("close",),
    ),
    Verb(
        "reopen",
        reopen,
        usage="<why>",
        help="back to work; a merged one goes on by itself again",
        group="Run it",
        label="Reopen it",
        needs=COMMANDER,
        form=reopen_form,
    ),
    Click("incident.resolve", open_resolve),
    Form("incident.mitigate", mitigate, running.words_missing("text")),
    Form("incident.resolve", resolve_by_form, running.resolve_faults),
    Form("incident.reopen", reopen, running.words_missing("text"), needs=COMMANDER),
)
