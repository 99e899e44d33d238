"""Making an open incident private: who may see it from now on, and what cannot be taken back."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents import privacy
from incidentbot.incidents.rights import COMMANDER
from incidentbot.slack.blocks import asked, replies
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of


def form(desk: Desk, session: Session, gesture: Gesture) -> View:
    incident = incident_of(session, gesture)
    _allowed(desk)
    if incident.private:
        raise Refused(f"{incident.id} is private already.")
    return asked.private_form(incident.id, gesture.channel)


def by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    raise Refused("`private` has a form, because it cannot be taken back: type it without words.")


def by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    _allowed(desk)
    incident = incident_of(session, gesture)
    people = [person for person in gesture.values.get("people", "").split(",") if person]
    if not privacy.make_private(session, incident.id, gesture.person, people):
        return replies.plain(f"{incident.id} is private already.")
    return replies.plain(
        f"{incident.id} is private. Its new channel comes now, and you are invited; this one is"
        " archived. What was said here before stays readable."
    )


def _allowed(desk: Desk) -> None:
    if not desk.settings.slack.private:
        raise Refused(
            "Private incidents are switched off here; nothing was changed. `slack.private: true`"
            " in the configuration switches them on, with the scopes that it takes."
        )


def faults(values: Mapping[str, str]) -> dict[str, str]:
    if "yes" in values.get("sure", ""):
        return {}
    return {"sure": "Please tick it: a channel that was public cannot be made unread."}


ACTS: tuple[Act, ...] = (
    Verb(
        "private",
        by_words,
        help="make it private: a new channel, for those who are let in",
        group="Run it",
        label="Make it private",
        needs=COMMANDER,
        form=form,
    ),
    Form("incident.private", by_form, faults, needs=COMMANDER),
)
