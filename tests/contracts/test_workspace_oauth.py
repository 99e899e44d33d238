"""Installing by OAuth v2, token rotation, and an organisation with two workspaces.

Follows docs.slack.dev: installing with OAuth, token rotation, and the pages on Enterprise.
"""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore

from incidentbot.rehearsal.workspace.options import Options
from incidentbot.rehearsal.workspace.server import running
from incidentbot.rehearsal.workspace.state import Workspace
from tests.contracts.workspace_kit import Json, Kit, button, http_bolt, kit, served

# The SDK's own use of aiohttp.BasicAuth, which aiohttp will drop one day.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
BACK = "http://127.0.0.1:9/slack/oauth"


@pytest.fixture
async def slack() -> AsyncIterator[Kit]:
    async with kit() as made:
        made.app.redirect_urls = (BACK,)
        yield made


@pytest.fixture
async def grid() -> AsyncIterator[Kit]:
    made = Workspace(grid=True)
    settings = Options(rate_limits=False)
    async with running(workspace=made, options=settings) as server, aiohttp.ClientSession() as http:
        kit = Kit(server, http)
        kit.app.events |= {"team_access_granted", "team_access_revoked", "message.channels"}
        yield kit


async def allow(slack: Kit, decide: str = "allow", team: str = "", **query: str) -> Json:
    """Press a button on the page; what came back to the app's address."""
    asked = {"client_id": slack.app.client_id, "scope": "chat:write,commands", "state": "s1"}
    url = f"{slack.server.url}oauth/v2/authorize"
    form = {"decide": decide, "as": slack.maya, "team": team}
    params = asked | query
    async with slack.http.post(url, params=params, data=form, allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        where = answer.headers["Location"]
    assert where.startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}


async def access(slack: Kit, **args: Any) -> Json:
    client = slack.new_client("")
    secrets = {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret}
    answer = await client.oauth_v2_access(**{**secrets, **args})
    assert isinstance(answer.data, dict)
    return answer.data


async def refused(slack: Kit, **args: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await access(slack, **args)
    return str(caught.value.response["error"])


async def test_a_code_installs_once_with_the_scopes_that_were_allowed(slack: Kit) -> None:
    back = await allow(slack)
    assert back["state"] == "s1"
    given = await access(slack, code=back["code"], redirect_uri=BACK)
    assert given["access_token"] == slack.app.bot_token and given["token_type"] == "bot"
    assert given["scope"] == "chat:write,commands" and given["bot_user_id"]
    assert given["team"] == {"id": slack.ws.team.id, "name": "Shop"}
    assert given["authed_user"]["id"] == slack.maya
    assert (given["enterprise"], given["is_enterprise_install"]) == (None, False)
    assert await refused(slack, code=back["code"]) == "invalid_code"
    assert (await slack.refused("users.list"))["needed"] == "users:read"


async def test_a_refusal_comes_back_with_the_state(slack: Kit) -> None:
    assert await allow(slack, "cancel") == {"error": "access_denied", "state": "s1"}


async def test_a_code_is_old_after_ten_minutes_and_of_one_address(slack: Kit) -> None:
    back = await allow(slack)
    wrong = await refused(slack, code=back["code"], redirect_uri="http://127.0.0.1:9/other")
    assert wrong == "bad_redirect_uri"
    await slack.control("clock", advance=601)
    assert await refused(slack, code=back["code"]) == "invalid_code"


async def test_wrong_secrets_and_kinds_are_named(slack: Kit) -> None:
    assert await refused(slack, client_id="1.2", code="x") == "invalid_client_id"
    assert await refused(slack, client_secret="no", code="x") == "bad_client_secret"
    assert await refused(slack, grant_type="password", code="x") == "invalid_grant_type"
    assert await refused(slack, code="never-given") == "invalid_code"


async def test_the_page_shows_what_is_asked_and_says_what_is_wrong(slack: Kit) -> None:
    url = f"{slack.server.url}oauth/v2/authorize"
    asked = {"client_id": slack.app.client_id, "scope": "chat:write"}
    async with slack.http.get(url, params=asked) as answer:
        text = await answer.text()
        assert answer.status == 200 and "chat:write" in text and slack.app.name in text
    for broken, code in (
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"scope": ""}, "invalid_scope"),
        ({"redirect_uri": "https://evil.example/"}, "bad_redirect_uri"),
    ):
        async with slack.http.get(url, params=asked | broken) as answer:
            assert answer.status == 400 and code in await answer.text()


async def test_a_removed_app_gets_a_new_token_when_it_is_installed_again(slack: Kit) -> None:
    old = slack.app.bot_token
    await slack.act("uninstall")
    given = await access(slack, code=(await allow(slack))["code"])
    assert given["access_token"] != old
    await slack.new_client(given["access_token"]).auth_test()
    assert (await slack.refused("auth.test"))["error"] == "invalid_auth"


