"""The doctor, over the wire: what it finds in a set-up that is well, half done, or broken."""

import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from freezegun import freeze_time

from incidentbot import plugins
from incidentbot.doctor import report
from incidentbot.doctor.contract import Finding, NotYet
from incidentbot.doctor.round import EXAMINATIONS, one
from incidentbot.doctor.ward import admit
from incidentbot.http import Http
from incidentbot.rehearsal.workspace.gate import Fault
from incidentbot.watching import known
from tests.contracts.doctor_kit import Clinic, clinic


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncIterator[Clinic]:
    async with clinic(tmp_path) as made:
        yield made


@pytest.mark.parametrize("name", plugins.found(EXAMINATIONS))
def test_every_examination_keeps_to_the_contract(name: str) -> None:
    module = plugins.get(EXAMINATIONS, name)
    assert isinstance(module.TITLE, str)
    assert isinstance(module.PLACE, int)
    assert callable(module.examine)
    assert module.__doc__


def test_nothing_in_it_posts_creates_or_joins() -> None:
    """Only questions of Slack's are named."""
    folder = Path(report.__file__).parent
    text = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    for writing in ("chat.", "views.", "pins.add", "conversations.create", "conversations.join",
                    "conversations.invite", "write(", "put_object", "put_parameter"):  # fmt: skip
        assert writing not in text, writing


async def test_a_set_up_that_is_well_has_no_finding_to_act_on(ward: Clinic) -> None:
    before = {path: path.stat().st_mtime_ns for path in ward.folder.rglob("*")}
    found = await ward.examine()
    assert found.bad() == []
    assert found.left_out() == {}
    assert found.report.count("ok") > 10
    after = {path: path.stat().st_mtime_ns for path in ward.folder.rglob("*")}
    assert set(after) - set(before) == {ward.file}
    journal = ward.slack.hub.gate.journal
    assert not any(entry.mutates for entry in journal)
    assert sum(entry.method == "auth.test" for entry in journal) == 1


async def test_before_set_up_it_names_the_first_steps_and_what_waits_for_them(
    ward: Clinic,
) -> None:
    ward.text, ward.env = "", {}
    found = await ward.examine()
    assert found.the("configuration").next.startswith("incidentbot init ")
    tokens = found.bad("tokens")
    assert [one.level for one in tokens] == ["fault", "fault"]
    assert "export SLACK_BOT_TOKEN=xoxb-" in tokens[0].next
    assert "SLACK_SIGNING_SECRET" in tokens[1].next
    assert found.left_out()["channels"] == "there is no SLACK_BOT_TOKEN to use"
    assert found.left_out()["database"] == "the configuration cannot be used"


async def test_a_file_with_faults_is_told_with_its_lines_and_slack_is_looked_at_all_the_same(
    ward: Clinic,
) -> None:
    ward.put("oncall", "oncal")
    ward.text += "surprise: 1\n"
    found = await ward.examine()
    told = [f"{one.about} {one.text}" for one in found.bad("configuration")]
    assert any(":2 " in line and "did you mean oncall?" in line for line in told)
    assert any("surprise" in line for line in told)
    assert found.bad("scopes") == []
    assert found.left_out()["people"] == "the configuration cannot be used"


async def test_for_watching_alone_slack_is_not_looked_at(ward: Clinic) -> None:
    ward.put('slack: {announce: "#incidents", oncall: [maya], approvers: [maya, jonas]}\n', "")
    ward.env = {}
    found = await ward.examine()
    assert found.bad() == []
    assert "without Slack" in found.left_out()["tokens"]
    assert ward.slack.hub.gate.journal == []


# Tokens


async def test_a_token_that_slack_does_not_know(ward: Clinic) -> None:
    ward.env["SLACK_BOT_TOKEN"] = "xoxb-1-revoked-long-ago"
    found = await ward.examine()
    told = found.the("tokens")
    assert (told.level, "invalid_auth" in told.text) == ("fault", True)
    assert "administrators" in told.next
    assert "revoked-long-ago" not in report.as_text(found.report) + report.as_json(found.report)
    assert "invalid_auth" in found.left_out()["scopes"]


