"""What a runbook has the bot do itself: tell the public, and ask people to come."""

import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from typing import Any

import pytest
from freezegun import freeze_time
from pydantic import SecretStr, ValidationError
from sqlalchemy import select

from incidentbot import timeline
from incidentbot.errors import ConfigError, NotFound, Refused
from incidentbot.http import Http
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.paging.by_runbook import ByRunbook as PagedByRunbook
from incidentbot.runbooks.actions import page_someone, statuspage_post
from incidentbot.runbooks.contract import Goal, Live
from incidentbot.runbooks.wires.wires import Wires
from incidentbot.settings import DependencySettings, NamedPolicy, PagingSettings
from incidentbot.settings.secrets import Secret
from incidentbot.settings.telling import StatusPageSettings
from incidentbot.statuspages import drafts
from incidentbot.statuspages.by_runbook import ByRunbook
from incidentbot.statuspages.publish import Publisher
from incidentbot.store import Store
from incidentbot.store.models import Incident, StatusPost
from tests.contracts.doubles.house import approved, database
from tests.stories.status_wire import StatusWire, status_page
from tests.unit import paging_cases
from tests.unit.paging_cases import MAYA, START, Night

LITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
numbers = itertools.count(1)


def page(**more: Any) -> StatusPageSettings:
    key = Secret("STATUSPAGE_KEY", SecretStr("open-sesame"))
    given: dict[str, Any] = {
        "name": "shop-status", "page_id": "shop1234", "api_key": key,
        "components": {"uploads": "comp1"},
    }  # fmt: skip
    return StatusPageSettings(**given | more)


@pytest.fixture(scope="module")
def house() -> Iterator[Store]:
    with database("uploads") as store:
        yield store


@pytest.fixture
def plan_id(house: Store) -> str:
    name = f"P-1{next(numbers)}"
    house.run(approved, name)
    return name


def params(text: str = "We look into it.", **more: Any) -> dict[str, Any]:
    body = drafts.text_of(name="Slow", status="investigating", text=text, components={})
    return {"incident": "INC-1", "page": "shop-status", "body": body | more}


async def posts(store: Store) -> list[StatusPost]:
    rows = select(StatusPost).order_by(StatusPost.created_at)
    return await store.tx(lambda session: list(session.scalars(rows)))


async def test_the_same_plan_posts_the_same_text_once(house: Store, plan_id: str) -> None:
    doors = ByRunbook(house, (page(),)).doors
    before = len(await posts(house))
    first, id = await doors["statuspage_post"](params(), plan_id)
    again, _ = await doors["statuspage_post"](params(), plan_id)
    assert first == again == {"post": id}
    made = (await posts(house))[before:]
    assert [(post.state, post.created_by, post.approved_by) for post in made] == [
        ("approved", "U1", "U2")
    ]
    entries = [e for e in await house.tx(timeline.read, "INC-1") if e.data.get("post") == id]
    assert [entry.data["event"] for entry in entries] == ["drafted", "approved"]


@pytest.mark.parametrize(
    ("asked", "by", "why"),
    [("U1", "U1", "Nobody else has approved"), ("", "", "No plan of this incident")],
)
async def test_nothing_is_public_without_somebody_elses_yes(
    house: Store, asked: str, by: str, why: str
) -> None:
    name = f"P-2{next(numbers)}"
    if asked:
        house.run(approved, name, asked, by)
    before = len(await posts(house))
    with pytest.raises(Refused, match=why):
        await ByRunbook(house, (page(),)).post(params(), name)
    assert len(await posts(house)) == before


@pytest.mark.parametrize(
    "more", [{"status": "fine"}, {"body": " "}, {"body": "x" * 6000}, {"impact": "huge"}]
)
async def test_a_text_that_no_page_takes_is_refused_whole(
    house: Store, plan_id: str, more: dict[str, str]
) -> None:
    with pytest.raises(Refused):
        await ByRunbook(house, (page(),)).post(params(**more), plan_id)


async def test_a_page_that_is_gone_is_named(house: Store, plan_id: str) -> None:
    with pytest.raises(NotFound, match="shop-status is not configured any more"):
        await ByRunbook(house, ()).post(params(), plan_id)


