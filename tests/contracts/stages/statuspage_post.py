"""A status page on which nothing was said yet. That the publisher posts what is approved is shown
by tests of its own; here its hand is a line in the database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from incidentbot import clock, ids
from incidentbot.runbooks.actions import statuspage_post
from incidentbot.settings.secrets import Secret
from incidentbot.settings.telling import StatusPageSettings
from incidentbot.statuspages.by_runbook import ByRunbook
from incidentbot.store.models import StatusPost
from tests.contracts.doubles.faults import Faults
from tests.contracts.doubles.house import Door, database, watched
from tests.contracts.stages.stage import Stage

PAGE = StatusPageSettings(
    name="shop-status",
    page_id="shop1234",
    api_key=Secret("STATUSPAGE_KEY", SecretStr("open-sesame")),
    components={"uploads": "comp1"},
)
TEXT = {
    "name": "Images and files on Shop",
    "status": "identified",
    "body": "The storage that Shop uses for images and files has an outage at its provider. "
    "Some of them load slowly or not at all. We are working on a way around it.",
    "components": {"comp1": "partial_outage"},
    "impact": "",
    "notify": True,
}
OTHER = {**TEXT, "status": "investigating", "body": "We look into it."}


def value_of(body: Mapping[str, Any]) -> str:
    return f"{body['status']} {ids.digest(dict(body))[:8]}"


def by_a_person(session: Session, body: Mapping[str, Any]) -> None:
    made = clock.now()
    session.add(
        StatusPost(
            id=f"SP-{ids.short(made.isoformat())}", incident_id="INC-1", page=PAGE.name,
            body=dict(body), hash=ids.digest(dict(body)), state="posted", created_by="U1",
            created_at=made, approved_by="U2", external_id="ext1", detail="",
        )
    )  # fmt: skip


def clear(session: Session) -> None:
    session.execute(delete(StatusPost))


def last(session: Session) -> str:
    posts = list(session.scalars(select(StatusPost).order_by(StatusPost.created_at)))
    return value_of(posts[-1].body) if posts else "nothing"


@contextmanager
def stage() -> Iterator[Stage]:
    double = Faults()
    with database("uploads") as store:
        real = ByRunbook(store, (PAGE,)).doors

        async def post(params: Mapping[str, Any], plan_id: str) -> tuple[Mapping[str, Any], str]:
            done = await real["statuspage_post"](params, plan_id)
            await store.tx(lambda s: s.execute(update(StatusPost).values(state="posted")))
            return done

        doors: dict[str, Door] = {**real, "statuspage_post": post}
        yield Stage(
            statuspage_post,
            statuspage_post.Options(incident="INC-1", page=PAGE, text="identified", site="Shop"),
            double,
            writes=("statuspage_post",),
            reads=("statuspage_look",),
            live=lambda: store.run(last),
            by_others=lambda value: store.run(by_a_person, OTHER),
            reset=lambda: store.run(clear),
            values=("nothing", value_of(TEXT)),
            third=value_of(OTHER),
            tells=False,
            faults=(),
            nowhere={},
            doors=watched(double, doors),
        )
