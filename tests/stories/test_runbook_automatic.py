"""A swap that nobody has to approve: off by default, announced, and stopped by anybody."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from incidentbot import clock
from incidentbot.runbooks import automatic, stopping
from incidentbot.store import Store
from incidentbot.store.models import Approval, Plan
from tests.contracts.aws_wire import ENV
from tests.stories.switching import CONFIG, JONAS, RUNBOOKS, Shop, cloud, shop

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ALLOWED = CONFIG.replace(
    "policy: {{", "policy: {{automatic: {{allowed: true, after: 2m, veto: 1m}}, "
)
Open = Callable[..., AbstractAsyncContextManager[Shop]]


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with cloud() as url:
        yield url


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """The shipped two, of which one asks to run by itself."""
    folder = tmp_path / "runbooks"
    folder.mkdir()
    for name in ("serve-from-backup", "serve-from-primary"):
        text = (RUNBOOKS / f"{name}.yaml").read_text(encoding="utf-8")
        more = "automatic: {after: 3m, veto: 1m}\n" if name == "serve-from-backup" else ""
        (folder / f"{name}.yaml").write_text(text + more, encoding="utf-8")
    return folder


@pytest.fixture
async def world(
    store: Store, aws: str, tmp_path: Path, books: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    async with shop(store, aws, tmp_path, ALLOWED, books) as made:
        yield made


async def fails(world: Shop, ago: timedelta) -> None:
    """The primary has failed for a while."""
    await world.breaks()
    await world.seen("down", clock.now() - ago)


async def plans(world: Shop) -> list[Plan]:
    return await world.store.tx(lambda s: list(s.scalars(select(Plan))))


async def later(world: Shop, ahead: timedelta) -> None:
    await world.store.tx(automatic.let_run, clock.now() + ahead)


async def test_it_waits_announces_itself_and_runs_by_the_policy(world: Shop) -> None:
    await fails(world, timedelta(minutes=2, seconds=50))
    await world.runbooks.by_policy()
    assert await plans(world) == []  # not proven for long enough
    await world.seen("down", clock.now() - timedelta(minutes=3, seconds=1))
    await world.runbooks.by_policy()
    await world.runbooks.by_policy()
    (plan,) = await plans(world)
    assert (plan.created_by, plan.state) == (automatic.BOT.id, "planned")
    assert "runs by itself at" in await world.text_of("announced")
    await later(world, timedelta(seconds=50))
    assert (await world.row(plan.id)).state == "planned"
    await later(world, timedelta(seconds=61))
    assert (await world.row(plan.id)).state == "approved"
    (given,) = await world.store.tx(lambda s: list(s.scalars(select(Approval))))
    assert (given.kind, given.person) == ("policy", "incidentbot")
    done = await world.run(plan)
    assert (done.state, world.writes()) == ("done", 1)


async def test_anybody_stops_it_for_good(world: Shop) -> None:
    await fails(world, timedelta(minutes=4))
    await world.runbooks.by_policy()
    (plan,) = await plans(world)
    assert await world.runbooks.veto(plan.id, JONAS) == ""
    assert "Jonas vetoed" in await world.text_of("vetoed")
    assert "nothing to veto" in await world.runbooks.veto(plan.id, JONAS)
    await world.runbooks.by_policy()
    await later(world, timedelta(minutes=2))
    assert [one.state for one in await plans(world)] == ["cancelled"]
    assert world.writes() == 0


async def test_the_guards_hold_for_it_too(world: Shop) -> None:
    await fails(world, timedelta(minutes=4))
    await world.store.tx(stopping.stop, JONAS, "we look first")
    await world.runbooks.by_policy()
    assert await plans(world) == []


async def test_a_runbook_may_not_ask_for_it_where_the_policy_does_not_allow_it(
    store: Store, aws: str, tmp_path: Path, books: Path
) -> None:
    with pytest.raises(Exception, match=r"automatic: is not allowed by `policy.automatic.allowed`"):
        async with shop(store, aws, tmp_path, CONFIG, books):
            pass
