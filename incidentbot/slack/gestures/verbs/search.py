"""Finding incidents again, by words and by what they were."""

from datetime import timedelta

from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.incidents import search
from incidentbot.incidents.search import Filters
from incidentbot.slack.blocks import searching
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import ANYBODY, Act, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture


def form(desk: Desk, session: Session, gesture: Gesture) -> View:
    known = [(one.name, one.title) for one in desk.settings.dependencies]
    return searching.form(known, gesture.channel)


def by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    return _found(desk, session, gesture, gesture.text, Filters())


def by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    values = gesture.values
    days = int(values.get("since") or 0)
    filters = Filters(
        state=values.get("state", ""),
        severities=[int(one) for one in values.get("severity", "").split(",") if one],
        dependency=values.get("dependency", ""),
        since=clock.now() - timedelta(days=days) if days else None,
    )
    return _found(desk, session, gesture, values.get("words", "").strip(), filters)


def _found(desk: Desk, session: Session, gesture: Gesture, words: str, filters: Filters) -> Message:
    hits = search.find(session, words, gesture.person, filters)
    found = [searching.Found(desk.present.view(session, hit.incident.id), hit.line) for hit in hits]
    return searching.results(words, found, desk.command)


ACTS: tuple[Act, ...] = (
    Verb(
        "search",
        by_words,
        usage="<words>",
        help="find incidents by title, summary, dependency and timeline",
        group="Look",
        label="Search",
        needs=ANYBODY,
        form=form,
        other_names=("find",),
    ),
    Form("incident.search", by_form, needs=ANYBODY),
)