async def test_rotating_tokens_live_twelve_hours_and_refresh_once(slack: Kit) -> None:
    await slack.control("app", rotates=True)
    given = await access(slack, code=(await allow(slack))["code"])
    assert given["expires_in"] == 43_200 and given["access_token"].startswith("xoxe.xoxb-")
    await slack.new_client(given["access_token"]).auth_test()
    await slack.control("clock", advance=43_201)
    with pytest.raises(SlackApiError, match="token_expired"):
        await slack.new_client(given["access_token"]).auth_test()
    renew = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    fresh = await access(slack, **renew)
    await slack.new_client(fresh["access_token"]).auth_test()
    assert await refused(slack, **renew) == "invalid_refresh_token"


async def test_at_most_two_rotating_tokens_are_good(slack: Kit) -> None:
    client = slack.new_client(slack.app.bot_token)
    ids = {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret}
    answer = await client.oauth_v2_exchange(token=slack.app.bot_token, **ids)
    tokens: list[Any] = [answer.data]
    for _ in range(2):
        renew = {"grant_type": "refresh_token", "refresh_token": tokens[-1]["refresh_token"]}
        tokens.append(await access(slack, **renew))
    good = []
    for one in [{"access_token": slack.app.bot_token}, *tokens]:
        try:
            await slack.new_client(one["access_token"]).auth_test()
            good.append(True)
        except SlackApiError:
            good.append(False)
    assert good == [False, False, True, True]


# an organisation with two workspaces


def org(grid: Kit) -> str:
    assert grid.ws.enterprise is not None
    return grid.ws.enterprise.id


async def test_a_token_of_the_organisation_says_which_workspace_it_means(grid: Kit) -> None:
    shop, labs = grid.ws.teams.values()
    for method, more in (
        ("conversations.create", {"name": "x"}),
        ("conversations.list", {}),
        ("users.list", {}),
        ("usergroups.list", {}),
        ("users.conversations", {}),
        ("bots.info", {"bot": grid.app.bot_id}),
        ("chat.scheduledMessages.list", {}),
    ):
        assert (await grid.refused(method, **more))["error"] == "missing_argument", method
        strange = await grid.refused(method, team_id="T0NOBODY", **more)
        assert strange["error"] == "team_not_found", method
        assert (await grid.call(method, team_id=labs.id, **more))["ok"], method
    assert (await grid.refused("chat.postMessage", channel="#general", text="x"))[
        "error"
    ] == "team_not_found"
    names = {
        team.domain: {
            c["name"] for c in (await grid.call("conversations.list", team_id=team.id))["channels"]
        }
        for team in (shop, labs)
    }
    assert names == {"shop": {"general", "incidents", "random"}, "shoplabs": {"labs", "x"}}


async def test_people_and_names_are_per_workspace(grid: Kit) -> None:
    shop, labs = grid.ws.teams.values()
    people = {
        team.domain: {
            u["name"] for u in (await grid.call("users.list", team_id=team.id))["members"]
        }
        for team in (shop, labs)
    }
    assert people["shoplabs"] == {"maya", "lena", "incidentbot"}
    assert {"maya", "jonas"} <= people["shop"] and "lena" not in people["shop"]
    maya = (await grid.client.users_info(user=grid.maya))["user"]
    assert maya["team_id"] == shop.id
    assert maya["enterprise_user"]["teams"] == [shop.id, labs.id]
    made = await grid.call("conversations.create", name="general", team_id=labs.id)
    assert made["channel"]["context_team_id"] == labs.id
    lena = grid.ws.person("lena").id
    invited = await grid.refused(
        "conversations.invite", channel=grid.channel("incidents").id, users=lena
    )
    assert invited["error"] == "not_in_channel"
    made = await grid.call("conversations.create", name="shop-only", team_id=shop.id)
    invited = await grid.refused("conversations.invite", channel=made["channel"]["id"], users=lena)
    assert invited["error"] == "org_user_not_in_team"


async def test_payloads_of_an_organisation_name_no_team(grid: Kit) -> None:
    labs = list(grid.ws.teams.values())[1]
    grid.hub.options.ack_seconds = 0.05
    made = await grid.call("conversations.create", name="inc-1", team_id=labs.id)
    channel = made["channel"]["id"]
    await grid.call("conversations.invite", channel=channel, users=[grid.maya])
    blocks = [{"type": "actions", "elements": [button("go")]}]
    posted = await grid.call("chat.postMessage", channel=channel, text="x", blocks=blocks)
    await grid.act("click", channel=channel, ts=posted["ts"], action_id="go")
    click = grid.hub.log.kept[-1].payload
    assert (click["team"], click["is_enterprise_install"]) == (None, True)
    assert click["enterprise"] == {"id": org(grid), "name": "Shop Group"}
    await grid.act("say", channel=channel, text="/incident")
    command = grid.hub.log.kept[-1].payload
    assert (command["team_id"], command["is_enterprise_install"]) == (labs.id, "true")
    assert command["enterprise_id"] == org(grid)
    await grid.act("say", channel=channel, text="hello")
    event = grid.hub.log.kept[-1].payload
    assert (event["team_id"], event["context_enterprise_id"]) == (labs.id, org(grid))
    assert event["authorizations"] == [
        {
            "enterprise_id": org(grid),
            "team_id": None,
            "user_id": grid.app.bot_user_id,
            "is_bot": True,
            "is_enterprise_install": True,
        }
    ]


