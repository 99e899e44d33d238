"""Asking people to come, and who would be asked now."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.errors import Refused
from incidentbot.paging import pages
from incidentbot.paging.policy import Policies
from incidentbot.paging.standing import standing
from incidentbot.slack.blocks import forms, replies
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import ANYBODY, Act, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of
from incidentbot.slack.gestures.verbs.role import MENTION


def form(desk: Desk, session: Session, gesture: Gesture) -> View:
    incident = incident_of(session, gesture)
    return forms.form(
        "incident.page",
        f"Page for {incident.id}",
        "Ask them",
        [forms.people("people", "Who is asked to come?")],
        about=incident.id,
        channel=gesture.channel,
    )


def by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    people = [id for id, _ in MENTION.findall(gesture.raw)]
    if not people:
        raise Refused("Mention whom to ask: `page @maya`. `oncall` says who is on call.")
    return _ask(desk, session, gesture, people)


def by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    people = [id for id in gesture.values.get("people", "").split(",") if id]
    return _ask(desk, session, gesture, people)


def faults(values: Mapping[str, str]) -> dict[str, str]:
    return {} if values.get("people") else {"people": "Please choose somebody."}


def _ask(desk: Desk, session: Session, gesture: Gesture, people: list[str]) -> Message | None:
    incident = incident_of(session, gesture)
    if incident.private:
        raise Refused(f"{incident.id} is private: whoever is to come is invited into its channel.")
    if incident.status == "resolved":
        raise Refused(f"{incident.id} is resolved; nobody was asked.")
    pages.ask_people(session, incident.id, people, gesture.person)
    names = ", ".join(desk.directory.name(id) for id in people)
    return replies.plain(f"{names}: asked to come. {incident.id} says when they have answered.")


async def oncall(desk: Desk, gesture: Gesture) -> Message | None:
    at = clock.now()
    told = []
    for name, policy in Policies(desk.settings).all.items():
        used = [d.title for d in desk.settings.dependencies if (d.paging or "") == name]
        told.append((name, used, await standing(policy, at, desk.asks)))
    return replies.oncall(told)


ACTS: tuple[Act, ...] = (
    Verb(
        "page",
        by_words,
        usage="@person ...",
        help="ask somebody to come, beside whoever is on call",
        group="Run it",
        label="Page somebody",
        form=form,
    ),
    Form("incident.page", by_form, faults),
    Verb("oncall", oncall, help="who is on call, and who next", group="Look", label="On call",
         needs=ANYBODY),
)  # fmt: skip
