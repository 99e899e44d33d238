"""Statuspage's API as we use it: what each answer means, and our own words do not come back."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from incidentbot.errors import IncidentbotError, Permanent, Temporary
from incidentbot.http import Http
from incidentbot.settings.secrets import Secret
from incidentbot.settings.telling import StatusPageSettings
from incidentbot.signals import Signal
from incidentbot.statuspages import drafts
from incidentbot.statuspages.api import StatusPage
from incidentbot.statuspages.echo import unheard
from tests.stories.status_wire import StatusWire, status_page

BODY = drafts.text_of(name="Slow", status="investigating", text="We look.", components={"c1": "x"})


@pytest.fixture
async def wire() -> AsyncIterator[StatusWire]:
    async with status_page() as made:
        yield made


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    made = Http()
    yield made
    await made.close()


def settings(wire: StatusWire, key: str = "open-sesame") -> StatusPageSettings:
    secret = Secret("KEY", value=SecretStr(key))
    return StatusPageSettings(
        name="shop", page_id="shop1234", api_key=secret, api_url=wire.url, allow_private=True
    )


async def test_a_lost_answer_is_found_again_by_its_mark(wire: StatusWire, http: Http) -> None:
    page = StatusPage(http, settings(wire))
    assert await page.find("", "INC-1-a") is None
    wire.mishaps = ["lost"]
    with pytest.raises(Temporary):
        await page.create(BODY, "INC-1-a", "SP-1")
    there = await page.find("", "INC-1-a")
    assert there is not None
    assert (there.id, there.post) == ("ext1", "SP-1")
    await page.update(there.id, BODY, "INC-1-a", "SP-2")
    again = await page.find(there.id, "INC-1-a")
    assert again is not None and again.post == "SP-2"
    # Deleted on the page by a person: looked for by the mark, and then it is not there.
    wire.incidents.clear()
    assert await page.find("ext1", "INC-1-a") is None


@pytest.mark.parametrize(
    ("mishap", "kind", "wait"),
    [
        ("429 7", Temporary, 7.0),
        ("420", Temporary, 60.0),
        ("503", Temporary, None),
        ("422", Permanent, None),
        ("302", Permanent, None),
    ],
)
async def test_what_an_answer_means(
    wire: StatusWire, http: Http, mishap: str, kind: type[IncidentbotError], wait: float | None
) -> None:
    wire.mishaps = [mishap]
    with pytest.raises(kind) as caught:
        await StatusPage(http, settings(wire)).create(BODY, "m", "SP-1")
    assert mishap.split()[0] in str(caught.value)
    assert getattr(caught.value, "retry_after", None) == wait
    assert not wire.incidents


async def test_a_wrong_key_is_final_and_not_told(wire: StatusWire, http: Http) -> None:
    with pytest.raises(Permanent, match="401") as caught:
        await StatusPage(http, settings(wire, key="a-wrong-key")).find("", "m")
    assert "a-wrong-key" not in str(caught.value)


async def test_what_our_own_page_pushes_is_no_news(wire: StatusWire) -> None:
    heard: list[str] = []

    async def taken(hook: str, signals: Sequence[Signal], at: datetime) -> None:
        heard.extend(signal.title for signal in signals)

    def signal(title: str, page: str) -> Signal:
        return Signal("statuspage", "statuspage", title=title, labels={"page": page})

    ours, theirs = signal("ours", "shop1234"), signal("theirs", "other")
    told = unheard([settings(wire)], taken)
    await told("hook", [ours, theirs], datetime(2026, 1, 1, tzinfo=UTC))
    await told("hook", [ours], datetime(2026, 1, 1, tzinfo=UTC))
    assert heard == ["theirs"]
    assert unheard([], taken) is taken