async def test_a_token_of_the_wrong_kind_is_not_even_sent(ward: Clinic) -> None:
    ward.env["SLACK_BOT_TOKEN"] = "xoxp-1-somebodys-own"
    told = (await ward.examine()).the("tokens")
    assert "a user token" in told.text
    assert [e.method for e in ward.slack.hub.gate.journal] == ["apps.connections.open"]


async def test_a_wrong_app_token_beside_a_signing_secret_is_not_passed_over(ward: Clinic) -> None:
    ward.env |= {"SLACK_APP_TOKEN": "xoxb-1-a-bots", "SLACK_SIGNING_SECRET": "5f4dcc3b5aa765d6" * 2}
    told = (await ward.examine()).the("tokens")
    assert (told.about, "a bot token" in told.text) == ("SLACK_APP_TOKEN", True)


async def test_tokens_of_two_apps(ward: Clinic) -> None:
    own = ward.env["SLACK_APP_TOKEN"].split("-")
    ward.env["SLACK_APP_TOKEN"] = "-".join([*own[:2], "A0OTHER", *own[3:]])
    found = await ward.examine()
    told = found.the("tokens")
    assert "A0OTHER" in told.text
    assert ward.app.app_id in told.next
    assert found.the("socket_mode").level == "fault"


async def test_slack_that_is_away_is_a_fault_of_the_way_there(ward: Clinic) -> None:
    await ward.slack.hub.set_down(True)
    found = await ward.examine()
    assert "could not be tried" in found.the("tokens").text
    assert found.the("socket_mode").level == "warning"


# Scopes, channels and people in locked-down workspaces


@pytest.mark.parametrize(
    ("scope", "level"),
    [
        ("commands", "fault"),
        ("chat:write", "fault"),
        ("channels:manage", "fault"),
        ("channels:read", "fault"),
        ("channels:join", "warning"),
        ("channels:history", "warning"),
        ("pins:write", "warning"),
        ("users:read", "fault"),
    ],
)
async def test_a_scope_that_is_missing_is_named_with_what_goes_without(
    ward: Clinic, scope: str, level: str
) -> None:
    ward.app.scopes -= {scope}
    told = (await ward.examine()).the("scopes")
    assert (told.about, told.level) == (scope, level)
    assert scope in told.next
    assert told.why.endswith(".")


async def test_scopes_that_nobody_needs_are_told(ward: Clinic) -> None:
    ward.app.scopes |= {"files:read", "groups:history"}
    told = (await ward.examine()).the("scopes")
    assert (told.level, "files:read, groups:history" in told.text) == ("warning", True)


async def test_without_users_read_ids_do(ward: Clinic) -> None:
    ward.app.scopes -= {"users:read"}
    assert "users:read" in (await ward.examine()).bad("people")[0].next
    maya, jonas = (ward.slack.workspace.person(name).id for name in ("maya", "jonas"))
    ward.put("oncall: [maya], approvers: [maya, jonas]",
             f"oncall: [{maya}], approvers: [{maya}, {jonas}]")  # fmt: skip
    found = await ward.examine()
    assert found.bad("people") == []
    assert found.the("scopes").level == "warning"


async def test_without_channels_read_the_channel_is_to_be_named_by_its_id(ward: Clinic) -> None:
    ward.app.scopes -= {"channels:read"}
    told = (await ward.examine()).the("channels")
    assert (told.level, "id in slack.announce" in told.next) == ("fault", True)


def archived(ward: Clinic) -> None:
    ward.channel().is_archived = True


def private(ward: Clinic) -> None:
    ward.channel().is_private = True


def private_by_id(ward: Clinic) -> None:
    private(ward)
    ward.put('"#incidents"', ward.channel().id)


def private_and_seen(ward: Clinic) -> None:
    private_by_id(ward)
    ward.channel().members.append(ward.app.bot_user_id)


def not_joinable(ward: Clinic) -> None:
    ward.app.scopes -= {"channels:join"}


def misspelt(ward: Clinic) -> None:
    ward.put('"#incidents"', '"#incident-news"')


