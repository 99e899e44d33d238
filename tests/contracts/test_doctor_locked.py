"""The doctor in locked-down workspaces, and what it reads of those who are asked and report."""

import getpass
import json
import pwd
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.doctor.examinations import running as bot_running
from incidentbot.http import Answer
from incidentbot.rehearsal.app_manifest import install
from incidentbot.rehearsal.workspace.options import Options
from incidentbot.rehearsal.workspace.server import running
from incidentbot.rehearsal.workspace.state import Workspace
from incidentbot.store import Store
from incidentbot.store.models import Heartbeat
from tests.contracts.doctor_kit import Clinic, clinic
from tests.contracts.pager_wire import SECRETS, opsgenie, pagerduty
from tests.stories.status_wire import status_page


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncIterator[Clinic]:
    async with clinic(tmp_path) as made:
        yield made


# User groups and rights


async def test_user_groups_that_are_named_are_there_and_somebody_is_in_them(ward: Clinic) -> None:
    ws, maya = ward.slack.workspace, ward.slack.workspace.person("maya").id
    ward.app.scopes |= {"usergroups:read"}
    empty = ws.create_group(maya, "Nobody", "nobody")
    old = ws.create_group(maya, "Old", "old")
    ws.update_group(maya, old, deleted=True)
    groups = f'"@oncall", "@oncal", "@nobody", {old.id}'
    ward.put(
        "approvers: [maya, jonas]", f"approvers: [maya, jonas], rights: {{commander: [{groups}]}}"
    )
    found = await ward.examine()
    at = "slack.rights.commander"
    assert {one.about: one.text for one in found.of("rights")} == {
        f"{at}: @oncall": "has one member",
        f"{at}: @oncal": "there is no user group of that name; did you mean @oncall?",
        f"{at}: @nobody": "has no members",
        f"{at}: {old.id}": "is disabled",
    }
    assert {one.level for one in found.bad("rights")} == {"fault"}
    assert empty.users == []
    ws.preferences.change({"user_groups": False})
    told = (await ward.examine()).the("rights")
    assert "the plan of this workspace has none" in told.text
    assert "Name people instead of groups" in told.next
    ws.preferences.change({"user_groups": True})
    ward.app.scopes -= {"usergroups:read"}
    assert "usergroups:read" in (await ward.examine()).the("rights").next


async def test_rights_of_nobody_of_one_person_and_of_every_guest(ward: Clinic) -> None:
    ward.put(
        "approvers: [maya, jonas]",
        'approvers: ["@oncall"], rights: {responder: [], commander: [], admin: [guests]}',
    )
    found = (await ward.examine()).bad("rights")
    assert {one.about: (one.level, one.text) for one in found} == {
        "slack.approvers": ("warning", "is one person"),
        "slack.rights.responder": ("fault", "is granted to nobody"),
        "slack.rights.commander": ("warning", "is granted to nobody"),
        "slack.rights.admin": ("warning", "is granted to every guest"),
    }
    assert all(one.why and one.next for one in found)


async def test_users_of_this_machine(ward: Clinic) -> None:
    me = getpass.getuser()
    other = next(one.pw_name for one in pwd.getpwall() if one.pw_name != me)
    ward.text += f"""
people:
  - {{name: Maya, slack: maya, os_user: {me}}}
  - {{name: Jonas, slack: jonas, os_user: no-such-user}}
  - {{name: Ana, os_user: {other}}}
"""
    found = await ward.examine()
    assert {one.about: one.text for one in found.of("os_users")} == {
        "people: Maya": f"is {me} here",
        "people: Jonas": "there is no user no-such-user on this machine",
        "people: Ana": f"is {other} here, and nobody in Slack",
    }


# Scopes of what is switched on


async def test_private_incidents_and_user_groups_want_their_scopes(ward: Clinic) -> None:
    ward.put("approvers:", "private: true, approvers:")
    levels = {one.about: one.level for one in (await ward.examine()).bad("scopes")}
    assert levels == {
        "groups:write": "fault",
        "groups:read": "warning",
        "groups:history": "warning",
    }
    (events,) = [one for one in (await ward.examine()).of("scopes") if one.about == "events"]
    assert "incidentbot slack manifest" in events.text


# An organisation


async def test_a_token_of_an_organisation_names_its_workspaces(tmp_path: Path) -> None:
    ws = Workspace(grid=True)
    async with running(workspace=ws, options=Options(rate_limits=False)) as slack:
        install(ws.app)
        async with clinic(tmp_path) as ward:
            ward.env |= {
                "SLACK_BOT_TOKEN": ws.app.bot_token,
                "SLACK_APP_TOKEN": ws.app.app_token,
                "SLACK_API_URL": f"{slack.url}api/",
            }
            told = (await ward.examine()).bad("tokens")[0]
            assert (told.about, told.level) == ("slack.team", "fault")
            for team in ws.teams.values():
                assert f"{team.id} ({team.name})" in told.next
            ward.put("oncall:", "team: T0ELSEWHERE, oncall:")
            assert "not a workspace" in (await ward.examine()).bad("tokens")[0].text
            ward.put("T0ELSEWHERE", ws.team.id)
            assert (await ward.examine()).bad() == []


# Pagers and heartbeats


