"""A runbook tells the public and asks people to come: through the whole bot, seen in Slack."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from incidentbot.paging.by_runbook import ByRunbook as PagedByRunbook
from incidentbot.runbooks.actions import page_someone, statuspage_post
from incidentbot.runbooks.contract import Goal
from incidentbot.runbooks.wires.wires import Wires
from incidentbot.statuspages.by_runbook import ByRunbook
from tests.contracts.doubles.house import approved
from tests.stories.house import CONFIG, house
from tests.stories.status_wire import StatusWire, status_page
from tests.stories.test_statuspage import PAGE

PAGING = """\
paging:
  policies:
    - {{name: storage, first: [{{kind: people, people: [maya]}}]}}
"""


@pytest.fixture
async def wire() -> AsyncIterator[StatusWire]:
    async with status_page() as made:
        yield made


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_a_plan_says_is_seen_and_who_it_asks_is_called(
    tmp_path: Path, database_url: str, free_port: int, wire: StatusWire
) -> None:
    config = CONFIG + PAGE % wire.url + PAGING
    async with house(tmp_path, database_url, config=config, port=free_port) as bot:
        room = await bot.declared("Uploads hang")
        await bot.app.store.tx(partial(approved, plan_id="P-1"))
        settings = bot.app.settings
        told = ByRunbook(bot.app.store, settings.statuspages).doors
        asked = PagedByRunbook(bot.app.store, bot.app.paging.policies).doors
        wires = Wires(bot.app.http, house={**told, **asked})
        calls = wires.writer("P-1")

        text = statuspage_post.Arguments(text="identified")
        options = statuspage_post.bind(settings, None, "INC-1", text)
        before = await statuspage_post.observe(options, calls)
        planned = statuspage_post.plan(options, before, Goal(""))
        await statuspage_post.apply(options, planned.requests, before, calls)
        assert (await statuspage_post.verify(options, planned.after, calls))[0]
        assert wire.writes == ["POST /v1/pages/shop1234/incidents"]
        (there,) = wire.incidents
        assert there["incident_updates"][0]["body"] == planned.after.document["body"]
        await bot.until(lambda: "says now:" in bot.text(room))
        assert str(planned.after.document["body"]) in bot.text(room)
        assert "statuspage.approve" not in bot.text(room)

        who = page_someone.bind(settings, None, "INC-1", page_someone.Arguments(policy="storage"))
        live = await page_someone.observe(who, calls)
        plan = page_someone.plan(who, live, Goal(""))
        await page_someone.apply(who, plan.requests, live, calls)
        await bot.until(lambda: len(bot.summons(room)) == 3)
        said = [message["text"] for message in bot.summons(room)]
        assert said[1] == "A runbook asks for help by the paging policy storage."
        assert said[2].startswith("Maya Okafor is asked to take it.")
        fine, words = await page_someone.verify(who, plan.after, calls)
        assert fine and "the paging policy storage: asked Maya Okafor" in words
        wires.close()
