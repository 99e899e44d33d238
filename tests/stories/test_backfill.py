"""A backup with holes is filled from the primary, and never more than that."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.errors import Refused
from incidentbot.incidents import lifecycle
from incidentbot.store import Store
from incidentbot.store.models import Readiness
from tests.contracts.aws_wire import ENV, client
from tests.stories.switching import JONAS, MAYA, WEST, Shop, cloud, shop

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BOOK = "backfill-backup"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with cloud() as url:
        yield url


@pytest.fixture
async def world(
    store: Store, aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    async with shop(store, aws, tmp_path) as made:
        made.incident = await store.tx(_declared)
        yield made


def readiness(session: Session) -> str:
    return session.get_one(Readiness, ("shop-images", WEST), populate_existing=True).state


async def test_what_the_backup_lacks_is_copied_and_it_is_proven_again(world: Shop) -> None:
    west = client("s3", world.aws_url, WEST)
    for key in ("a.svg", "b.svg"):
        west.delete_object(Bucket="shop-west", Key=key)
    west.put_object(Bucket="shop-west", Key="c.svg", Body=b"of the backup")
    await world.prove()
    assert await world.store.tx(readiness) == "not_ready"

    plan_id = await world.runbooks.plan(world.incident, BOOK, "shop-images", MAYA)
    plan = await world.row(plan_id)
    assert "2 of 2 objects" in plan.body
    shown = await world.text_of("planned")
    assert "Copy to the backup what it lacks (Shop images)" in shown
    await world.runbooks.approve(plan.id, plan.hash, JONAS)
    done = await world.run(plan)

    assert done.state == "done", done.outcome
    bodies = {
        key: west.get_object(Bucket="shop-west", Key=key)["Body"].read()
        for key in ("a.svg", "b.svg", "c.svg")
    }
    assert bodies["a.svg"] == b"<svg>a.svg</svg>" and bodies["b.svg"] == b"<svg>b.svg</svg>"
    assert bodies["c.svg"] == b"of the backup"  # different is not missing: it is left alone
    assert world.writes() == 0 and world.live()[0] == "us-east-1"
    west.put_object(Bucket="shop-west", Key="c.svg", Body=b"<svg>c.svg</svg>")
    await world.prove()
    assert await world.store.tx(readiness) == "ready"
    with pytest.raises(Refused, match="lacks nothing"):
        await world.runbooks.plan(world.incident, BOOK, "shop-images", MAYA)


async def test_while_the_primary_fails_there_is_nothing_to_copy_from(world: Shop) -> None:
    await world.breaks()
    offers = await world.store.tx(lambda s: list(world.runbooks.offers(s, world.incident)))
    (offer,) = [one for one in offers if one.runbook == BOOK]
    assert not offer.available and "it is for when it is well" in offer.reason
    with pytest.raises(Refused, match="No plan"):
        await world.runbooks.plan(world.incident, BOOK, "shop-images", MAYA)


def _declared(session: Session) -> str:
    now = clock.now()
    incident_id, _ = lifecycle.open_incident(
        session, key="declared", title="The backup has holes", severity=4, opened_by=MAYA.id,
        started_at=now, detected_at=now, text="It has.", dependency="s3-us-east-1",
    )  # fmt: skip
    return incident_id