async def test_pagers_are_read_and_nobody_is_paged(ward: Clinic) -> None:
    async with pagerduty() as duty, opsgenie() as genie:
        duty.schedules["PS1"] = [{"id": "P1", "name": "Maya", "summary": "Maya", "type": "user"}]
        ward.env |= SECRETS
        paging = f"""
paging:
  first:
    - {{kind: pagerduty, schedules: [PS1], token: PD_TOKEN, routing_key: PD_ROUTING_KEY,
       api_url: "{duty.url}", events_url: "{duty.url}", allow_private: true}}
  then:
    - after: 5m
      to:
        - {{kind: opsgenie, key: OPSGENIE_KEY, api_url: "{genie.url}", allow_private: true}}
        - {{kind: pagerduty, routing_key: PD_ROUTING_KEY, events_url: "{duty.url}",
           allow_private: true}}
"""
        ward.text += paging
        ward.app.scopes |= {"users:read.email"}
        found = await ward.examine()
        assert [(one.about, one.level) for one in found.of("pagers")] == [
            ("PagerDuty", "ok"),
            ("Opsgenie", "ok"),
            ("PagerDuty", "ok"),
        ]
        assert "on call now: Maya" in found.of("pagers")[0].text
        assert duty.done == genie.done == []
        duty.schedules.clear()
        ward.env["OPSGENIE_KEY"] = "another-key"
        nobody, refused = (await ward.examine()).bad("pagers")
        assert "nobody is on call now" in nobody.text
        assert (refused.level, "OPSGENIE_KEY" in refused.next) == ("fault", True)
        assert "another-key" not in f"{refused}"
        del ward.env["PD_TOKEN"]
        assert "PD_TOKEN is not set" in (await ward.examine()).bad("pagers")[0].text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_last_beats_of_jobs(ward: Clinic, store: Store, database_url: str) -> None:
    ward.env |= {"JOB_SECRET": "sesame-sesame"}
    names = ("fine", "late", "broken", "never")
    rows = "".join(
        f"      - {{name: {name}, kind: heartbeat, within: 1h, secret: JOB_SECRET}}\n"
        for name in names
    )
    ward.text += rows
    ward.env["DATABASE_URL"] = f"sqlite:///{ward.folder}/new.db"
    assert (await ward.examine()).left_out()["heartbeats"] == "the bot has not run yet"
    ward.env["DATABASE_URL"] = database_url

    def beats(session: Session) -> None:
        now = clock.now()
        for name, age, failing in (("fine", 5, False), ("late", 90, False), ("broken", 5, True)):
            at = now - timedelta(minutes=age)
            row: dict[str, Any] = {"dependency": "pictures", "check": name, "since": at, "at": at}
            session.add(Heartbeat(**row, failing=failing, message="disk full" if failing else ""))

    await store.tx(beats)
    told = {one.about.split("/")[1]: one for one in (await ward.examine()).of("heartbeats")}
    assert told["fine"].level == "ok"
    assert "one is due within" in told["late"].text
    assert told["broken"].text.endswith("said that the job failed: disk full")
    assert told["never"].text == "no beat has ever come"
    assert "/heartbeats/pictures/never" in told["never"].next


# The running bot


def test_what_a_running_bot_says_of_slack() -> None:
    def told(**health: Any) -> list[str]:
        body = {"probe_lag_s": 0.0, "slack_connected": True} | health
        answer = Answer(200, {}, json.dumps(body).encode(), False, "", {})
        return [one.text for one in bot_running._judged("here", answer)][1:]

    assert told() == []
    way = {"mode": "socket", "sockets": 1, "trouble": "ended", "waiting": 0}
    assert told(slack=way) == ["the bot has 1 of its sockets to Slack: ended"]
    assert told(slack_connected=False) == ["the bot is running and not connected to Slack"]
    assert "12 commands" in told(slack=way | {"trouble": "", "waiting": 12})[0]
    state = {"state": "refused", "since": "14:02", "why": "token_revoked"}
    assert (
        "refuses the token of the running bot since 14:02 (token_revoked)"
        in told(slack_delivery=state)[0]
    )
    away = state | {"state": "away", "why": "no_answer"}
    assert "gets no answer from Slack" in told(slack_delivery=away)[0]
    assert told(messages_waiting=3) == ["3 messages wait for Slack"]


# Pages that are written to, and rotas


async def test_a_status_page_with_a_wrong_key_or_a_component_that_is_gone(ward: Clinic) -> None:
    async with status_page() as wire:
        ward.env |= {"PAGE_KEY": "wrong"}
        ward.text += f"""\
statuspages:
  - {{name: public, page_id: shop1234, api_key: PAGE_KEY, api_url: "{wire.url}",
     allow_private: true, components: {{pictures: gone1}}}}
"""
        told = (await ward.examine()).the("statuspages")
        assert "does not take the key (401)" in told.text
        assert "PAGE_KEY" in told.next
        ward.env |= {"PAGE_KEY": wire.key}
        assert "no such component for pictures" in (await ward.examine()).the("statuspages").text
        wire.components.append("gone1")
        (fine,) = (await ward.examine()).of("statuspages")
        assert fine.level == "ok"
        assert not wire.writes


async def test_people_of_a_rota_who_are_not_there(ward: Clinic) -> None:
    maya = "people: [{name: Maya O., slack: maya}]"
    rota = "{kind: rota, members: [maya, maja]}"
    ward.put("dependencies:", f"{maya}\npaging: {{first: [{rota}]}}\ndependencies:")
    found = (await ward.examine()).bad("people")
    assert [one.about for one in found] == ["paging: maja"]
