"""Every provider of paging keeps the contract; PagerDuty and Opsgenie against their wire."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from incidentbot import plugins
from incidentbot.errors import Permanent, Temporary
from incidentbot.http import Http
from incidentbot.paging.contract import Alert, Desk, Roster, Someone
from incidentbot.paging.policy import PROVIDERS
from incidentbot.paging.providers import opsgenie, pagerduty, people, rota, slack_group
from incidentbot.settings import PersonSettings, SettingsModel
from incidentbot.settings.secrets import Secret
from tests.contracts import pager_wire
from tests.contracts.pager_wire import SECRETS, Opsgenie, PagerDuty

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
JONAS = PersonSettings(
    name="Jonas",
    slack="jonas",
    email="jonas@shop.example",
    phone="+49 30 2222",
    pagerduty="PJONAS",
    opsgenie="jonas.b@shop.example",
)
ALERT = Alert(
    "shop:INC-1", "INC-1, severity 2: S3", "It fails.", 2, "Shop", "http://bot.example/", AT, "s3"
)
# The least that each of them can be set up with.
LEAST: dict[str, dict[str, Any]] = {
    "opsgenie": {"key": Secret("OPSGENIE_KEY")},
    "pagerduty": {"routing_key": Secret("PD_ROUTING_KEY")},
    "people": {"people": ["maya"]},
    "rota": {"members": ["maya", "jonas"]},
    "slack_group": {"group": "@oncall"},
}


class Chat:
    """A workspace with one group, in memory."""

    async def members(self, group: str) -> list[str]:
        if group != "@oncall":
            raise Permanent(f"there is no user group {group}")
        return ["U1", "U2"]

    async def identify(self, handle: str, email: str) -> tuple[str, str] | None:
        return (handle, handle) if handle.startswith("U") else None


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    http = Http()
    yield Desk(http, Roster((JONAS,)), Chat())
    await http.close()


@pytest.fixture
async def duty() -> AsyncIterator[PagerDuty]:
    async with pager_wire.pagerduty() as made:
        made.schedules["S1"] = [
            {"id": "PJONAS", "name": "J. Berg", "email": "other@shop.example"},
            {"id": "PLIN", "name": "Lin", "email": "lin@shop.example"},
        ]
        yield made


@pytest.fixture
async def genie() -> AsyncIterator[Opsgenie]:
    async with pager_wire.opsgenie() as made:
        made.schedules["primary"] = ["jonas.b@shop.example", "lin@shop.example"]
        yield made


def secret(name: str) -> Secret:
    return Secret(name, SecretStr(SECRETS[name]))


def duty_options(duty: PagerDuty, **more: Any) -> pagerduty.Options:
    given: dict[str, Any] = {
        "routing_key": secret("PD_ROUTING_KEY"),
        "token": secret("PD_TOKEN"),
        "schedules": ("S1",),
        "events_url": duty.url,
        "api_url": duty.url,
        "allow_private": True,
        "timeout": "2s",
    }
    return pagerduty.Options(**given | more)


def genie_options(genie: Opsgenie, **more: Any) -> opsgenie.Options:
    given: dict[str, Any] = {
        "key": secret("OPSGENIE_KEY"),
        "schedules": ("primary",),
        "responders": ({"type": "team", "name": "ops"}, {"type": "user", "name": "a@b.example"}),
        "api_url": genie.url,
        "allow_private": True,
    }
    return opsgenie.Options(**given | more)


@pytest.mark.parametrize("name", sorted(plugins.found(PROVIDERS)))
def test_a_provider_keeps_the_contract(name: str) -> None:
    module = plugins.get(PROVIDERS, name)
    assert module.__doc__
    assert module.TITLE
    assert issubclass(module.Options, SettingsModel)
    assert all(field.description for field in module.Options.model_fields.values())
    options = module.Options(**LEAST[name])
    assert module.knows(options) or module.pages(options)
    wanted = {"on_call": 3, "changes": 3}
    if module.pages(options):
        wanted |= {"page": 3, "tell": 4, "answer": 3}
    for function, many in wanted.items():
        found = getattr(module, function)
        assert inspect.iscoroutinefunction(found)
        assert len(inspect.signature(found).parameters) == many, function


async def test_lists_rotas_and_groups_name_people_of_the_roster(desk: Desk) -> None:
    listed = await people.on_call(people.Options(people=("jonas", "lin")), AT, desk)
    assert listed[0] == Someone("Jonas", "jonas", "jonas@shop.example", "+49 30 2222")
    assert listed[1] == Someone("lin", "lin")
    turns = rota.Options(members=("jonas",))
    assert await rota.on_call(turns, AT, desk) == listed[:1]
    assert await rota.changes(turns, AT, desk) is None
    group = await slack_group.on_call(slack_group.Options(group="@oncall"), AT, desk)
    assert [one.slack for one in group] == ["U1", "U2"]
    with pytest.raises(Permanent, match="no user group @gone"):
        await slack_group.on_call(slack_group.Options(group="@gone"), AT, desk)


async def test_pagerduty_pages_once_however_often_it_is_told(duty: PagerDuty, desk: Desk) -> None:
    options = duty_options(duty)
    duty.troubles = ["lose"]
    with pytest.raises(Temporary):
        await pagerduty.page(options, ALERT, desk)
    assert await pagerduty.page(options, ALERT, desk) == ALERT.key
    assert duty.count("trigger") == 2
    assert duty.opened == [ALERT.key]
    event = duty.events[0]
    assert event["payload"]["severity"] == "error"
    assert event["payload"]["component"] == "s3"
    assert event["links"][0]["href"] == ALERT.link
    assert (await pagerduty.answer(options, ALERT, desk)).state == "open"
    await pagerduty.tell(options, ALERT, "acknowledged", desk)
    answer = await pagerduty.answer(options, ALERT, desk)
    assert (answer.state, answer.by) == ("acknowledged", None)
    await pagerduty.tell(options, ALERT, "resolved", desk)
    assert (await pagerduty.answer(options, ALERT, desk)).state == "resolved"


async def test_pagerduty_says_who_is_on_call_and_who_took_it(duty: PagerDuty, desk: Desk) -> None:
    options = duty_options(duty)
    jonas, lin = await pagerduty.on_call(options, AT, desk)
    assert (jonas.name, jonas.slack) == ("Jonas", "jonas")
    assert (lin.name, lin.email, lin.id) == ("Lin", "lin@shop.example", "pagerduty:PLIN")
    assert await pagerduty.changes(options, AT, desk) == datetime(2026, 3, 2, 15, tzinfo=UTC)
    await pagerduty.page(options, ALERT, desk)
    duty.acknowledge(ALERT.key, {"id": "PX", "type": "user", "name": "Ada"})
    by = (await pagerduty.answer(options, ALERT, desk)).by
    assert by is not None
    assert (by.name, by.id) == ("Ada", "pagerduty:PX")
    assert (await pagerduty.answer(duty_options(duty, token=None, schedules=()), ALERT, desk)
            ).state == "open"  # fmt: skip


async def test_opsgenie_pages_once_and_closes_by_the_alias(genie: Opsgenie, desk: Desk) -> None:
    options = genie_options(genie)
    assert (await opsgenie.answer(options, ALERT, desk)).state == "open"  # not taken up yet
    genie.troubles = ["lose"]
    with pytest.raises(Temporary):
        await opsgenie.page(options, ALERT, desk)
    assert await opsgenie.page(options, ALERT, desk) == "43a29c5c"
    (alert,) = genie.alerts.values()
    assert (alert["alias"], alert["priority"]) == ("shop:INC-1", "P2")
    assert alert["responders"][1] == {"type": "user", "username": "a@b.example"}
    genie.acknowledge(ALERT.key, "jonas.b@shop.example")
    answer = await opsgenie.answer(options, ALERT, desk)
    assert answer.state == "acknowledged"
    assert answer.by is not None
    assert answer.by.name == "Jonas"
    await opsgenie.tell(options, ALERT, "acknowledged", desk)
    await opsgenie.tell(options, ALERT, "resolved", desk)
    assert (await opsgenie.answer(options, ALERT, desk)).state == "resolved"
    assert genie.done[-1] == ("close", ALERT.key)


async def test_opsgenie_says_who_is_on_call(genie: Opsgenie, desk: Desk) -> None:
    jonas, lin = await opsgenie.on_call(genie_options(genie), AT, desk)
    assert (jonas.name, lin.name, lin.email) == ("Jonas", "lin", "lin@shop.example")
    gone = genie_options(genie, schedules=("gone",))
    with pytest.raises(Permanent, match="it answered 404: Schedule does not exist"):
        await opsgenie.on_call(gone, AT, desk)


async def test_what_may_work_later_is_told_from_what_will_not(duty: PagerDuty, desk: Desk) -> None:
    options = duty_options(duty)
    for trouble in (429, 500, 503, 408, "break"):
        duty.troubles = [trouble]
        with pytest.raises(Temporary) as caught:
            await pagerduty.page(options, ALERT, desk)
        assert caught.value.retry_after == (None if trouble == "break" else 7)
    duty.troubles = ["hang"]
    with pytest.raises(Temporary, match="no answer within"):
        await pagerduty.page(duty_options(duty, timeout="50ms"), ALERT, desk)
    assert duty.opened == []
    wrong = duty_options(duty, routing_key=Secret("PD_ROUTING_KEY", SecretStr("not-the-one")))
    with pytest.raises(Permanent, match="routing_key is not valid") as refused:
        await pagerduty.page(wrong, ALERT, desk)
    assert "not-the-one" not in refused.value.message
    stranger = duty_options(duty, token=Secret("PD_TOKEN", SecretStr("wrong")))
    with pytest.raises(Permanent, match="it answered 401: Unauthorized"):
        await pagerduty.on_call(stranger, AT, desk)