@pytest.mark.parametrize(
    ("change", "level", "text", "step"),
    [
        (archived, "fault", "is archived", "Unarchive"),
        (private, "fault", "no public channel of that name", "put its id there"),
        (private_by_id, "warning", "private channel that the bot is not in", "/invite"),
        (private_and_seen, "warning", "without the scope groups:read", "/invite"),
        (not_joinable, "fault", "may not join", "/invite"),
        (misspelt, "fault", "no public channel", "Create it"),
    ],
)
async def test_an_announcement_channel_that_cannot_be_used_so(
    ward: Clinic, change: Callable[[Clinic], None], level: str, text: str, step: str
) -> None:
    change(ward)
    told = (await ward.examine()).the("channels")
    assert (told.level, text in told.text, step in told.next) == (level, True, True), told


async def test_a_channel_that_the_bot_is_in_already(ward: Clinic) -> None:
    ward.channel().members.append(ward.app.bot_user_id)
    (told,) = (await ward.examine()).of("channels")
    assert told.text == "is public, and the bot is in it"


async def test_every_channel_that_hears_of_incidents_is_looked_at(ward: Clinic) -> None:
    ward.put(
        '"#incidents",', '"#incidents", also_announce: [{channel: nowhere}, {channel: random}],'
    )
    found = await ward.examine()
    assert [one.about for one in found.of("channels")] == ["#incidents", "#nowhere", "#random"]
    told = found.the("channels")
    assert (told.about, "slack.also_announce" in told.next) == ("#nowhere", True)


async def test_people_who_are_not_there_or_cannot(ward: Clinic) -> None:
    ward.put("oncall: [maya]", "oncall: [maja, jonas, incidentbot]")
    ward.slack.workspace.person("jonas").deleted = True
    told = {one.about: one.text for one in (await ward.examine()).bad("people")}
    assert told == {
        "slack.oncall: maja": "there is nobody of that name in the workspace; did you mean maya?",
        "slack.oncall: jonas": "is deactivated",
        "slack.oncall: incidentbot": "is a bot",
        "slack.approvers: jonas": "is deactivated",
    }


async def test_one_approver_is_too_few_also_under_two_names(ward: Clinic) -> None:
    ward.put(
        "approvers: [maya, jonas]", f"approvers: [maya, {ward.slack.workspace.person('maya').id}]"
    )
    assert "one person" in (await ward.examine()).the("people").text


# What Slack answers when it does not answer


@pytest.mark.parametrize("mode", ["429", "500_html", "200_html", "reset_before", "truncated"])
async def test_whatever_breaks_at_slack_is_a_finding(ward: Clinic, mode: str) -> None:
    ward.slack.hub.gate.faults.append(Fault(mode, method="users.list", times=99))
    told = (await ward.examine()).bad("people")
    assert {one.level for one in told} == {"warning"}
    assert all("in a minute" in one.next for one in told if one.about != "slack.approvers")


async def test_a_policy_of_the_workspace_is_named_for_its_administrator(ward: Clinic) -> None:
    ward.slack.hub.gate.faults.append(Fault("error:restricted_action", method="users.list"))
    told = (await ward.examine()).bad("people")[0]
    assert (told.level, "administrator" in told.next) == ("fault", True)


# The rest of the outside


async def test_a_clock_that_is_off(ward: Clinic) -> None:
    with freeze_time("2020-01-01", tick=True, ignore=["asyncio", "aiohttp"]):
        found = await ward.examine()
    told = found.the("clock_skew")
    assert (told.level, "behind" in told.text) == ("fault", True)


