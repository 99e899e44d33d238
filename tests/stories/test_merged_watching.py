"""What is seen of a dependency whose incident was merged away belongs to the one that goes on."""

from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.incidents import finding, lifecycle, reshape
from incidentbot.incidents.people import Person
from incidentbot.store import Store
from tests.stories.test_judged import CDN, cdn
from tests.stories.watching import FAILS, S3, SHOP, WELL, World, dependency, settings

MAYA = Person("U1", "Maya")


def declared(session: Session, world: World, title: str) -> str:
    made, _ = lifecycle.open_incident(
        session, key=title, title=title, severity=2, opened_by=MAYA.id, started_at=world.now,
        detected_at=world.now, text=title,
    )  # fmt: skip
    return made


async def states(world: World) -> dict[str, str]:
    return {row.id: row.status for row in await world.incidents()}


async def test_a_failure_goes_on_in_the_survivor_and_opens_no_second_one(store: Store) -> None:
    world = await World(store, settings(dependency())).start()
    await world.looks(FAILS)
    other = await store.tx(declared, world, "Pictures do not load")
    last = await store.tx(declared, world, "The shop is broken")
    assert await store.tx(reshape.merge, "INC-1", other, MAYA) == other
    assert await store.tx(reshape.merge, other, last, MAYA) == last
    assert await store.tx(reshape.merge, "INC-1", other, MAYA) is None  # it is there already

    await world.look(SHOP, WELL)
    world.second += 2
    await world.looks(WELL)
    assert (await states(world))[last] == "mitigated"
    await world.start()
    await world.looks(FAILS, 6)
    assert await states(world) == {"INC-1": "resolved", other: "resolved", last: "open"}
    entries = await store.tx(timeline.read, last)
    told = [e.kind for e in entries if e.data.get("dependency") == S3]
    assert {"signal", "verdict"} <= set(told)
    assert await store.tx(finding.number_open_for, S3) == last
    assert await store.tx(finding.with_open_incidents) == {S3}

    await store.tx(lifecycle.reopen, "INC-1", actor=MAYA)
    assert await store.tx(finding.number_open_for, S3) == "INC-1"
    await store.tx(lifecycle.resolve, "INC-1", actor=MAYA)
    await world.looks(WELL)
    await world.looks(FAILS, 6)
    assert len(await world.incidents()) == 4
    for number in ("INC-1", other, last):
        assert await store.tx(timeline.verify, number) is None


async def test_where_two_were_merged_one_alone_does_not_say_that_the_harm_is_over(
    store: Store,
) -> None:
    alone = cdn().model_copy(update={"hangs_on": ()})
    world = await World(store, settings(dependency(), alone)).start()
    await world.looks(FAILS)
    for _ in range(3):
        await world.look(SHOP, FAILS, CDN)
    first, second = sorted(row.id for row in await world.incidents())
    await store.tx(reshape.merge, second, first, MAYA)
    await world.looks(WELL)
    assert (await states(world))[first] == "open"
    assert [e.data["dependency"] for e in await store.tx(timeline.read, first)
            if e.kind == "verdict"][-1] == S3  # fmt: skip
    assert await store.tx(lifecycle.mitigate, first, because="Both are well again.")
    for _ in range(3):
        await world.look(SHOP, WELL, CDN)
    for _ in range(3):
        await world.look(SHOP, FAILS, CDN)
    assert (await states(world))[first] == "open"


async def test_an_incident_that_was_merged_is_not_taken_over_by_a_later_cause(
    store: Store,
) -> None:
    world = await World(store, settings(dependency(), cdn())).start()
    for _ in range(3):
        await world.look(SHOP, FAILS, CDN)
    other = await store.tx(declared, world, "Pictures do not load")
    await store.tx(reshape.merge, "INC-1", other, MAYA)
    await world.looks(FAILS)
    rows = {row.id: row.dependency for row in await world.incidents()}
    assert rows == {"INC-1": CDN, other: None, "INC-3": S3}
