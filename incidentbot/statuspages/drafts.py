"""What the public is told: a frozen text, approved by a second person, bound to its hash.

draft -> approved -> posted, or failed; a draft may also be discarded, or replaced by a newer one.
Each change is an entry of the timeline in the same transaction; what shows it reads it there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, ids, timeline
from incidentbot.errors import NotFound, Refused
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import BOT, Person
from incidentbot.settings.telling import StatusPageSettings
from incidentbot.store import insert_once
from incidentbot.store.models import Incident, StatusPost

WHAT = "statuspage"  # in the data of the timeline's entries
STATUSES = ("investigating", "identified", "monitoring", "resolved")
COMPONENT = ("operational", "degraded_performance", "partial_outage", "major_outage")
IMPACTS = ("none", "minor", "major", "critical")
LONGEST = 5000


def draft(
    session: Session,
    incident_id: str,
    page: StatusPageSettings,
    body: Mapping[str, Any],
    person: Person,
    key: str,
) -> str:
    """The id of the draft; the same key is the same draft. `body` as `text_of` makes it."""
    incident = lifecycle.get(session, incident_id)
    refuse_hidden(incident)
    id = f"SP-{ids.short('statuspage', key)}"
    frozen = dict(body)
    if not insert_once(
        session,
        StatusPost,
        id=id,
        incident_id=incident_id,
        page=page.name,
        body=frozen,
        hash=ids.digest(frozen),
        state="draft",
        created_by=person.id,
        created_at=clock.now(),
        approved_by=None,
        external_id="",
        detail="",
    ):
        return id
    for older in posts(session, incident_id, page.name):
        if older.state == "draft" and older.id != id:
            older.state = "replaced"
            _tell(session, older, "replaced", f"The draft {older.id} is replaced by {id}.", person)
    text = f"{person.name} drafted a text for the status page {page.name}."
    _tell(session, get(session, id), "drafted", text, person)
    return id


def text_of(
    *,
    name: str,
    status: str,
    text: str,
    components: Mapping[str, str],
    impact: str = "",
    notify: bool = True,
) -> dict[str, Any]:
    """The body of a draft. `components`: the page's id of one -> its state. Raises Refused."""
    if status not in STATUSES:
        raise Refused(f"There is no status {status!r} (allowed: {', '.join(STATUSES)}).")
    if not name.strip() or not text.strip():
        raise Refused("A status page needs a title and a text.")
    return {
        "name": name.strip()[:200],
        "status": status,
        "body": text.strip()[:LONGEST],
        "components": dict(sorted(components.items())),
        "impact": impact if impact in IMPACTS else "",
        "notify": notify,
    }


def approve(session: Session, post_id: str, hash: str, person: Person) -> None:
    """Let it be posted. Raises Refused: another text, the same person, or not waiting any more."""
    post = get(session, post_id)
    if post.hash != hash or ids.digest(post.body) != hash:
        raise Refused("This is not the text that was shown; nothing was posted. Draft it anew.")
    if post.state != "draft":
        raise Refused(f"This draft is {post.state} already; nothing was changed.")
    if post.created_by == person.id:
        raise Refused("Somebody else must approve it: you drafted this text yourself.")
    refuse_hidden(lifecycle.get(session, post.incident_id))
    post.state, post.approved_by = "approved", person.id
    text = f"{person.name} approved the text for the status page {post.page} ({hash[:8]})."
    _tell(session, post, "approved", text, person)


def again(session: Session, post_id: str, hash: str, person: Person) -> None:
    """Try a failed one once more: the approval of the same text stands."""
    post = get(session, post_id)
    if post.state != "failed" or post.hash != hash or ids.digest(post.body) != hash:
        raise Refused(f"This text is {post.state}; there is nothing to try again.")
    if any(later.created_at > post.created_at and later.state != "discarded"
           for later in posts(session, post.incident_id, post.page)):  # fmt: skip
        raise Refused("A newer text was drafted since; this one would be old news.")
    post.state, post.detail = "approved", ""
    text = f"{person.name} lets the status page {post.page} be tried again."
    _tell(session, post, "approved", text, person)


def discard(session: Session, post_id: str, person: Person) -> None:
    post = get(session, post_id)
    if post.state != "draft":
        raise Refused(f"This draft is {post.state} already; nothing was changed.")
    post.state = "discarded"
    text = f"{person.name} discarded the text for the status page {post.page}; nothing was posted."
    _tell(session, post, "discarded", text, person)


def get(session: Session, post_id: str) -> StatusPost:
    """Locked, so that two who press at once act one after the other."""
    post = session.get(StatusPost, post_id, with_for_update=True, populate_existing=True)
    if post is None:
        raise NotFound("There is no such text for a status page.")
    return post


def posts(session: Session, incident_id: str, page: str) -> Sequence[StatusPost]:
    """Those of one incident and page, in their order."""
    rows = select(StatusPost).filter_by(incident_id=incident_id, page=page)
    return session.scalars(rows.order_by(StatusPost.created_at, StatusPost.id)).all()


def refuse_hidden(incident: Incident) -> None:
    """The public hears nothing of what is private or a drill."""
    if incident.private:
        raise Refused(f"{incident.id} is private; the public is not told of it.")
    if incident.test:
        raise Refused(f"{incident.id} is a test; the public is not told of it.")


def tell_outcome(session: Session, post: StatusPost, event: str, text: str, key: str) -> None:
    """What became of an approved one: posted, retrying, failed."""
    timeline.append(session, post.incident_id, "external", text, data=_data(post, event), key=key)


def _tell(session: Session, post: StatusPost, event: str, text: str, person: Person) -> None:
    data = _data(post, event) | {"name": person.name}
    actor = person.id or BOT
    timeline.append(session, post.incident_id, "external", text, actor=actor, data=data)


def _data(post: StatusPost, event: str) -> dict[str, Any]:
    return {"what": WHAT, "event": event, "post": post.id, "page": post.page, "hash": post.hash}
