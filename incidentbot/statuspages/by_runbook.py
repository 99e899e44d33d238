"""A text that a runbook posts: the approval of its plan is the approval of its words.

It becomes a text like any other, approved, and is published like any other: once, whatever dies.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.errors import NotFound, Refused
from incidentbot.incidents import lifecycle
from incidentbot.settings.telling import StatusPageSettings
from incidentbot.statuspages import drafts
from incidentbot.store import Store, insert_once
from incidentbot.store.models import Approval, Plan, StatusPost

Answer = tuple[Mapping[str, Any], str]


class ByRunbook:
    """`doors` is what the wires of runbooks ask for by name."""

    def __init__(self, store: Store, pages: tuple[StatusPageSettings, ...]) -> None:
        self._store = store
        self._pages = {page.name: page for page in pages}

    @property
    def doors(self) -> Mapping[str, Callable[[Mapping[str, Any], str], Awaitable[Answer]]]:
        return {"statuspage_post": self.post, "statuspage_look": self.look}

    async def post(self, params: Mapping[str, Any], plan_id: str) -> Answer:
        """{"post": id}; the same plan and text are the same post. Raises Refused."""
        id = await self._store.tx(_post, self._page(params), params, plan_id)
        return {"post": id}, id

    async def look(self, params: Mapping[str, Any], plan_id: str) -> Answer:
        """{"dependency", "posts": [{"id", "state", "detail", "body"}]}, the newest last."""
        incident_id = str(params["incident"])
        return await self._store.tx(_look, self._page(params), incident_id), ""

    def _page(self, params: Mapping[str, Any]) -> StatusPageSettings:
        page = self._pages.get(str(params["page"]))
        if page is None:
            raise NotFound(f"the status page {params['page']} is not configured any more")
        return page


def _post(
    session: Session, page: StatusPageSettings, params: Mapping[str, Any], plan_id: str
) -> str:
    incident = lifecycle.get(session, str(params["incident"]))
    drafts.refuse_hidden(incident)
    asked, approved = _signed(session, plan_id, incident.id)
    given = params["body"]
    body = drafts.text_of(
        name=given["name"],
        status=given["status"],
        text=given["body"],
        components=given["components"],
        impact=given["impact"],
        notify=given["notify"],
    )
    if body != dict(given):
        raise Refused("The text is not one that a status page takes as it is; nothing was posted.")
    hash = ids.digest(body)
    id = f"SP-{ids.short('runbook', plan_id, page.name, hash)}"
    if not insert_once(
        session,
        StatusPost,
        id=id,
        incident_id=incident.id,
        page=page.name,
        body=body,
        hash=hash,
        state="approved",
        created_by=asked,
        created_at=clock.now(),
        approved_by=approved,
        external_id="",
        detail="",
    ):
        return id
    post = drafts.get(session, id)
    drafted = f"The runbook's plan {plan_id} has a text for the status page {page.name}."
    drafts.tell_outcome(session, post, "drafted", drafted, f"{id}:drafted")
    text = f"It was approved with the plan ({hash[:8]}) and goes to the page now."
    drafts.tell_outcome(session, post, "approved", text, f"{id}:approved")
    return id


def _signed(session: Session, plan_id: str, incident_id: str) -> tuple[str, str]:
    """Who asked for the plan, and the other one who approved it."""
    plan = session.get(Plan, plan_id)
    if plan is None or plan.incident_id != incident_id:
        raise Refused("No plan of this incident wants this text; nothing was posted.")
    rows = select(Approval).filter_by(plan_id=plan_id).order_by(Approval.at)
    for approval in session.scalars(rows):
        if approval.person != plan.created_by and approval.plan_hash == plan.hash:
            return plan.created_by, approval.person
    raise Refused("Nobody else has approved this text with its plan; nothing was posted.")


def _look(session: Session, page: StatusPageSettings, incident_id: str) -> Mapping[str, Any]:
    incident = lifecycle.get(session, incident_id)
    posts = [
        {"id": post.id, "state": post.state, "detail": post.detail, "body": dict(post.body)}
        for post in drafts.posts(session, incident_id, page.name)
        if post.state not in ("draft", "discarded", "replaced")
    ]
    return {"dependency": incident.dependency, "posts": posts}
