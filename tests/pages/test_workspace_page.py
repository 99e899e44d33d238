"""The workspace's page as people use it, in a real browser and with a real bot behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from incidentbot.rehearsal.workspace.state import Draft
from tests.contracts.workspace_kit import section, until
from tests.pages.workspace_world import World, actions_block, button, form, open_world, plain, shot

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(chromium: str) -> AsyncIterator[World]:
    async with open_world(chromium) as opened:
        yield opened


async def test_what_the_bot_posts_appears_without_a_reload(world: World) -> None:
    channel = world.channel("live")
    async with world.page(channel) as page:
        await page.evaluate("window.before = 1")
        await page.fill("#composer textarea", "half a thought")
        ts = world.post(
            channel,
            "Fails",
            {"type": "header", "text": plain("S3 fails")},
            section("*since* 12:00"),
        )
        await expect(page.locator(f"[id='m-{ts}'] h3")).to_have_text("S3 fails")
        await expect(page.locator(f"[id='m-{ts}'] strong")).to_have_text("since")
        world.kit.ws.update_message(
            world.kit.app.bot_user_id, channel.id, ts, Draft(text="Healed", blocks=[])
        )
        await expect(page.locator(f"[id='m-{ts}'] .body")).to_contain_text("Healed (edited)")
        assert await page.evaluate("window.before") == 1
        assert await page.input_value("#composer textarea") == "half a thought"


async def test_a_button_with_a_confirm_asks_first_and_sends_once(world: World) -> None:
    channel = world.channel("confirm")
    confirm = {
        "title": plain("Sure?"), "text": plain("It writes."), "confirm": plain("Do it"),
        "deny": plain("Not now"),
    }  # fmt: skip
    go = button("Serve from us-west-2", "serve", style="danger", confirm=confirm)
    world.post(channel, "x", {"type": "actions", "elements": [go]})
    world.heard.clear()
    async with world.page(channel) as page:
        press = page.get_by_role("button", name="Serve from us-west-2")
        await press.click()
        await expect(page.get_by_role("alertdialog")).to_contain_text("It writes.")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("alertdialog")).to_be_hidden()
        assert world.heard == []
        await press.click()
        await page.get_by_role("button", name="Do it").dblclick()
        await until(lambda: world.heard)
        await expect(page.locator("[aria-busy]")).to_have_count(0)
    assert [body["actions"][0]["action_id"] for body in world.heard] == ["serve"]
    assert world.heard[0]["actions"][0]["value"] == "7"
    assert world.heard[0]["user"]["id"] == world.kit.maya


async def test_choosing_in_a_select_tells_the_bot_at_once(world: World) -> None:
    channel = world.channel("select")
    options = [{"text": plain(f"SEV{n}"), "value": f"sev{n}"} for n in (1, 2)]
    select = {"type": "static_select", "action_id": "sev", "options": options}
    world.post(channel, "x", {"type": "actions", "elements": [select]})
    world.heard.clear()
    async with world.page(channel) as page:
        await page.locator("#messages select").select_option("sev2")
        await until(lambda: world.heard)
    assert world.heard[0]["actions"][0]["selected_option"]["value"] == "sev2"


async def test_typing_a_slash_offers_the_commands_and_their_words(world: World) -> None:
    async with world.page(world.channel("commands")) as page:
        box = page.locator("#composer textarea")
        await box.press_sequentially("/inc")
        offer = page.get_by_role("option").first
        await expect(offer).to_contain_text("/incident")
        await expect(offer).to_contain_text("declare | status")
        await shot(page, "completion")
        await box.press("Tab")
        await expect(box).to_have_value("/incident ")
        await expect(page.get_by_role("option").first).to_have_text("declare")
        await box.press_sequentially("sev")
        await box.press("Enter")
        await expect(box).to_have_value("/incident severity ")
        await box.fill("")
        await box.press_sequentially("hello @jo")
        await box.press("Enter")
        await box.press_sequentially("see this")
        await box.press("Enter")
        await expect(page.locator("#messages .message").last).to_contain_text(
            "hello @Jonas Weber see this"
        )
        await expect(box).to_have_value("")


async def test_a_form_shows_errors_at_its_fields_keeps_what_was_typed_and_closes(
    world: World,
) -> None:
    world.heard.clear()
    async with world.page(world.channel("forms")) as page:
        box = page.locator("#composer textarea")
        await box.fill("/incident declare")
        await box.press("Enter")
        dialog = page.get_by_role("dialog", name="Declare an incident")
        await expect(dialog).to_be_visible()
        await expect(page.get_by_label("What is broken?")).to_be_focused()
        await page.get_by_label("What is broken?").fill("bad")
        await page.get_by_label("Severity").select_option("sev1")
        await dialog.get_by_role("button", name="Declare").click()
        await expect(dialog.get_by_role("alert").first).to_have_text("Say what is broken")
        await shot(page, "form")
        await expect(page.get_by_label("What is broken?")).to_have_value("bad")
        await page.get_by_label("What is broken?").fill("Images <b>")
        await page.keyboard.press("Enter")
        await expect(dialog).to_have_count(0)
    values = world.heard[-1]["state"]["values"]
    assert values["title"]["v"]["value"] == "Images <b>"
    assert values["sev"]["v"]["selected_option"]["value"] == "sev1"
    assert values["who"]["v"]["selected_users"] == []


async def test_escape_closes_a_form(world: World) -> None:
    async with world.page(world.channel("escape")) as page:
        world.kit.ws.open_view(world.kit.app, world.kit.maya, form())
        await expect(page.locator("dialog:modal")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog")).to_have_count(0)
    assert world.kit.ws.modal_of(world.kit.maya) is None


async def test_switching_the_person_acts_and_sees_as_the_other_one(world: World) -> None:
    channel = world.channel("persons")
    ws, bot = world.kit.ws, world.kit.app.bot_user_id
    ws.post_ephemeral(bot, channel.id, world.kit.maya, Draft(text="for Maya alone"))
    async with world.page(channel) as page:
        await expect(page.locator(".ephemeral")).to_contain_text("Only visible to you")
        await page.get_by_role("link", name="Jonas").click()
        await expect(page.locator(".person[aria-current]")).to_contain_text("Jonas")
        await expect(page.locator(".ephemeral")).to_have_count(0)
        await page.fill("#composer textarea", "I approve")
        await page.keyboard.press("Enter")
        last = page.locator("#messages .message").last
        await expect(last).to_contain_text("Jonas Weber")
        await expect(last).to_contain_text("I approve")
        ws.post_ephemeral(bot, channel.id, world.kit.jonas, Draft(text="now for Jonas"))
        await expect(page.locator(".ephemeral")).to_contain_text("now for Jonas")


async def test_a_new_channel_shows_up_with_its_unread_mark(world: World) -> None:
    async with world.page(world.channel("before")) as page:
        other = world.channel("inc-new")
        world.post(other, "look here")
        row = page.locator(".row", has_text="inc-new")
        await expect(row.locator(".count")).to_have_text("3")  # two others joined, one spoke
        await row.click()
        await expect(page.locator("h1")).to_have_text("inc-new")
        await expect(page.locator("#messages")).to_contain_text("look here")
        await expect(row.locator(".count")).to_have_count(0)


async def test_threads_reactions_and_pins_work_from_the_message(world: World) -> None:
    channel = world.channel("threads")
    ts = world.post(channel, "parent")
    async with world.page(channel) as page:
        message = page.locator(f"[id='m-{ts}']")
        await message.hover()
        await message.get_by_role("link", name="Reply in thread").click()
        await page.locator("#composer-thread textarea").fill("an answer")
        await page.keyboard.press("Enter")
        await expect(page.locator("#thread-messages")).to_contain_text("an answer")
        await expect(message.locator(".replies")).to_contain_text("1 reply")
        await message.hover()
        await message.locator("summary[aria-label='Add a reaction']").click()
        await message.get_by_role("button", name="React with eyes").click()
        await expect(message.locator(".reaction.mine")).to_contain_text("1")
        await message.locator(".reaction").click()
        await expect(message.locator(".reaction")).to_have_count(0)
        await message.hover()
        await message.get_by_role("button", name="Pin to channel").click()
        await expect(message).to_contain_text("Pinned by Maya Okafor")
        await page.locator("#pins summary").click()
        await expect(page.locator("#pins li")).to_contain_text("parent")


async def test_a_bot_that_is_away_is_said_in_words(world: World) -> None:
    channel = world.channel("away")
    world.post(channel, "x", actions_block(button("Go", "go")))
    world.kit.hub.links.options.ack_seconds, kept = 0.2, world.kit.hub.links.options.ack_seconds
    world.kit.hub.links.open, links = [], world.kit.hub.links.open
    try:
        async with world.page(channel) as page:
            await page.get_by_role("button", name="Go", exact=True).click()
            await expect(page.locator("#toast")).to_contain_text("is not connected")
    finally:
        world.kit.hub.links.options.ack_seconds = kept
        world.kit.hub.links.open = links


async def test_hostile_text_stays_text(world: World) -> None:
    channel = world.channel("hostile")
    text = "<img src=x onerror=alert(1)> <script>window.bad=1</script> <javascript:x|y>"
    world.post(channel, text, section(text))
    async with world.page(channel) as page:
        body = page.locator("#messages .message").last.locator(".body")
        await expect(body).to_contain_text("<script>window.bad=1</script>")
        assert await page.evaluate("window.bad") is None
        assert await page.locator("#messages img").count() == 0


async def test_the_strip_ticks_and_its_buttons_do_not_leave_the_page(world: World) -> None:
    async with world.page(world.channel("strip")) as page:
        await page.evaluate("window.before = 1")
        await expect(page.locator(".strip .light.ok")).to_be_visible()
        await page.get_by_role("button", name="Break S3").click()
        await expect(page.locator(".strip .light.bad")).to_be_visible()
        await expect(page.get_by_role("button", name="Break S3")).to_be_focused()
        assert world.strip_posts == ["break"]
        assert await page.evaluate("window.before") == 1
        await expect(page.frame_locator("#pane iframe").locator("h1")).to_have_text("Shop")
        await page.get_by_role("button", name="Shop").click()
        await expect(page.locator("#pane")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_a_narrow_screen_in_light_and_dark(world: World, scheme: str) -> None:
    channel = world.channel(f"narrow-{scheme}")
    wide = [{"type": "raw_text", "text": "a very long word " + "x" * 60}] * 4
    world.post(channel, "x", {"type": "table", "rows": [wide, wide]}, section("y" * 300))
    async with world.page(channel, size=(360, 700), color_scheme=scheme) as page:
        assert await page.evaluate("document.documentElement.scrollWidth") == 360
        assert await page.evaluate("document.querySelector('#scroll').scrollWidth") == 360
        shade = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(shade.removeprefix("rgb(").split(",")[0]) < 80) == (scheme == "dark")
        await expect(page.locator(".sidebar")).to_be_hidden()
        await page.get_by_role("link", name="Channel list").click()
        await expect(page.locator(".sidebar")).to_be_visible()
        await shot(page, f"narrow-{scheme}")
        await page.locator(".row", has_text="general").click()
        await expect(page.locator("h1")).to_have_text("general")
        await expect(page.locator(".sidebar")).to_be_hidden()


async def test_it_works_without_script(world: World) -> None:
    channel = world.channel("plain")
    world.post(channel, "x", actions_block(button("Go", "go")))
    world.heard.clear()
    async with world.page(channel, java_script_enabled=False) as page:
        await page.fill("#composer textarea", "by hand")
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator("#messages")).to_contain_text("by hand")
        await page.get_by_role("button", name="Go", exact=True).click()
        await expect(page.locator("h1")).to_have_text("plain")
        assert [body["actions"][0]["action_id"] for body in world.heard] == ["go"]
        world.kit.ws.open_view(world.kit.app, world.kit.maya, form())
        await page.reload()
        await page.get_by_label("What is broken?").fill("bad")
        await page.get_by_label("Severity").select_option("sev2")
        await page.get_by_role("button", name="Declare", exact=True).click()
        await expect(page.get_by_text("Say what is broken")).to_be_visible()
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.locator("dialog")).to_have_count(0)


async def test_another_site_cannot_act_for_a_person(world: World) -> None:
    channel = world.channel("foreign")
    fields = {"as": world.kit.maya, "channel": channel.id, "text": "not me"}
    url = f"{world.kit.server.url}say"
    headers = {"Origin": "https://evil.test", "Accept": "application/json"}
    async with world.kit.http.post(url, data=fields, headers=headers) as answer:
        assert answer.status == 403
    headers = {"Accept": "application/json"}
    async with world.kit.http.post(url, json=fields, headers=headers) as answer:
        assert (await answer.json())["ok"] is True
    async with world.kit.http.get(f"{world.kit.server.url}channels/{channel.id}/messages") as got:
        assert "not me" in await got.text()
        assert "default-src 'none'" in got.headers["Content-Security-Policy"]


async def test_an_apps_own_page_shows_what_it_publishes_and_its_buttons_work(
    world: World,
) -> None:
    ws, app = world.kit.ws, world.kit.app
    world.heard.clear()
    async with world.page(world.channel("home")) as page:
        await page.get_by_role("navigation").get_by_role("link", name="Incidentbot").click()
        await expect(page.locator("#home")).to_contain_text("shows nothing here yet")
        blocks = [section("*Open incidents*"), actions_block(button("Refresh", "refresh"))]
        ws.publish_home(app, world.kit.maya, {"type": "home", "blocks": blocks})
        await expect(page.locator("#home strong")).to_have_text("Open incidents")
        await page.get_by_role("button", name="Refresh").click()
        await until(lambda: world.heard)
        assert world.heard[0]["container"]["type"] == "view"
        await page.locator(".row", has_text="general").click()
        await expect(page.locator("h1")).to_have_text("general")