async def test_workspaces_are_granted_and_taken_away(grid: Kit) -> None:
    shop, labs = grid.ws.teams.values()
    listed = await grid.call("auth.teams.list", limit=1)
    assert [t["id"] for t in listed["teams"]] == [shop.id]
    rest = listed["response_metadata"]["next_cursor"]
    listed = await grid.call("auth.teams.list", limit=1, cursor=rest)
    assert listed["teams"] == [{"id": labs.id, "name": "Shop Labs"}]
    await grid.control("app", revoke_team="shoplabs")
    refused = await grid.refused("conversations.list", team_id=labs.id)
    assert refused["error"] == "team_access_not_granted"
    lost = (await grid.refused("conversations.info", channel=grid.channel("labs").id))["error"]
    assert lost == "channel_not_found"
    await grid.control("app", grant_team="shoplabs")
    await grid.call("conversations.list", team_id=labs.id)
    found = [e.payload["event"] for e in grid.hub.log.kept if e.kind == "events_api"]
    told = [(e["type"], e["team_ids"]) for e in found if e["type"].startswith("team_access")]
    assert told == [("team_access_revoked", [labs.id]), ("team_access_granted", [labs.id])]


async def test_an_organisation_installs_for_all_or_for_one_workspace(grid: Kit) -> None:
    shop = grid.ws.team
    grid.app.redirect_urls = (BACK,)
    page = f"{grid.server.url}oauth/v2/authorize"
    asked = {"client_id": grid.app.client_id, "scope": "chat:write"}
    async with grid.http.get(page, params=asked) as answer:
        places = re.findall(r'<option value="(\w+)"[^>]*>([^<]+)', await answer.text())
    assert ("org", "Shop Group (the whole organisation)") in places
    given = await access(grid, code=(await allow(grid, team="org"))["code"])
    assert (given["team"], given["is_enterprise_install"]) == (None, True)
    assert given["enterprise"]["name"] == "Shop Group"
    test = await grid.call("auth.test")
    assert test["is_enterprise_install"] and test["enterprise_id"] == org(grid)
    given = await access(grid, code=(await allow(grid, team=shop.id))["code"])
    assert (given["team"]["id"], given["is_enterprise_install"]) == (shop.id, False)
    assert (await grid.call("auth.test"))["team_id"] == shop.id


async def test_bolts_own_flow_installs_and_then_answers_with_its_token(
    slack: Kit, tmp_path: Path
) -> None:
    store = FileInstallationStore(base_dir=str(tmp_path), client_id=slack.app.client_id)
    states = FileOAuthStateStore(expiration_seconds=60, base_dir=str(tmp_path))
    settings = AsyncOAuthSettings(
        client_id=slack.app.client_id,
        client_secret=slack.app.client_secret,
        scopes=["chat:write", "commands"],
        installation_store=store,
        state_store=states,
        authorization_url=f"{slack.server.url}oauth/v2/authorize",
    )
    flow = AsyncOAuthFlow(client=slack.new_client(""), settings=settings)
    bolt = AsyncApp(
        client=slack.new_client(""), signing_secret=slack.app.signing_secret, oauth_flow=flow
    )

    @bolt.command("/incident")
    async def command(ack: Any, client: Any) -> None:
        await ack(f"I am {(await client.auth_test())['user']}")

    async with served(http_bolt(bolt, flow)) as home:
        slack.app.redirect_urls = (f"{home}/slack/oauth_redirect",)
        await slack.control("http", url=f"{home}/slack/events")
        async with slack.http.get(f"{home}/slack/install") as page:
            (asked,) = re.findall(r'href="([^"]+/authorize[^"]+)"', await page.text())
        form = {"decide": "allow", "as": slack.maya}
        way = html.unescape(asked)
        async with slack.http.post(way, data=form, allow_redirects=False) as allowed:
            back = allowed.headers["Location"]
        # Bolt marks its cookie as for https alone, so a browser on http must be helped.
        cookie = f"{settings.state_cookie_name}={parse_qs(urlsplit(way).query)['state'][0]}"
        async with slack.http.get(back, headers={"Cookie": cookie}) as done:
            assert done.status == 200, await done.text()
        said = await slack.act("say", channel="general", text="/incident")
    assert said.ok
    assert [n["text"] for n in slack.notes(slack.channel("general").id)] == ["I am incidentbot"]
