"""A text for the status page, in the incident's channel: shown, approved, and what became of it."""

from sqlalchemy.orm import Session

from incidentbot.slack.blocks import kit, statuspage
from incidentbot.slack.outbound import outbox
from incidentbot.statuspages import drafts
from incidentbot.store.models import StatusPost
from incidentbot.timeline import Entry


def show(session: Session, entry: Entry) -> None:
    """One message per text, edited as it goes on; a failure is a message of its own."""
    if entry.data.get("what") != drafts.WHAT:
        return
    post = session.get_one(StatusPost, str(entry.data["post"]))
    name, room = f"statuspage:{post.id}", outbox.to_incident(entry.incident_id)
    message = statuspage.draft(_shown(post))
    if entry.data["event"] == "drafted":
        outbox.post(session, name, room, message)
    else:
        outbox.edit(session, name, room, message)
    if entry.data["event"] == "failed":
        failed = statuspage.failed(_shown(post))
        outbox.post(session, f"{name}:{entry.seq}", room, failed)
    if entry.data["event"] == "posted":
        line = f"{kit.when(entry.at)}  {kit.esc(entry.text)}"
        done = kit.message(entry.text, [kit.section(line)])
        outbox.post(session, f"{name}:{entry.seq}", room, done)


def _shown(post: StatusPost) -> statuspage.Shown:
    return statuspage.Shown(
        id=post.id,
        hash=post.hash,
        page=post.page,
        state=post.state,
        body=post.body,
        created_by=post.created_by,
        approved_by=post.approved_by,
        detail=post.detail,
    )
