"""Who is asked when, until somebody takes it: the rows, the timers and what is told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from freezegun import freeze_time

from incidentbot.http import Http
from incidentbot.incidents import lifecycle
from incidentbot.paging import rounds
from incidentbot.settings import DependencySettings, NamedPolicy, PagingSettings
from incidentbot.store import Store
from tests.contracts import pager_wire
from tests.contracts.pager_wire import Opsgenie, PagerDuty
from tests.unit import paging_cases
from tests.unit.paging_cases import (
    JONAS,
    MAYA,
    START,
    Night,
    later,
    of_duty,
    of_genie,
    of_people,
)

LITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ASKED = "asked: Jonas is asked to take it."
DEPUTY = [
    "escalated: Nobody has answered for 5 min: the next are asked.",
    "asked: Maya is asked to take it.",
]
NOBODY = "nobody: Nobody owns this: nobody has answered for 10 min."


@pytest.fixture
async def night(store: Store) -> AsyncIterator[Night]:
    http = Http()
    with freeze_time(START, real_asyncio=True, ignore=["_pytest"]) as frozen:
        yield Night(store, frozen, http)
    await http.close()


@pytest.fixture
async def duty() -> AsyncIterator[PagerDuty]:
    async with pager_wire.pagerduty() as made:
        made.schedules["S1"] = [{"id": "PLIN", "name": "Lin", "email": "lin@shop.example"}]
        yield made


@pytest.fixture
async def genie() -> AsyncIterator[Opsgenie]:
    async with pager_wire.opsgenie() as made:
        yield made


async def test_nobody_answers_until_everybody_knows_and_somebody_takes_it(night: Night) -> None:
    await night.open()
    assert await night.told() == [ASKED]
    await night.turn(299)
    assert await night.told() == [ASKED]
    await night.turn(1)
    assert await night.told() == [ASKED, *DEPUTY]
    await night.turn(300)
    assert await night.told() == [ASKED, *DEPUTY, NOBODY]
    assert await night.store.tx(rounds.unowned, "INC-1")
    await night.turn(3600)
    assert len(await night.told()) == 4
    assert await night.do(lifecycle.assign, "commander", MAYA, MAYA)
    assert (await night.told())[4:] == ["cancelled: Nobody else is asked: Maya took command."]
    assert not await night.store.tx(rounds.unowned, "INC-1")


async def test_whoever_acknowledges_in_time_ends_it(night: Night) -> None:
    await night.open()
    await night.do(lifecycle.acknowledge, JONAS)
    await night.turn(3600)
    assert (await night.told())[1:] == ["cancelled: Nobody else is asked: Jonas acknowledged it."]
    await night.do(lifecycle.resolve, actor=JONAS)
    await night.do(lifecycle.reopen, actor=JONAS)
    assert len(await night.told()) == 2  # it has an owner


@LITE
async def test_hours_of_standing_still_make_one_level_due_and_not_all(night: Night) -> None:
    await night.open()
    night.restart()
    await night.turn(4 * 3600)
    assert (await night.told())[1:] == [
        "escalated: Nobody has answered for 4 h: the next are asked.",
        "asked: Maya is asked to take it.",
    ]
    night.restart()
    await night.turn(299)
    assert len(await night.told()) == 3  # whoever was asked has their time to answer
    await night.turn(1)
    assert (await night.told())[3:] == [
        "nobody: Nobody owns this: nobody has answered for 4 h 5 min."
    ]


@LITE
async def test_recovery_before_anybody_took_it_ends_it_and_harm_begins_anew(night: Night) -> None:
    await night.open()
    await night.do(lifecycle.mitigate, because="S3 works again.")
    ended = "cancelled: Nobody else is asked: it recovered before anybody acknowledged it."
    assert (await night.told())[1:] == [ended]
    await night.turn(600)
    await night.do(lifecycle.unmitigate, because="S3 fails again.")
    assert (await night.told())[2:] == [ASKED]
    await night.turn(300)
    assert (await night.told())[3:] == DEPUTY
    assert await night.do(lifecycle.mitigate, because="S3 works again.")
    assert await night.do(lifecycle.close_itself, "It was over before anybody acted.")
    assert (await night.told())[5:] == [ended]


@LITE
async def test_severity_and_dependency_decide_who_is_asked(night: Night) -> None:
    storage = NamedPolicy(name="storage", first=(of_people("lin"),), severities=(1, 2))
    dependency = DependencySettings(
        name="s3", title="S3", vendor="aws", service="s3", paging="storage"
    )
    paging = PagingSettings(policies=(storage,))
    night.restart(paging_cases.settings(paging, dependencies=(dependency,)))
    await night.open(severity=3, dependency="s3")
    assert await night.told() == []
    await night.turn(3600)
    await night.do(lifecycle.worsen, 2, "it lasts")
    assert await night.told() == ["asked: Lin is asked to take it."]


@LITE
async def test_pagerduty_is_told_of_the_beginning_the_owner_and_the_end(
    night: Night, duty: PagerDuty
) -> None:
    night.restart(paging_cases.settings(PagingSettings(first=(of_duty(duty),))))
    await night.open()
    assert sorted(await night.told()) == [
        "asked: Lin is asked to take it (on call by PagerDuty).",
        "asked: PagerDuty pages whoever is on call there.",
    ]
    await night.do(lifecycle.acknowledge, MAYA)
    assert duty.done == [("trigger", "shop:INC-1"), ("acknowledge", "shop:INC-1")]
    await night.do(lifecycle.mitigate, because="It is over.")
    await night.do(lifecycle.resolve, actor=MAYA)
    assert duty.done[2:] == [("resolve", "shop:INC-1")]
    assert duty.status == {"shop:INC-1": "resolved"}
    assert (await night.states())["1.0 pagerduty page"] == "closed"


@LITE
async def test_acknowledged_in_pagerduty_is_acknowledged_here(
    night: Night, duty: PagerDuty
) -> None:
    night.restart(paging_cases.settings(PagingSettings(first=(of_duty(duty, schedules=()),))))
    await night.open()
    await night.turn(15)
    duty.troubles = [503]  # a look that fails is no news
    await night.turn(15)
    duty.acknowledge("shop:INC-1", {"id": "PJONAS", "type": "user", "name": "JB"})
    await night.turn(15)
    incident = await night.store.tx(lifecycle.get, "INC-1")
    assert incident.status == "acknowledged"
    assert (await night.told())[1:] == [
        "acknowledged: Jonas acknowledged it in PagerDuty.",
        "cancelled: Nobody else is asked: Jonas acknowledged it.",
    ]
    looks = len(duty.asked)
    await night.turn(3600)
    assert len(duty.asked) == looks  # it is not asked any more
    assert duty.count("acknowledge") == 0  # they know


@LITE
async def test_opsgenie_is_closed_when_it_recovers_and_asked_who_took_it(
    night: Night, genie: Opsgenie
) -> None:
    night.restart(paging_cases.settings(PagingSettings(first=(of_genie(genie),))))
    await night.open()
    await night.do(lifecycle.mitigate, because="S3 works again.")
    assert genie.done == [("create", "shop:INC-1"), ("close", "shop:INC-1")]
    await night.do(lifecycle.unmitigate, because="S3 fails again.")
    assert genie.done[2:] == [("create", "shop:INC-1:2.0")]  # news, not the closed one
    genie.acknowledge("shop:INC-1:2.0", "ada@shop.example")
    await night.turn(15)
    assert "acknowledged: ada acknowledged it in Opsgenie." in await night.told()


@LITE
async def test_a_lost_answer_and_a_kill_page_nobody_twice(night: Night, duty: PagerDuty) -> None:
    night.restart(paging_cases.settings(PagingSettings(first=(of_duty(duty, schedules=()),))))
    duty.troubles = ["lose"]
    await night.open()
    assert duty.opened == ["shop:INC-1"]
    assert await night.told() == []  # we cannot know
    night.restart()
    await night.turn(1)
    assert duty.opened == ["shop:INC-1"]
    assert duty.count("trigger") == 2
    assert await night.told() == ["asked: PagerDuty pages whoever is on call there."]


@LITE
async def test_ended_while_a_page_is_in_doubt_it_is_ended_there_too(
    night: Night, duty: PagerDuty
) -> None:
    night.restart(paging_cases.settings(PagingSettings(first=(of_duty(duty, schedules=()),))))
    duty.troubles = ["lose", 500]
    await night.open()
    await night.do(lifecycle.acknowledge, MAYA)
    assert duty.status == {"shop:INC-1": "triggered"}  # the first try to say so failed
    await night.turn(7)  # as long as it asked for
    assert duty.status == {"shop:INC-1": "acknowledged"}
    await night.do(lifecycle.resolve, actor=MAYA)
    assert duty.status == {"shop:INC-1": "resolved"}


@LITE
async def test_when_pagerduty_is_away_it_is_said_with_numbers_and_the_next_are_asked(
    night: Night, duty: PagerDuty
) -> None:
    paging = PagingSettings(
        first=(of_duty(duty, schedules=()),), then=(later("5m", of_people("jonas")), later("10m"))
    )
    night.restart(paging_cases.settings(paging))
    duty.troubles = ["break"] * 5
    await night.open()
    for _ in range(3):
        await night.turn(4)
    told = await night.told()
    assert told[0].startswith("failed: PagerDuty could not be reached: ")
    assert told[1].startswith("escalated: Nobody has answered for 12 s")
    assert told[2] == ASKED
    for _ in range(3):
        await night.turn(60)
    assert duty.opened == ["shop:INC-1"]  # it is still tried
    assert (await night.told())[3:] == ["asked: PagerDuty pages whoever is on call there."]


@LITE
async def test_a_long_wait_is_kept_and_said_at_once(night: Night, duty: PagerDuty) -> None:
    night.restart(paging_cases.settings(PagingSettings(first=(of_duty(duty, schedules=()),))))
    duty.troubles, duty.retry_after = [429], 120
    await night.open()
    assert (await night.told())[0] == "failed: PagerDuty could not be reached: it answered 429."
    await night.turn(119)
    assert len(duty.asked) == 1
    await night.turn(1)
    assert duty.opened == ["shop:INC-1"]


@LITE
async def test_a_refusal_is_final_and_a_schedule_without_people_is_said(
    night: Night, duty: PagerDuty
) -> None:
    duty.schedules["S1"] = []
    paging = PagingSettings(first=(of_duty(duty, routing_key=None),))
    night.restart(paging_cases.settings(paging))
    await night.open()
    assert (await night.told())[0] == (
        "failed: Nobody is on call by PagerDuty, so nobody was asked there."
    )
    assert (await night.told())[1].startswith("escalated: ")  # no reason to wait


@LITE
async def test_slack_away_keeps_no_page_waiting_and_people_are_asked_once_it_is_back(
    night: Night, duty: PagerDuty
) -> None:
    paging = PagingSettings(first=(of_people("jonas", "ghost"), of_duty(duty, schedules=())))
    night.restart(paging_cases.settings(paging))
    night.chat.away = True
    await night.open()
    assert await night.told() == ["asked: PagerDuty pages whoever is on call there."]
    for _ in range(4):
        await night.turn(8)
    assert (await night.told())[1] == (
        "failed: Whoever is on call by the list could not be asked in Slack:"
        " Slack says unreachable."
    )
    night.chat.away = False
    await night.turn(60)
    assert (await night.told())[2:] == [
        "failed: ghost could not be asked: Slack knows nobody of that name or address.",
        ASKED,
    ]


@LITE
async def test_a_step_that_left_the_configuration_is_said(night: Night, duty: PagerDuty) -> None:
    night.restart(paging_cases.settings(PagingSettings(first=(of_duty(duty, schedules=()),))))
    duty.troubles = ["break"]
    await night.open()
    night.restart(paging_cases.settings())
    await night.turn(1)
    assert (await night.told())[0] == (
        "failed: The step with pagerduty is no longer in the configuration; nobody was asked by it."
    )


@LITE
async def test_whom_two_providers_name_is_asked_once_and_again_by_the_next_level(
    night: Night, duty: PagerDuty
) -> None:
    paging = PagingSettings(
        first=(of_people("lin", "jonas"), of_duty(duty, routing_key=None)),
        then=(later("5m", of_people("jonas")), later("10m")),
    )
    night.restart(paging_cases.settings(paging))
    await night.open()
    told = " ".join(await night.told())
    assert told.count("Lin") == told.count("Jonas") == 1
    await night.turn(300)
    assert (await night.told())[-1] == ASKED


@LITE
async def test_a_person_may_ask_others_to_come(night: Night) -> None:
    await night.open()
    await night.do(lifecycle.acknowledge, JONAS)
    await night.paging.ask("INC-1", ["maya", "lin"], JONAS)
    await night.turn()
    await night.paging.ask("INC-1", ["maya"], JONAS)
    await night.turn()
    assert (await night.told())[2:] == [
        "asked: Jonas asked Maya and Lin to come.",
        "asked: Jonas asked Maya to come.",
    ]
