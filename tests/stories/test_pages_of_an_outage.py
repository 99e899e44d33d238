"""What the watcher writes is what the pages show, from the first failure to the dark after it."""

from incidentbot.console import build, reading
from incidentbot.console.view import Glance, Page
from incidentbot.store import Store
from tests.stories.watching import CANARY, FAILS, S3, WELL, World, settings


def page(world: World) -> Page:
    known = world.store.run(reading.dependency, S3, world.now - build.WEEK, world.now)
    (dependency,) = world.settings.dependencies
    return build.page(world.settings, dependency, known, world.now)


def glance(world: World) -> Glance:
    known = world.store.run(reading.glance, world.now - build.DAY, world.now)
    return build.glance(world.settings, known, {"ok": True}, world.now)


async def test_an_outage_is_seen_on_the_pages_and_so_is_that_nobody_looks_any_more(
    store: Store,
) -> None:
    world = await World(store, settings()).start()
    assert glance(world).dependencies[0].word == "not seen"
    await world.looks(WELL, 1)
    await world.hear("operational", "All Systems Operational")
    world.second = 10
    assert page(world).dependency.word == "up"
    await world.looks(FAILS)
    await world.watcher.flush()
    shown = page(world)
    assert (shown.dependency.word, shown.dependency.incidents) == ("down", ("INC-1",))
    assert [check.detail for check in shown.checks] == ["answered 503"] * 2
    assert [(feed.word, feed.title) for feed in shown.feeds] == [
        ("operational", "All Systems Operational")
    ]
    assert shown.checks[0].strip.bands[-1].state == "down"
    assert glance(world).counts["down"] == 1
    world.second += 60
    dark = page(world)
    assert {check.word for check in dark.checks} == {"not seen"}
    assert dark.dependency.reason.endswith("before that it was down")
    await world.looks(WELL, 3)
    await world.watcher.flush()
    assert page(world).dependency.word == "up"
    await world.looks(FAILS, 3, checks=[CANARY])
    await world.watcher.flush()
    assert glance(world).dependencies[0].word == "degraded"
