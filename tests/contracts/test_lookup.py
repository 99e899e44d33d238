"""What paging asks of Slack, and what Slack shows of paging, against the local workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.errors import Permanent, Temporary
from incidentbot.incidents import lifecycle
from incidentbot.incidents.rights import Rights
from incidentbot.rehearsal.workspace.blocks import check_blocks
from incidentbot.rehearsal.workspace.server import Running, running
from incidentbot.settings import PersonSettings, Settings, SlackSettings
from incidentbot.slack.outbound.client import SlackClient
from incidentbot.slack.people.directory import Directory
from incidentbot.slack.people.lookup import Lookup
from incidentbot.slack.people.summons import Summons
from incidentbot.store import Store
from incidentbot.store.models import Channel, Delivery

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOSTILE = "<!channel> <@U123> <https://evil.example|click> @here *bold* " + "A" * 5000


@pytest.fixture
async def slack() -> AsyncIterator[Running]:
    async with running() as made:
        yield made


@pytest.fixture
async def lookup(slack: Running) -> AsyncIterator[Lookup]:
    client = SlackClient(f"{slack.url}api/", slack.workspace.app.bot_token)
    yield Lookup(client, Directory(client, None, Rights({})))
    await client.aclose()


async def test_people_are_known_by_name_id_and_address(slack: Running, lookup: Lookup) -> None:
    maya = slack.workspace.person("maya")
    assert await lookup.identify("maya", "") == (maya.id, "Maya Okafor")
    assert await lookup.identify(maya.id, "") == (maya.id, "Maya Okafor")
    assert await lookup.identify("", "maya@shop.example") == (maya.id, "Maya Okafor")
    assert await lookup.identify("nobody", "maya@shop.example") == (maya.id, "Maya Okafor")
    assert await lookup.identify("nobody", "nobody@shop.example") is None
    slack.workspace.app.scopes -= {"users:read.email"}
    assert await lookup.identify("", "maya@shop.example") is None


async def test_a_group_is_known_by_its_handle_and_id(slack: Running, lookup: Lookup) -> None:
    (group,) = slack.workspace.usergroups.values()
    assert await lookup.members("@oncall") == await lookup.members(group.id) == ["maya"]
    with pytest.raises(Permanent, match="there is no user group @off"):
        await lookup.members("@off")
    slack.workspace.app.scopes -= {"usergroups:read"}
    with pytest.raises(Permanent, match="missing_scope needs the scope usergroups:read"):
        await lookup.members("@oncall")


async def test_while_slack_is_away_it_is_asked_again(slack: Running, lookup: Lookup) -> None:
    await slack.hub.set_down(True)
    for asking in (lookup.identify("maya", ""), lookup.identify("", "maya@shop.example"),
                   lookup.members("@oncall")):  # fmt: skip
        with pytest.raises(Temporary):
            await asking


def shown(session: Session, entries: list[dict[str, Any]], opened: bool) -> list[Delivery]:
    """What is queued for an incident with these entries."""
    incident, _ = lifecycle.open_incident(
        session, key=f"k{opened}", title=HOSTILE, severity=2, opened_by="incidentbot",
        started_at=AT, detected_at=AT, text="It fails.",
    )  # fmt: skip
    state = "open" if opened else "wanted"
    session.add(Channel(incident_id=incident, channel_id="C1", name="inc", state=state, error=""))
    person = PersonSettings(name="Maya", slack="maya", phone="+49 30 1111")
    people = SlackSettings(announce="#incidents", oncall=("maya",), approvers=("maya",))
    summons = Summons(Settings(name="Shop", slack=people, source=Path("x.yaml"), people=(person,)))
    for data in entries:
        entry = timeline.append(session, incident, "page", HOSTILE, data=data)
        assert entry is not None
        summons.show(session, entry)
    rows = select(Delivery).filter_by(target=f"incident:{incident}").order_by(Delivery.seq)
    return list(session.scalars(rows))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_shown_keeps_to_slacks_rules_and_mentions_only_who_is_asked(store: Store) -> None:
    asked = {
        "event": "asked",
        "people": [{"id": "U0MAYA", "name": "Maya"}, {"id": "pagerduty:P", "name": HOSTILE}],
    }
    entries: list[dict[str, Any]] = [
        asked,
        {"event": "asked", "people": []},
        {"event": "escalated"},
        {"event": "failed", "call": ["Maya", HOSTILE]},
        {"event": "nobody"},
        {"event": "cancelled"},
        {"person": "U0MAYA", "name": "as an earlier version wrote it"},
    ]
    queued = store.run(shown, entries, opened=True)
    assert [row.method for row in queued] == ["conversations.invite"] + ["chat.postMessage"] * 5
    assert queued[0].args["users"] == ["U0MAYA"]
    texts = []
    for row in queued[1:]:
        check_blocks(row.args["blocks"])
        texts.append(str(row.args["blocks"]))
    assert texts[0].count("<@U0MAYA>") == 1
    assert not any(bad in text for text in texts for bad in ("<!channel>", "<@U123>", "<https"))
    assert all("Please call +49 30 1111 (Maya)." in text for text in texts[3:])
    # Before the channel is there, the opening invites whoever was asked by then.
    early = store.run(shown, [asked], opened=False)
    assert [row.method for row in early] == ["chat.postMessage"]
