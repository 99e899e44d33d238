"""Posting an approved text: once, whatever dies or is lost, in the order of approval.

Every try looks first: an answer that was lost, or a process that died, leaves the question open
whether the page took it, and the mark in the page's own incident answers it.
"""

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from incidentbot import durable, ids
from incidentbot.errors import Permanent, Temporary
from incidentbot.http import Http
from incidentbot.settings.telling import StatusPageSettings
from incidentbot.statuspages import drafts
from incidentbot.statuspages.api import StatusPage
from incidentbot.store import Store
from incidentbot.store.models import Incident, StatusPost

log = logging.getLogger(__name__)

TRIES = 70  # about an hour: what the public should have heard then is told anew
LONGEST_PAUSE = 60.0
TURN = 1.0  # seconds between two looks at whether the text before this one is through


@dataclass(frozen=True, slots=True)
class Job:
    page: str
    body: dict[str, Any]
    mark: str
    external_id: str


class Publisher:
    """`run` is the workflow; its second argument makes another try another workflow."""

    def __init__(self, store: Store, pages: tuple[StatusPageSettings, ...], http: Http) -> None:
        self._store = store
        self._pages = {page.name: StatusPage(http, page) for page in pages}

    async def run(self, post_id: str, seq: int) -> None:
        pause = TURN
        for _ in range(TRIES):
            wait = await durable.step(self.publish, post_id, seq)
            if wait is None:
                return
            await durable.sleep(max(wait, pause))
            pause = min(pause * 2, LONGEST_PAUSE)
        await durable.step(self.give_up, post_id, seq)

    async def publish(self, post_id: str, seq: int) -> float | None:
        """None when it is over, well or badly; else the seconds until another try."""
        job = await self._store.tx(_job, post_id, seq)
        if job is None or isinstance(job, float):
            return job
        page = self._pages.get(job.page)
        try:
            if page is None:
                raise Permanent(f"the page {job.page} is not configured any more")
            external_id = await _once(page, job, post_id)
        except Temporary as error:
            log.warning("status page %s: %s; trying again", job.page, error.message)
            await self._store.tx(_retrying, post_id, seq, error.message)
            return error.retry_after or TURN
        except Permanent as error:
            log.error("status page %s: %s", job.page, error.message)
            await self._store.tx(_failed, post_id, seq, error.message)
            return None
        await self._store.tx(_posted, post_id, seq, external_id)
        return None

    async def give_up(self, post_id: str, seq: int) -> None:
        why = "it did not take the text for an hour; look at the page before another try"
        await self._store.tx(_failed, post_id, seq, why)


async def _once(page: StatusPage, job: Job, post_id: str) -> str:
    there = await page.find(job.external_id, job.mark)
    if there is None:
        return await page.create(job.body, job.mark, post_id)
    if there.post != post_id:
        await page.update(there.id, job.body, job.mark, post_id)
    return there.id


def mark_of(incident: Incident) -> str:
    """Stands for this incident alone, also after our numbers began anew."""
    return f"{incident.id}-{ids.short(incident.id, incident.key)}"


def _job(session: Session, post_id: str, seq: int) -> Job | float | None:
    """What is to be done; seconds to wait for an earlier text; None when nothing is to be done."""
    post = drafts.get(session, post_id)
    if post.state != "approved":
        return None
    incident = session.get_one(Incident, post.incident_id)
    if incident.private or incident.test:
        _failed(session, post_id, seq, "the incident is not public any more")
        return None
    if ids.digest(post.body) != post.hash:
        _failed(session, post_id, seq, "the stored text is not the one that was approved")
        return None
    external_id = ""
    for other in drafts.posts(session, post.incident_id, post.page):
        if other.id == post.id:
            break
        if other.state == "approved":
            return TURN
        external_id = other.external_id or external_id
    return Job(post.page, dict(post.body), mark_of(incident), external_id)


def _posted(session: Session, post_id: str, seq: int, external_id: str) -> None:
    post = drafts.get(session, post_id)
    post.state, post.external_id, post.detail = "posted", external_id, ""
    text = f"The status page {post.page} says now: {post.body['name']} ({post.body['status']})."
    _tell(session, post, "posted", seq, text)


def _retrying(session: Session, post_id: str, seq: int, why: str) -> None:
    post = drafts.get(session, post_id)
    post.detail = why
    text = f"The status page {post.page} has not taken the text yet: {why}. It is tried again."
    _tell(session, post, "retrying", seq, text)


def _failed(session: Session, post_id: str, seq: int, why: str) -> None:
    post = drafts.get(session, post_id)
    post.state, post.detail = "failed", why
    text = f"The text is not on the status page {post.page}: {why}."
    _tell(session, post, "failed", seq, text)


def _tell(session: Session, post: StatusPost, event: str, seq: int, text: str) -> None:
    drafts.tell_outcome(session, post, event, text, f"{post.id}:{seq}:{event}")
