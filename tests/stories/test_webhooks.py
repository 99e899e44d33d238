"""Other systems follow by webhook: over real HTTP, with receivers as they are out there."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.http import Http
from incidentbot.incidents import lifecycle, rows
from incidentbot.incidents.people import Person
from incidentbot.outgoing.pending import reader
from incidentbot.outgoing.service import Outgoing
from incidentbot.settings import Settings, WebhookSettings
from incidentbot.settings.secrets import Secret
from incidentbot.settings.watching import WindowSettings
from incidentbot.store import Store, changed
from incidentbot.store.models import CheckState, DependencyState, ReaderCursor, Webhook, WebhookLane
from tests.stories.receivers import Receiver, receiving, until, verified
from tests.stories.watching import BLIND, CANARY, FAILS, S3, SHOP, SLOW, WELL, World, settings

MAYA = Person("U1", "Maya")
DOWN, UP = f"{SHOP} down", f"{SHOP} up"


def followed(*receivers: Receiver, **changes: Any) -> Settings:
    """The usual site, followed by these; each is named by its place, from 0."""
    values = {"on": ("check",), "timeout": timedelta(milliseconds=500)} | changes
    hooks = tuple(
        WebhookSettings(name=str(number), url=receiver.url, allow_private=True, **values)
        for number, receiver in enumerate(receivers)
    )
    return settings().model_copy(update={"webhooks": hooks})


@asynccontextmanager
async def outgoing(store: Store, used: Settings) -> AsyncIterator[Outgoing]:
    """The outgoing side, running; left as a process that is stopped leaves it."""
    http = Http()
    side = Outgoing(store, used, http)
    task = asyncio.create_task(side.run())
    try:
        yield side
        assert not task.done(), task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await http.close()


@pytest.fixture
async def world(store: Store) -> World:
    return await World(store, settings()).start()


def health(side: Outgoing, name: str = "0") -> dict[str, Any]:
    found = side.health()[name]
    assert isinstance(found, dict)
    return found


async def test_down_and_up_are_told_with_the_address_as_configured(world: World) -> None:
    async with receiving() as receiver, outgoing(world.store, followed(receiver)):
        await world.looks(WELL, 1)
        await world.looks(FAILS, 3, checks=[SHOP])
        await until(lambda: receiver.taken == [DOWN])
        await world.looks(WELL, 3, checks=[SHOP])
        await until(lambda: receiver.taken == [DOWN, UP])
    down, up = (one.body for one in receiver.came)
    assert down["url"] == up["url"] == "https://shop.example.com/assets/a.svg"
    assert (down["type"], down["check"], down["dependency"]) == ("check", SHOP, S3)
    assert (down["status"], down["reason"], down["detail"]) == ("down", "http_5xx", "answered 503")
    assert (down["since"], up["since"]) == ("2026-03-02T17:37:02.000000Z",
                                            "2026-03-02T17:37:08.000000Z")  # fmt: skip
    assert receiver.came[0].id != receiver.came[1].id
    assert receiver.came[0].headers["content-type"] == "application/json"
    assert "webhook-signature" not in receiver.came[0].headers


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("plain-secret-of-the-receiver", b"plain-secret-of-the-receiver"),
        ("whsec_" + base64.b64encode(b"as the specification has it").decode(),
         b"as the specification has it"),
        ("whsec_not base64!", b"whsec_not base64!"),
    ],
)  # fmt: skip
async def test_a_signature_is_what_a_receiver_expects(
    world: World, secret: str, key: bytes
) -> None:
    named = Secret("HOOK_SECRET", SecretStr(secret))
    async with (
        receiving("500") as receiver,
        outgoing(world.store, followed(receiver, secret=named)),
    ):
        await world.looks(FAILS, 3, checks=[SHOP])
        await until(lambda: receiver.taken == [DOWN])
    assert [verified(one, key) for one in receiver.came] == [True, True]
    assert not verified(receiver.came[0], b"another")


async def test_only_what_was_told_as_down_is_told_as_up_and_only_when_proven(world: World) -> None:
    async with receiving() as receiver, outgoing(world.store, followed(receiver)):
        await world.looks(WELL, 1)  # well from the start: nothing to tell
        await world.looks(SLOW, 4)
        await world.looks(WELL, 4)  # slow was never told
        await world.looks(FAILS, 3, checks=[SHOP])
        await until(lambda: receiver.taken == [DOWN])
        await world.looks(BLIND, 5, checks=[SHOP])  # down -> unknown
        await world.looks(FAILS, 3, checks=[CANARY])
        await until(lambda: f"{CANARY} down" in receiver.taken)
        await world.looks(SLOW, 3, checks=[SHOP])  # answers, but not as it should
        await world.looks(WELL, 3, checks=[CANARY])
        await until(lambda: f"{CANARY} up" in receiver.taken)
        assert receiver.taken == [DOWN, f"{CANARY} down", f"{CANARY} up"]
        await world.looks(WELL, 3, checks=[SHOP])
        await until(lambda: receiver.taken[3:] == [UP])


async def test_what_may_work_later_is_tried_again_in_order_and_under_the_same_id(
    world: World,
) -> None:
    answers = ("500", "429 0", "reset", "hang")
    async with receiving(*answers) as receiver, outgoing(world.store, followed(receiver)) as side:
        await world.looks(FAILS, 3, checks=[SHOP])
        await until(lambda: len(receiver.came) > 1)
        await world.looks(WELL, 3, checks=[SHOP])
        await until(lambda: receiver.taken == [DOWN, UP])
        # the receiver has it a moment before the bot has read the answer and written it down
        await until(lambda: health(side)["taken"] == 2)
        assert health(side) | {"last_error": ""} == {
            "waiting": 0, "taken": 2, "refused": 0, "failing": False, "last_error": "",
        }  # fmt: skip
    assert [one.word for one in receiver.came] == [DOWN] * 5 + [UP]
    assert len({one.id for one in receiver.came[:5]}) == 1
    assert len({one.raw for one in receiver.came[:5]}) == 1


async def test_a_final_no_is_not_asked_again_and_hears_of_no_recovery(world: World) -> None:
    async with receiving("410") as receiver, outgoing(world.store, followed(receiver)) as side:
        await world.looks(FAILS, 3, checks=[SHOP])
        await until(lambda: health(side)["refused"] == 1)
        await world.looks(WELL, 3, checks=[SHOP])
        await world.looks(FAILS, 3, checks=[CANARY])
        await until(lambda: receiver.taken == [f"{CANARY} down"])
        assert [one.word for one in receiver.came] == [DOWN, f"{CANARY} down"]
        assert health(side)["last_error"] == "answered 410"
        await world.looks(FAILS, 3, checks=[SHOP])  # the next time is news again
        await until(lambda: receiver.taken == [f"{CANARY} down", DOWN])


async def test_a_receiver_that_was_away_hears_how_things_are_and_not_every_turn(
    world: World,
) -> None:
    async with (
        receiving(usual="503") as receiver,
        outgoing(world.store, followed(receiver)) as side,
    ):
        await world.looks(FAILS, 3, checks=[SHOP])
        await until(lambda: receiver.came)
        await world.looks(WELL, 3, checks=[SHOP])
        await world.looks(FAILS, 3, checks=[SHOP])
        await world.looks(WELL, 3, checks=[SHOP])
        receiver.usual = "200"
        await until(lambda: receiver.taken[-1:] == [UP])
        assert receiver.taken == [DOWN, UP]
        await until(lambda: health(side)["taken"] == 2)
    assert await world.rows(select(WebhookLane)) == []


async def test_a_slow_receiver_keeps_no_other_waiting(world: World) -> None:
    async with receiving(usual="hang") as slow, receiving() as quick:
        used = followed(slow, quick, timeout=timedelta(seconds=60))
        async with outgoing(world.store, used):
            await world.looks(FAILS, 3, checks=[SHOP])
            await until(lambda: slow.came)
            await world.looks(WELL, 3, checks=[SHOP])
            await until(lambda: quick.taken == [DOWN, UP])
            assert [one.word for one in slow.came] == [DOWN]


async def test_one_delivery_that_always_fails_keeps_no_other_waiting(world: World) -> None:
    async with receiving() as receiver, outgoing(world.store, followed(receiver)):
        receiver.refused = {DOWN}
        await world.looks(FAILS, 3, checks=[SHOP])
        await until(lambda: receiver.came)
        await world.looks(FAILS, 3, checks=[CANARY])
        await until(lambda: receiver.taken == [f"{CANARY} down"])
        receiver.refused = set()
        await until(lambda: receiver.taken == [f"{CANARY} down", DOWN])


async def test_an_incident_is_followed_from_its_opening_to_its_end(world: World) -> None:
    async with receiving("500") as receiver:
        async with outgoing(world.store, followed(receiver, on=("incident", "dependency"))):
            await world.looks(FAILS, 3)
            await until(lambda: len(receiver.taken) == 2)
            store = world.store
            await store.tx(lifecycle.acknowledge, "INC-1", MAYA)
            await store.tx(lifecycle.note, "INC-1", "not told: it is for people", MAYA)
            await world.looks(WELL, 3)
            await store.tx(lifecycle.resolve, "INC-1", actor=MAYA)
            await until(lambda: receiver.taken[-1:] == ["INC-1 resolved"])
        incident = [word for word in receiver.taken if word.startswith("INC-1")]
        assert incident == [
            "INC-1 open", "INC-1 acknowledged", "INC-1 mitigated", "INC-1 resolved",
        ]  # fmt: skip
        others = [word for word in receiver.taken if not word.startswith("INC-1")]
        assert others == [f"{S3} down", f"{S3} up"]
    opened = next(one.body for one in receiver.came if one.word == "INC-1 open")
    assert (opened["type"], opened["dependency"]) == ("incident", S3)
    assert opened["title"] == "Amazon S3 in us-east-1 is failing"
    assert "url" not in opened


async def test_a_new_webhook_hears_what_is_down_now_and_of_no_incident_before_it(
    world: World,
) -> None:
    await world.looks(FAILS, 3)
    async with receiving() as receiver:
        used = followed(receiver, on=("check", "incident"))
        async with outgoing(world.store, used):
            await until(lambda: len(receiver.taken) == 2)
            await world.store.tx(lifecycle.acknowledge, "INC-1", MAYA)
            await until(lambda: len(receiver.taken) == 3)
            assert sorted(receiver.taken) == sorted([f"{CANARY} down", DOWN, "INC-1 acknowledged"])


async def test_a_restart_says_nothing_twice_and_forgets_nothing(world: World) -> None:
    async with receiving(usual="503") as receiver:
        used = followed(receiver)
        async with outgoing(world.store, used):
            await world.looks(FAILS, 3, checks=[SHOP])
            await until(lambda: receiver.came)
        receiver.usual = "200"
        async with outgoing(world.store, used) as side:
            await until(lambda: health(side)["taken"] == 1)
        assert receiver.taken == [DOWN]
        assert len({one.id for one in receiver.came}) == 1
        await world.start()
        async with outgoing(world.store, used):
            await world.looks(FAILS, 4, checks=[SHOP])
            await world.looks(FAILS, 3, checks=[CANARY])
            await until(lambda: receiver.taken == [DOWN, f"{CANARY} down"])
            await world.looks(WELL, 3, checks=[SHOP])
            await until(lambda: receiver.taken[2:] == [UP])


async def test_a_webhook_that_is_gone_leaves_nothing_behind(world: World) -> None:
    async with receiving() as receiver:
        async with outgoing(world.store, followed(receiver, on=("check", "incident"))):
            await world.looks(FAILS, 3)
            await until(lambda: len(receiver.taken) == 3)
        none = Outgoing(world.store, settings(), Http())
        await none.run()  # with nothing to follow it only tidies up
        assert await world.rows(select(Webhook)) == []
        assert await world.rows(select(WebhookLane)) == []
        cursors = await world.rows(select(ReaderCursor))
        assert [row for row in cursors if row.reader == reader("0")] == []


def let_go(session: Session) -> None:
    session.execute(update(DependencyState).values(held=""))
    changed(session, rows.TOPIC)  # as whoever lets go of it does


async def test_what_is_held_back_is_told_when_it_is_not_any_more(world: World) -> None:
    now = clock.now()
    always = WindowSettings(
        name="move", starts=now - timedelta(days=9000), ends=now + timedelta(days=9000)
    )
    used = settings().model_copy(update={"maintenance": (always,)})
    planned = await World(world.store, used).start()
    await planned.looks(FAILS, 3)
    async with receiving() as receiver, outgoing(world.store, followed(receiver)):
        await asyncio.sleep(0.2)  # were it told, it would be by now
        assert receiver.came == []
        await world.store.tx(let_go)
        await until(lambda: sorted(receiver.taken) == [f"{CANARY} down", DOWN])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "why",
    [
        "Amazon S3 is failing, and this hangs on it",
        "more than 20 fail at once; see the incident of Amazon S3",
    ],
)
async def test_what_another_failure_explains_is_told_all_the_same(world: World, why: str) -> None:
    await world.looks(FAILS, 3)
    explained = update(DependencyState).values(held=why, alarmed=False)
    await world.store.tx(lambda session: session.execute(explained))
    async with receiving() as receiver, outgoing(world.store, followed(receiver)):
        await until(lambda: sorted(receiver.taken) == [f"{CANARY} down", DOWN])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_thousands_at_once_are_each_told_once_and_a_few_at_a_time(store: Store) -> None:
    (whole,) = settings().dependencies
    many = [whole.model_copy(update={"name": f"d{number}"}) for number in range(600)]
    async with receiving() as receiver:
        used = followed(receiver).model_copy(update={"dependencies": tuple(many)})
        rows = [
            {"dependency": d.name, "check": SHOP, "state": "down", "reason": "timeout",
             "detail": "", "since": clock.now(), "seen_at": clock.now()}
            for d in many
        ]  # fmt: skip
        states = [
            {"dependency": d.name, "state": "down", "reason": "", "since": clock.now()}
            for d in many
        ]
        await store.tx(lambda session: session.execute(insert(CheckState), rows))
        await store.tx(lambda session: session.execute(insert(DependencyState), states))
        async with outgoing(store, used):
            await until(lambda: len(receiver.taken) == 600)
    assert len({one.body["dependency"] for one in receiver.came}) == 600
    assert receiver.most_at_once <= 16
