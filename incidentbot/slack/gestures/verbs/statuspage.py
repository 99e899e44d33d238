"""The public status page: one person writes, a second lets it out."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from incidentbot.errors import Refused
from incidentbot.incidents.rights import APPROVER
from incidentbot.settings.telling import StatusPageSettings
from incidentbot.slack.blocks import replies, statuspage
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.kit import Message
from incidentbot.slack.gestures.act import Act, Click, Form, Verb
from incidentbot.slack.gestures.gesture import Desk, Gesture, incident_of, without_number
from incidentbot.statuspages import drafts


def form(desk: Desk, session: Session, gesture: Gesture) -> View:
    incident = incident_of(session, gesture)
    drafts.refuse_hidden(incident)
    pages = _pages(desk)
    titles = {d.name: d.title for d in desk.settings.dependencies}
    named = dict.fromkeys(name for page in pages for name in page.components)
    return statuspage.form(
        desk.present.view(session, incident.id),
        [page.name for page in pages],
        [(name, titles.get(name, name)) for name in named],
        name=_name(session, incident.id, pages[0].name) or incident.title,
        notify=pages[0].notify,
        channel=gesture.channel,
    )


def by_words(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    """The text as typed, everything else as the form would have proposed it."""
    incident = incident_of(session, gesture)
    page = _pages(desk)[0]
    view = desk.present.view(session, incident.id)
    values = {
        "page": page.name,
        "name": _name(session, incident.id, page.name) or incident.title,
        "status": statuspage.words_of(view)[0],
        "text": without_number(gesture, gesture.text),
        "components": incident.dependency or "",
        "state": statuspage.state_of(view),
        "notify": "yes" if page.notify else "",
    }
    return _draft(desk, session, gesture, incident.id, values)


def by_form(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    incident = incident_of(session, gesture)
    return _draft(desk, session, gesture, incident.id, gesture.values)


def approve(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    drafts.approve(session, *_parts(gesture), gesture.person)
    return None


def discard(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    drafts.discard(session, _parts(gesture)[0], gesture.person)
    return None


def again(desk: Desk, session: Session, gesture: Gesture) -> Message | None:
    drafts.again(session, *_parts(gesture), gesture.person)
    return None


def _draft(
    desk: Desk, session: Session, gesture: Gesture, incident_id: str, values: Mapping[str, str]
) -> Message | None:
    pages = {page.name: page for page in _pages(desk)}
    page = pages.get(values.get("page", "")) or next(iter(pages.values()))
    state = values.get("state") or "operational"
    named = [name for name in values.get("components", "").split(",") if name]
    body = drafts.text_of(
        name=values["name"],
        status=values.get("status", ""),
        text=values["text"],
        components={page.components[n]: state for n in named if n in page.components},
        notify=bool(values.get("notify")),
    )
    drafts.draft(session, incident_id, page, body, gesture.person, gesture.key)
    return replies.plain(
        "The draft is in the incident's channel. Nothing is public before somebody else approves."
    )


def _pages(desk: Desk) -> tuple[StatusPageSettings, ...]:
    if not desk.settings.statuspages:
        raise Refused("No status page is configured; `statuspages` in the configuration names one.")
    return desk.settings.statuspages


def _name(session: Session, incident_id: str, page: str) -> str:
    """The title that the public knows already."""
    told = [post for post in drafts.posts(session, incident_id, page) if post.external_id]
    return str(told[-1].body["name"]) if told else ""


def _parts(gesture: Gesture) -> tuple[str, str]:
    post_id, _, hash = gesture.value.partition("|")
    return post_id, hash


def faults(values: Mapping[str, str]) -> dict[str, str]:
    wrong = {name for name in ("name", "text") if not values.get(name, "").strip()}
    return dict.fromkeys(sorted(wrong), "Please write a few words.")


ACTS: tuple[Act, ...] = (
    Verb(
        "statuspage",
        by_words,
        usage="<text>",
        help="draft a text for the public; a second person lets it out",
        group="Tell people",
        label="Tell the public",
        form=form,
    ),
    Form("statuspage.draft", by_form, faults),
    Click("statuspage.approve", approve, needs=APPROVER),
    Click("statuspage.discard", discard),
    Click("statuspage.again", again, needs=APPROVER),
)
