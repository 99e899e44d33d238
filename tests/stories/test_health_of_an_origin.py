"""An origin is as well as the checks that look at it, and never for lack of a look."""

from datetime import datetime, timedelta

from incidentbot.incidents.health import health_of_origin
from incidentbot.store import Store
from tests.stories.watching import BLIND, CANARY, FAILS, SHOP, SLOW, START, WELL, World, settings


async def health(world: World, later: float = 0) -> tuple[str, datetime | None]:
    await world.watcher.flush()
    now = world.now + timedelta(seconds=later)
    return await world.store.tx(health_of_origin, world.settings, "us-east-1", now)


async def test_an_origin_is_as_its_checks_are(store: Store) -> None:
    world = await World(store, settings()).start()
    assert await health(world) == ("unknown", None)
    await world.looks(WELL, 1)
    assert await health(world) == ("up", START)
    await world.looks(FAILS)
    assert await health(world) == ("down", START + timedelta(seconds=2))
    await world.looks(SLOW)
    assert await health(world) == ("degraded", START + timedelta(seconds=8))
    await world.looks(WELL)
    assert await health(world) == ("up", START + timedelta(seconds=14))
    await world.looks(BLIND)
    assert (await health(world))[0] == "unknown"


async def test_a_check_of_the_users_path_says_nothing_of_the_origin(store: Store) -> None:
    world = await World(store, settings()).start()
    await world.looks(WELL, 1)
    await world.looks(FAILS, checks=[SHOP])
    await world.looks(WELL, 1, checks=[CANARY])
    assert (await health(world))[0] == "up"


async def test_an_old_look_proves_nothing(store: Store) -> None:
    world = await World(store, settings()).start()
    await world.looks(WELL, 1)
    assert (await health(world, later=20))[0] == "up"
    assert (await health(world, later=60))[0] == "unknown"


async def test_an_origin_without_a_check_is_unknown(store: Store) -> None:
    world = await World(store, settings()).start()
    await world.looks(WELL, 1)
    assert await store.tx(health_of_origin, world.settings, "us-west-2", world.now) == (
        "unknown",
        None,
    )