@pytest.mark.parametrize("hidden", ["private", "test"])
async def test_the_public_hears_nothing_of_what_is_hidden(
    house: Store, plan_id: str, hidden: str
) -> None:
    def mark(value: bool) -> None:
        house.run(lambda s: setattr(s.get_one(Incident, "INC-1"), hidden, value))

    mark(True)
    try:
        with pytest.raises(Refused, match=hidden):
            await ByRunbook(house, (page(),)).post(params("Hidden."), plan_id)
    finally:
        mark(False)


async def test_it_is_published_once_and_read_back_even_when_the_answer_is_lost() -> None:
    async with status_page() as wire:
        with database("uploads") as store:
            await published(store, wire)


async def published(store: Store, wire: StatusWire) -> None:
    shop = page(api_url=wire.url, allow_private=True)
    web = Http()
    wires = Wires(web, house=ByRunbook(store, (shop,)).doors)
    calls, publisher = wires.writer("P-1"), Publisher(store, (shop,), web)
    options = statuspage_post.Options(incident="INC-1", page=shop, text="identified", site="Shop")
    before = await statuspage_post.observe(options, calls)
    assert before.value == "nothing"
    planned = statuspage_post.plan(options, before, Goal(""))
    assert planned.after.document["body"] in planned.what  # every word is shown
    done = await statuspage_post.apply(options, planned.requests, before, calls)
    await statuspage_post.apply(options, planned.requests, before, calls)
    wire.mishaps = ["lost"]
    assert await publisher.publish(done.token, 1) is not None
    assert await publisher.publish(done.token, 1) is None
    assert wire.writes == ["POST /v1/pages/shop1234/incidents"]
    (there,) = wire.incidents
    assert (there["name"], there["status"]) == ("Images and files on Shop", "identified")
    assert there["components"] == {"comp1": "partial_outage"}
    fine, said = await statuspage_post.verify(options, planned.after, calls)
    assert fine and str(planned.after.document["body"]) in said
    # The next one keeps the title; the same one again is no plan.
    live = await statuspage_post.observe(options, calls)
    with pytest.raises(Refused, match="says exactly this already"):
        statuspage_post.plan(options, live, Goal(""))
    later = options.model_copy(update={"text": "resolved"})
    assert statuspage_post.plan(later, live, Goal("")).after.document["name"] == there["name"]
    wires.close()
    await web.close()


async def test_a_page_that_refuses_is_told_as_it_is() -> None:
    async with status_page("422") as wire:
        with database("uploads") as store:
            shop = page(api_url=wire.url, allow_private=True)
            web = Http()
            wires = Wires(web, house=ByRunbook(store, (shop,)).doors)
            calls = wires.writer("P-1")
            options = statuspage_post.Options(
                incident="INC-1", page=shop, text="identified", site="Shop"
            )
            before = await statuspage_post.observe(options, calls)
            planned = statuspage_post.plan(options, before, Goal(""))
            done = await statuspage_post.apply(options, planned.requests, before, calls)
            assert await Publisher(store, (shop,), web).publish(done.token, 1) is None
            fine, said = await statuspage_post.verify(options, planned.after, calls)
            assert not fine and "the text is failed: it answered 422" in said
            # What failed was not told: it may be planned anew.
            assert (await statuspage_post.observe(options, calls)).value == "nothing"
            wires.close()
            await web.close()


def test_own_words_come_from_the_configuration_and_hold_nothing_but_the_sites_name() -> None:
    shop = page(texts={"identified": "{site} hakt. Wir sehen nach."})
    options = statuspage_post.Options(incident="INC-1", page=shop, text="identified", site="Shop")
    live = Live("nothing", "nothing", {"dependency": "other"})
    document = statuspage_post.plan(options, live, Goal("")).after.document
    assert document["body"] == "Shop hakt. Wir sehen nach."
    assert document["components"] == {}  # nothing of the page hangs on that dependency
    for wrong in ("{title} fails", "two\nlines", "", "x" * 2001, "{site"):
        with pytest.raises(ValidationError, match="is not a text for the public"):
            page(texts={"identified": wrong})
    with pytest.raises(ValidationError):
        page(texts={"own": "No such text."})


