"""The public status page: drafted by one, approved by another, posted once whatever is lost."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.statuspages import drafts
from tests.stories.house import CONFIG, House, house
from tests.stories.status_wire import StatusWire, status_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PAGE = """\
statuspages:
  - {{name: shop-status, page_id: shop1234, api_key: HOOK_SECRET, api_url: "%s",
     allow_private: true, components: {{uploads: comp1}}, url: "https://status.shop.example"}}
dependencies:
  - {{name: uploads, title: Uploads, vendor: acme, service: s3, feeds: []}}
"""


@pytest.fixture
async def wire() -> AsyncIterator[StatusWire]:
    async with status_page() as made:
        yield made


@pytest.fixture
async def bot(
    tmp_path: Path, database_url: str, free_port: int, wire: StatusWire
) -> AsyncIterator[House]:
    config = CONFIG + PAGE % wire.url
    async with house(tmp_path, database_url, config=config, port=free_port) as made:
        yield made


async def drafted(bot: House, who: str, room: str, **values: str) -> None:
    await bot.say(who, room, "/incident statuspage")
    person = bot.slack.workspace.person(who).id
    form = await bot.until(lambda: bot.slack.workspace.modal_of(person))
    shown = json.dumps(form.body, ensure_ascii=False)
    assert "We see the problem and are working on it. It began at" in shown
    assert '"Uploads"' in shown
    filled = {name: {"value": value} for name, value in values.items()}
    assert (await bot.do(do="submit", user=who, values=filled)).ok


def updates(wire: StatusWire) -> list[str]:
    return [update["body"] for row in wire.incidents for update in row["incident_updates"]]


async def test_a_second_person_lets_it_out_and_what_is_lost_is_not_said_twice(
    bot: House, wire: StatusWire
) -> None:
    room = await bot.declared("Uploads hang")
    text = "Some uploads <hang>. It began at 14:02 UTC."
    await drafted(
        bot, "maya", room, name="Uploads are slow", status="investigating", text=text,
        components="uploads", state="partial_outage", notify="yes",
    )  # fmt: skip
    await bot.until(lambda: text in bot.text(room))
    assert "comp1: partial" in bot.text(room)
    await bot.click("maya", room, "statuspage.approve")
    await bot.told("maya", "Somebody else must approve it")
    assert not wire.calls

    wire.mishaps = ["lost"]
    await bot.click("jonas", room, "statuspage.approve")
    await bot.until(
        lambda: "The status page shop-status says now: Uploads are slow" in bot.text(room)
    )
    assert wire.writes == ["POST /v1/pages/shop1234/incidents"]
    (there,) = wire.incidents
    assert (there["status"], updates(wire)) == ("investigating", [text])
    assert there["components"] == {"comp1": "partial_outage"}
    assert there["component_ids"] == ["comp1"]
    assert there["deliver_notifications"] is True
    assert there["metadata"]["incidentbot"]["id"].startswith("INC-1-")
    assert "has not taken the text yet" in "".join(e.text for e in await bot.story("external"))
    assert "statuspage.approve" not in bot.text(room)

    # The next text goes to the same incident of the page; its lost answer doubles nothing either.
    wire.mishaps = ["503", "lost"]
    await bot.say("jonas", room, "/incident statuspage It works again since 14:33 UTC.")
    await bot.until(lambda: "statuspage.approve" in bot.text(room))
    await bot.click("maya", room, "statuspage.approve")
    await bot.until(lambda: len(updates(wire)) == 2 and bot.text(room).count("says now:") == 4)
    assert updates(wire)[1] == "It works again since 14:33 UTC."
    assert len(wire.incidents) == 1
    assert wire.writes[1:] == ["PATCH /v1/pages/shop1234/incidents/ext1"] * 2


async def test_a_refusal_is_loud_and_can_be_tried_again_and_what_is_private_is_not_told(
    bot: House, wire: StatusWire
) -> None:
    room = await bot.declared("Uploads hang")
    wire.mishaps = ["422"]
    for text in ("An older draft", "Uploads are slow since 14:02 UTC."):
        await bot.say("maya", room, f"/incident statuspage {text}")
        await bot.until(lambda t=text: t in bot.text(room))  # type: ignore[misc]
    await bot.until(lambda: "replaced by a newer draft" in bot.text(room))
    await bot.click("jonas", room, "statuspage.approve")
    await bot.until(lambda: "The public was not told" in bot.text(room))
    assert "it answered 422" in bot.text(room)
    assert not wire.incidents
    await bot.click("jonas", room, "statuspage.again")
    await bot.until(lambda: "says now:" in bot.text(room))
    assert updates(wire) == ["Uploads are slow since 14:02 UTC."]
    await bot.click("maya", room, "statuspage.again")
    await bot.told("maya", "there is nothing to try again")

    def hide(session: object) -> None:
        lifecycle.get(session, "INC-1").private = True  # type: ignore[arg-type]

    await bot.say("maya", room, "/incident statuspage One more")
    await bot.until(lambda: "One more" in bot.text(room))
    await bot.app.store.tx(hide)
    await bot.click("jonas", room, "statuspage.approve")
    await bot.told("jonas", "INC-1 is private; the public is not told of it.")
    assert len(updates(wire)) == 1
    with pytest.raises(Exception, match="There is no such text"):
        await bot.app.store.tx(drafts.approve, "SP-0", "0", Person("U1", "Maya"))