async def test_anchors_feeds_checks_and_webhooks_that_do_not_answer(ward: Clinic) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        ward.put(f'anchors: [{{url: "{ward.outside}/fine"', f'anchors: [{{url: "{gone}/"')
        ward.put(
            f'kind: http, url: "{ward.outside}/fine"', f'kind: http, url: "{ward.outside}/503"'
        )
        ward.text += f"""
feeds:
  - {{name: page, vendor: acme, url: "{ward.outside}/fine", allow_private: true}}
  - {{name: gone, vendor: acme, url: "{gone}/x", allow_private: true}}
webhooks:
  - {{name: follower, url: "{gone}/told", allow_private: true}}
  - {{name: listener, url: "{ward.outside}/told", allow_private: true}}
"""
        found = await ward.examine()
    assert found.the("anchors").level == "fault"
    assert "503" in found.the("checks").text
    assert {one.about.split()[0]: one.level for one in found.bad("feeds")} == {
        "page": "warning",
        "gone": "warning",
    }
    assert found.the("webhooks").about == "follower"


async def test_one_silent_anchor_of_two_is_a_warning(ward: Clinic) -> None:
    ward.put("/fine\", allow_private: true}]}", "/fine\", allow_private: true}, "
             "{url: \"http://127.0.0.1:9/\", allow_private: true}]}")  # fmt: skip
    assert (await ward.examine()).the("anchors").level == "warning"


async def test_a_proxy_that_the_bot_does_not_use_is_named(ward: Clinic) -> None:
    ward.put(f'anchors: [{{url: "{ward.outside}/fine"', 'anchors: [{url: "http://127.0.0.1:9/"')
    ward.env["HTTPS_PROXY"] = "http://user:hunter22@proxy.acme.example:3128"
    told = (await ward.examine()).the("anchors")
    assert (told.level, "does not use the proxy" in told.next) == ("fault", True)
    assert "hunter22" not in f"{told}"


async def test_checks_that_do_more_than_look_are_not_made(ward: Clinic) -> None:
    ward.env["JOB_SECRET"] = "sesame-sesame"
    ward.text += f"""\
      - {{name: order, kind: http, url: "{ward.outside}/503", allow_private: true, method: POST}}
      - {{name: job, kind: heartbeat, within: 1h, secret: JOB_SECRET}}
"""
    found = await ward.examine()
    assert found.bad("checks") == []
    assert [one.text.split(":")[0] for one in found.of("checks")[1:]] == ["was not made"] * 2


async def test_secrets_that_are_named_and_not_set(ward: Clinic) -> None:
    ward.text += """
hooks:
  - {name: prometheus, kind: alertmanager, secret: ALERTS_SECRET, dependencies: [pictures]}
"""
    found = await ward.examine()
    assert "export ALERTS_SECRET=" in found.the("secrets").next
    assert found.bad("configuration") == []
    assert "turned away" in found.bad("hooks")[0].why
    ward.env["ALERTS_SECRET"] = "a-very-secret-word"
    found = await ward.examine()
    assert found.bad("secrets") == []
    assert "a-very-secret-word" not in report.as_json(found.report)


async def test_what_the_bot_says_about_itself_while_another_has_its_port(ward: Clinic) -> None:
    address = ward.outside.removeprefix("http://")
    ward.put('listen: "127.0.0.1:0"', f'listen: "{address}"')
    told = (await ward.examine()).the("running")
    assert "something else listens there" in told.text


async def test_an_examination_that_breaks_is_told_and_what_it_says_shows_no_secret(
    ward: Clinic,
) -> None:
    async def breaks(admitted: Any) -> list[Finding]:
        raise ValueError(f"it held {ward.env['SLACK_BOT_TOKEN']}")

    async def waits(admitted: Any) -> list[Finding]:
        raise NotYet("there is no moon")

    http = Http()
    admitted = admit(ward.file, ward.env, known(), http)
    broken = await one("odd", SimpleNamespace(TITLE="Odd", PLACE=1, examine=breaks), admitted)
    assert broken.findings[0].text == "the examination broke: ValueError: it held (hidden)"
    early = await one("early", SimpleNamespace(TITLE="Early", PLACE=1, examine=waits), admitted)
    assert early.left_out == "there is no moon"
    await http.close()


async def test_the_report_counts_and_names_the_next_step(ward: Clinic) -> None:
    archived(ward)
    found: Any = await ward.examine()
    text = report.as_text(found.report)
    assert "  FAULT    #incidents: is archived\n           why " in text
    assert text.endswith(f"1 fault, 0 warnings, {found.report.count('ok')} fine.")