def test_what_a_runbook_names_must_be_in_the_configuration() -> None:
    paging = PagingSettings(
        policies=(NamedPolicy(name="storage", first=(paging_cases.of_people("lin"),)),)
    )
    made = paging_cases.settings(paging, statuspages=(page(), page(name="two")))
    bind = partial(statuspage_post.bind, made, None, "INC-1")
    told = bind(statuspage_post.Arguments(page="two", text="switched"))
    assert (told.page.name, told.site, told.incident) == ("two", "Shop", "INC-1")
    for name in ("shop-statu", None):  # None: there are two, and none is the usual one
        with pytest.raises(ConfigError, match="allowed: shop-status, two"):
            bind(statuspage_post.Arguments(page=name, text="switched"))
    with pytest.raises(ValidationError):
        statuspage_post.Arguments(page="two", text="swiched")
    asked = partial(page_someone.bind, made, None, "INC-1")
    assert asked(page_someone.Arguments(policy="storage")).policy == "storage"
    assert asked(page_someone.Arguments()).policy == ""
    with pytest.raises(ConfigError, match="allowed: default, storage"):
        asked(page_someone.Arguments(policy="storages"))


# --- people ------------------------------------------------------------------------------------


@pytest.fixture
async def night(store: Store) -> AsyncIterator[Night]:
    http = Http()
    storage = NamedPolicy(name="storage", first=(paging_cases.of_people("lin"),))
    made = paging_cases.settings(
        PagingSettings(policies=(storage,)),
        dependencies=(
            DependencySettings(name="uploads", title="Uploads", vendor="acme", service="s3"),
        ),
    )
    with freeze_time(START, real_asyncio=True, ignore=["_pytest"]) as frozen:
        yield Night(store, frozen, http, settings=made)
    await http.close()


def wanted(policy: str = "storage") -> Mapping[str, Any]:
    return {"incident": "INC-1", "policy": policy}


@LITE
async def test_a_round_of_that_policy_begins_once(night: Night) -> None:
    await night.open()
    doors = PagedByRunbook(night.store, night.paging.policies).doors
    look = partial(doors["page_look"], {"incident": "INC-1"}, "")
    assert (await look())[0]["asked"] == ["Jonas"]
    for _ in range(2):
        assert (await doors["page_someone"](wanted(), "P-1"))[0] == {"round": 2}
        await night.turn()
    answer, _ = await look()
    assert answer == {
        "round": 2, "policy": "storage", "live": True, "why": "", "asked": ["Lin"], "failed": [],
    }  # fmt: skip
    assert await night.told() == [
        "asked: Jonas is asked to take it.",
        "cancelled: Nobody else is asked: a runbook asks others.",
        "renewed: A runbook asks for help by the paging policy storage.",
        "asked: Lin is asked to take it.",
    ]
    # Another plan may ask again.
    assert (await doors["page_someone"](wanted(""), "P-2"))[0] == {"round": 3}
    # It ends like any other, and what ended is said.
    await night.do(lifecycle.acknowledge, Person("U3", "Lin"))
    answer, _ = await look()
    assert not answer["live"] and answer["why"] == "Lin acknowledged it"


@LITE
async def test_help_may_be_asked_for_by_whoever_has_it_already(night: Night) -> None:
    await night.open()
    await night.do(lifecycle.acknowledge, MAYA)
    await PagedByRunbook(night.store, night.paging.policies).page(wanted(), "P-1")
    await night.turn()
    assert (await night.told())[-1] == "asked: Lin is asked to take it."
    await night.turn(300)  # nobody is asked beyond those: somebody has it
    assert (await night.told())[-1] == "cancelled: Nobody else is asked: somebody acknowledged it."


@LITE
@pytest.mark.parametrize("over", ["private", "test", "resolved", "policy"])
async def test_nobody_is_asked_for_what_is_over_or_hidden(night: Night, over: str) -> None:
    await night.open()
    door = PagedByRunbook(night.store, night.paging.policies)
    if over == "resolved":
        await night.do(lifecycle.resolve, actor=MAYA)
    elif over != "policy":
        await night.store.tx(lambda s: setattr(s.get_one(Incident, "INC-1"), over, True))
    before = await night.states()
    with pytest.raises(Refused, match=r"resolved|private|a test|no paging policy"):
        await door.page(wanted("gone" if over == "policy" else "storage"), "P-1")
    assert await night.states() == before
