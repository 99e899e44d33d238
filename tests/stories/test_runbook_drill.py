"""A drill runs the same file against something that is there to practise on, and nothing else."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.runbooks import rates
from incidentbot.runbooks.readiness.prover import Prover
from incidentbot.store import Store
from incidentbot.store.models import Incident
from tests.contracts.aws_wire import ENV, client
from tests.stories.switching import (
    CONFIG,
    EAST,
    JONAS,
    MAYA,
    TO_BACKUP,
    WEST,
    Shop,
    cloud,
    shop,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

DRILL = "/shop/drill-origin"
START = CONFIG.index("  - name: shop-images")
END = CONFIG.index("policy: {{")
ASSET = CONFIG[START:END]
TWICE = (
    CONFIG[:END]
    + ASSET.replace("name: shop-images", "name: practice")
    .replace("title: Shop images", "title: Practice\n    drill: true")
    .replace("/shop/asset-origin", DRILL)
    + CONFIG[END:]
)


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
    async with shop(store, aws, tmp_path, TWICE) as made:
        ssm = client("ssm", made.aws_url, WEST)
        ssm.put_parameter(Name=DRILL, Value=EAST, Type="String", Overwrite=True)
        practice = made.settings.assets[1]
        await Prover(store, made.settings, made.http, made.aws).prove(practice)
        yield made


def offered(session: Session, world: Shop) -> set[str]:
    offers = world.runbooks.offers(session, world.incident)
    return {one.asset for one in offers if one.available and one.runbook == TO_BACKUP}


async def test_a_drill_practises_on_what_is_there_for_it(world: Shop) -> None:
    await world.breaks()
    assert await world.store.tx(offered, world) == {"shop-images"}
    await world.heals()
    await world.store.tx(_make_it_a_test, world.incident)
    assert await world.store.tx(offered, world) == {"practice"}  # nothing has to fail for it
    world.edge.parameter = DRILL
    plan_id = await world.runbooks.plan(world.incident, TO_BACKUP, "practice", MAYA)
    plan = await world.row(plan_id)
    await world.runbooks.approve(plan.id, plan.hash, JONAS, "practice")
    done = await world.run(plan)
    assert (done.state, world.live()[0]) == ("done", EAST)  # the real one stands as it was
    ssm = client("ssm", world.aws_url, WEST)
    assert ssm.get_parameter(Name=DRILL)["Parameter"]["Value"] == WEST
    at = await world.store.tx(rates.drilled_at, world.settings, TO_BACKUP)
    assert at is not None and (clock.now() - at).total_seconds() < 60


def _make_it_a_test(session: Session, incident_id: str) -> None:
    session.get_one(Incident, incident_id).test = True
