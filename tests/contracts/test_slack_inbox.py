"""The inbox keeps its word: once, in order, not yet, never behind other work, never lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from incidentbot.slack.inbound import inbox
from incidentbot.slack.inbound.inbox import Inbox, Item, NotYet
from incidentbot.store import Store
from incidentbot.store.models import InboxItem

Body = dict[str, Any]
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MESSAGE = "1767225600.000000"


def event(name: str, second: int, about: str = MESSAGE, event_id: str = "") -> Body:
    """Somebody reacted with `name` to a message, that many seconds after it."""
    item = {"type": "message", "channel": "C1", "ts": about}
    ts = f"{float(MESSAGE) + second:.6f}"
    inner = {"type": "reaction_added", "user": "U1", "reaction": name, "item": item}
    return {"team_id": "T1", "event_id": event_id or name, "event": inner | {"event_ts": ts}}


def typed(text: str, person: str = "U1") -> Body:
    return {"user_id": person, "text": text, "trigger_id": f"1.{text}.a"}


def pressed(second: float, person: str = "U1", kind: str = "button") -> Body:
    ts = f"{float(MESSAGE) + second:.6f}"
    action = {"type": kind, "action_id": "ack", "value": "INC-1", "action_ts": ts}
    where = {"type": "message", "message_ts": MESSAGE, "channel_id": "C1"}
    body = {"user": {"id": person}, "actions": [action], "container": where}
    return body | {"trigger_id": f"2.{ts}.{person}"}


def name_of(item: Item) -> str:
    inner = item.payload.get("event") or {}
    return str(inner.get("reaction") or item.payload.get("text") or item.key)


class Hands:
    """Does the work: notes what was done, after whatever `first` does."""

    def __init__(self, first: Callable[[Item], Awaitable[None]] | None = None) -> None:
        self.did: list[str] = []
        self.gave_up: list[str] = []
        self._first = first

    async def work(self, item: Item) -> None:
        if self._first is not None:
            await self._first(item)
        self.did.append(name_of(item))

    async def give_up(self, item: Item) -> None:
        self.gave_up.append(name_of(item))


@asynccontextmanager
async def running(made: Inbox) -> AsyncIterator[None]:
    task = asyncio.create_task(made.run())
    try:
        yield
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError), ended


async def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not what():
        assert time.monotonic() < end, "still not so"
        await asyncio.sleep(0.01)


async def settled(store: Store) -> dict[str, str]:
    """Wait until nothing is new; the states by what the items are called."""
    end = time.monotonic() + 15
    while await store.tx(inbox.waiting):
        assert time.monotonic() < end, "still waiting"
        await asyncio.sleep(0.01)
    return await store.tx(_states)


def _states(session: Session) -> dict[str, str]:
    rows = session.scalars(select(InboxItem))
    return {name_of(Item(row.key, row.kind, row.payload)): row.state for row in rows}


def _age(session: Session, by: timedelta) -> None:
    for row in session.scalars(select(InboxItem)):
        row.received_at -= by
        if row.kind != "event":  # Slack tells the time of events only
            row.happened_at -= by


async def test_what_came_in_any_order_and_twice_is_worked_once_and_in_slacks_order(
    store: Store,
) -> None:
    hands = Hands()
    made = Inbox(store, hands.work, hands.give_up)
    brought = [event(f"r{n}", n) for n in (3, 1, 4, 2)]
    brought += [event("r2", 2, event_id="a twin"), event("something else", 9, event_id="r3")]
    await asyncio.gather(*(made.put("event", body) for body in brought))
    await asyncio.gather(*(made.put("event", body) for body in brought))
    async with running(made):
        states = await settled(store)
    assert hands.did == ["r1", "r2", "r3", "r4"]
    assert set(states.values()) == {"done"}


@SQLITE
async def test_what_comes_before_the_thing_it_is_about_waits_and_later_ones_wait_behind(
    store: Store,
) -> None:
    tried: list[str] = []

    async def first(item: Item) -> None:
        tried.append(name_of(item))
        if name_of(item) == "removed" and "added" not in hands.did:
            raise NotYet("nobody has reacted")

    hands = Hands(first)
    made = Inbox(store, hands.work, hands.give_up)
    async with running(made):
        await made.put("event", event("removed", 2))
        await made.put("event", event("again", 3))
        await made.put("event", event("elsewhere", 3, about="1767225601.000000"))
        await until(lambda: "removed" in tried and "elsewhere" in hands.did)
        assert hands.did == ["elsewhere"]
        await made.put("event", event("added", 1))
        await settled(store)
    assert hands.did == ["elsewhere", "added", "removed", "again"]


@SQLITE
async def test_what_never_comes_is_waited_for_a_minute_and_then_done_without(store: Store) -> None:
    async def first(item: Item) -> None:
        if not (item.waited and name_of(item) == "edit"):
            raise NotYet("there is no such message")

    hands = Hands(first)
    made = Inbox(store, hands.work, hands.give_up)
    await made.put("event", event("edit", 1))
    await made.put("event", event("hopeless", 2, about="1767225601.000000"))
    async with running(made):
        await until(lambda: made.under_way == 0)
        assert hands.did == []
        await store.tx(_age, inbox.LONGEST_WAIT)
        states = await settled(store)
    assert hands.did == ["edit"]
    assert states == {"edit": "done", "hopeless": "done"} and not hands.gave_up


@SQLITE
async def test_a_double_click_is_one_act_and_two_people_are_two(store: Store) -> None:
    fails = ["once"]

    async def first(item: Item) -> None:
        if fails:
            fails.pop()
            raise RuntimeError("out of order")

    hands = Hands(first)
    made = Inbox(store, hands.work, hands.give_up, pauses=(timedelta(0),))
    for body in (pressed(0), pressed(0.2), pressed(0.4, "U2")):
        await made.put("click", body)
    for second in (1.0, 1.2):
        await made.put("click", pressed(second, kind="static_select"))
    async with running(made):
        states = await settled(store)
    # The first half failed at first, and the second half does not swallow it.
    assert len(hands.did) == 4 and set(states.values()) == {"done"}


@SQLITE
async def test_a_form_opens_while_many_slow_ones_are_under_way(store: Store) -> None:
    ended = asyncio.Event()

    async def first(item: Item) -> None:
        if name_of(item).startswith("slow"):
            await ended.wait()

    hands = Hands(first)
    made = Inbox(store, hands.work, hands.give_up)
    async with running(made):
        slow = [event(f"slow{n}", n, about=f"{n}.000000") for n in range(inbox.AT_ONCE + 20)]
        await asyncio.gather(*(made.put("event", body) for body in slow))
        await until(lambda: made.under_way == inbox.AT_ONCE)
        await made.put("command", typed("slow plan"))
        await made.put("command", typed("declare"))  # by the same person
        await made.put("command", typed("status", "U2"))
        await until(lambda: {"declare", "status"} <= set(hands.did))
        assert hands.did == ["status", "declare"], "a person's own come in order, for a second"
        ended.set()
        await settled(store)


@SQLITE
async def test_what_a_restart_finds_is_done_in_the_order_it_came(store: Store) -> None:
    async def first(item: Item) -> None:
        await asyncio.sleep(0.05 if name_of(item) == "severity 1" else 0)

    hands = Hands(first)
    made = Inbox(store, hands.work, hands.give_up)
    typed_before = [f"severity {n}" for n in range(1, 5)] + ["resolve"]
    for text in typed_before:
        await made.put("command", typed(text))
    await store.tx(_age, timedelta(minutes=10))
    async with running(made):
        await settled(store)
    assert hands.did == typed_before


@SQLITE
async def test_what_is_kept_overtakes_everything_else_that_waits_for_the_database(
    store: Store,
) -> None:
    hands = Hands()
    made = Inbox(store, hands.work, hands.give_up)
    finished = 0

    async def other() -> None:
        nonlocal finished
        await store.tx(inbox.waiting)
        finished += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(1000):
            group.create_task(other())
        await asyncio.sleep(0)
        await asyncio.gather(*(made.put("command", typed(f"n{n}")) for n in range(50)))
        assert finished < 100
    assert len(await store.tx(_states)) == 50


@SQLITE
async def test_what_fails_is_tried_again_and_given_up_and_a_lost_database_is_no_failure(
    store: Store,
) -> None:
    left = ["database is locked"]

    async def first(item: Item) -> None:
        if name_of(item) == "broken":
            raise RuntimeError("a fault of ours")
        if name_of(item) == "unlucky" and left:
            raise OperationalError("INSERT", {}, Exception(left.pop()))

    hands = Hands(first)
    made = Inbox(store, hands.work, hands.give_up, pauses=(timedelta(0), timedelta(0)))
    await made.put("command", typed("broken"))
    await made.put("command", typed("unlucky", "U2"))
    async with running(made):
        states = await settled(store)
    assert states == {"broken": "failed", "unlucky": "done"}
    assert hands.gave_up == ["broken"] and hands.did == ["unlucky"]


@SQLITE
async def test_what_was_done_a_week_ago_is_forgotten_and_what_failed_is_not(store: Store) -> None:
    hands = Hands()
    made = Inbox(store, hands.work, hands.give_up)
    for text in ("old", "failed"):
        await made.put("command", typed(text))

    def close(session: Session) -> None:
        for row in session.scalars(select(InboxItem)):
            row.state = "done" if row.payload["text"] == "old" else "failed"
            row.received_at -= inbox.KEPT + timedelta(minutes=1)

    await store.tx(close)
    await made.put("command", typed("new"))
    async with running(made):
        await until(lambda: hands.did == ["new"])
        await settled(store)
    assert await store.tx(_states) == {"failed": "failed", "new": "done"}
