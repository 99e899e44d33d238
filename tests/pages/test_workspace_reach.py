"""Files, search, the Home tab, shortcuts and the keyboard on the workspace's page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import expect

from tests.contracts.workspace_kit import Json, section, served, until
from tests.pages.workspace_world import World, form, open_world, plain, shot

pytestmark = pytest.mark.asyncio(loop_scope="module")
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(chromium: str) -> AsyncIterator[World]:
    async with open_world(chromium) as opened:
        yield opened


async def test_a_file_goes_with_words_and_shows_for_the_others(
    world: World, tmp_path: Path
) -> None:
    channel = world.channel("files")
    picture, notes = tmp_path / "graph one.png", tmp_path / "notes #1.txt"
    picture.write_bytes(DOT)
    notes.write_text("from 12:00")
    async with world.page(channel) as page, world.page(channel, "jonas") as other:
        await page.locator("#composer [type=file]").set_input_files([picture, notes])
        await page.fill("#composer textarea", "what I see")
        await page.keyboard.press("Enter")
        last = other.locator("#messages .message").last
        await expect(last).to_contain_text("what I see")
        image = last.get_by_role("img", name="graph one.png")
        await expect(image).to_have_js_property("naturalWidth", 1)
        link = last.get_by_role("link", name="notes #1.txt")
        answer = await other.request.get(
            f"{world.kit.server.url.rstrip('/')}{await link.get_attribute('href')}",
            headers={"Authorization": f"Bearer {world.kit.app.bot_token}"},
        )
        assert await answer.text() == "from 12:00"
        await shot(other, "files")
        await expect(page.locator("#composer textarea")).to_have_value("")
        assert await page.locator("#composer [type=file]").evaluate("one => one.files.length") == 0
    message = channel.messages[-1]
    assert message["subtype"] == "file_share" and len(message["files"]) == 2


async def test_a_file_may_go_without_a_word_or_script(world: World, tmp_path: Path) -> None:
    channel = world.channel("bare-files")
    notes = tmp_path / "bare.txt"
    notes.write_text("x")
    async with world.page(channel, java_script_enabled=False) as page:
        await page.locator("#composer [type=file]").set_input_files(notes)
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_role("link", name="bare.txt")).to_be_visible()


async def test_search_finds_what_one_may_see_and_leads_there(world: World) -> None:
    channel, kit = world.channel("search"), world.kit
    ts = world.post(channel, "Fails", section("Zanzibar bucket *refuses* writes"))
    world.post(channel, "the zanzibar thread", thread_ts=ts)
    hidden = kit.ws.create_channel(kit.app.bot_user_id, "search-hidden", is_private=True)
    world.post(hidden, "zanzibar in private")
    async with world.page(channel) as page:
        await page.keyboard.press("Control+k")
        await page.keyboard.type("ZANZIBAR")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status").first).to_contain_text("2 messages")
        await expect(page.locator("#found")).not_to_contain_text("in private")
        await shot(page, "search")
        await page.get_by_role("link", name=re.compile("refuses")).click()
        await expect(page.locator(f"[id='m-{ts}']")).to_be_in_viewport()
        await page.goto(f"{kit.server.url}search?as={kit.maya}&q=nothing+of+it")
        await expect(page.locator("#found")).to_contain_text("Nothing says that")


async def test_the_keyboard_alone_walks_reacts_pins_and_opens_a_thread(world: World) -> None:
    channel = world.channel("keys")
    first, last = world.post(channel, "one"), world.post(channel, "two")
    async with world.page(channel) as page:
        await page.focus("#composer textarea")
        await page.keyboard.press("ArrowUp")
        await expect(page.locator(f"[id='m-{last}']")).to_be_focused()
        await page.keyboard.press("ArrowUp")
        await expect(page.locator(f"[id='m-{first}']")).to_be_focused()
        await page.keyboard.press("r")
        await page.keyboard.press("Enter")
        await expect(page.locator(f"[id='m-{first}'] .reaction")).to_have_count(1)
        await page.locator(f"[id='m-{first}']").focus()
        await page.keyboard.press("p")
        await until(lambda: [pin["ts"] for pin in channel.pins] == [first])
        await page.locator(f"[id='m-{last}']").focus()
        await page.keyboard.press("t")
        await expect(page.locator("#composer-thread textarea")).to_be_focused()
        await page.keyboard.type("in the thread")
        await page.keyboard.press("Enter")
        await expect(page.locator("#thread-messages .message").last).to_contain_text(
            "in the thread"
        )
        await page.keyboard.press("Escape")
        await expect(page.locator("#thread")).to_be_hidden()
        await page.locator(f"[id='m-{last}']").focus()
        await page.keyboard.press("Escape")
        await expect(page.locator("#composer textarea")).to_be_focused()
    assert channel.messages[-1]["text"] == "in the thread"


async def test_alt_and_an_arrow_go_to_the_next_channel(world: World) -> None:
    first, second = world.channel("next-a"), world.channel("next-b")
    async with world.page(first) as page:
        await page.keyboard.press("Alt+ArrowDown")
        await expect(page).to_have_url(re.compile(second.id))
        await page.keyboard.press("Alt+ArrowUp")
        await expect(page).to_have_url(re.compile(first.id))


async def test_ones_own_message_can_be_deleted(world: World) -> None:
    channel = world.channel("delete")
    theirs = world.post(channel, "the bot's")
    async with world.page(channel) as page:
        await page.fill("#composer textarea", "a slip")
        await page.keyboard.press("Enter")
        mine = page.locator("#messages .message").last
        await expect(mine).to_contain_text("a slip")
        await mine.focus()
        await mine.get_by_role("button", name="Delete message").click()
        await expect(page.locator("#messages")).not_to_contain_text("a slip")
        bots = page.locator(f"[id='m-{theirs}']")
        await expect(bots.get_by_role("button", name="Delete message")).to_have_count(0)


async def test_the_app_has_a_home_and_a_messages_tab(world: World) -> None:
    kit, channel = world.kit, world.channel("tabs")
    view = {"type": "home", "blocks": [section("Two incidents are open")]}
    kit.ws.publish_home(kit.app, kit.maya, view)
    async with world.page(channel) as page:
        await page.get_by_role("link", name=kit.app.name).click()
        await expect(page.locator("#home")).to_contain_text("Two incidents are open")
        await shot(page, "home")
        await page.get_by_role("link", name="Messages", exact=True).click()
        await expect(page).to_have_url(re.compile("/channels/D"))
        await page.fill("#composer textarea", "hello bot")
        await page.keyboard.press("Enter")
        await expect(page.locator("#messages")).to_contain_text("hello bot")
    opened = [e.payload["event"] for e in kit.hub.log.kept if e.kind == "events_api"]
    tabs = [event["tab"] for event in opened if event["type"] == "app_home_opened"]
    assert tabs == ["home", "messages"]


async def test_both_kinds_of_shortcut_are_reached_by_keyboard(world: World) -> None:
    channel, kit = world.channel("shortcuts"), world.kit
    ts = world.post(channel, "writes fail")
    options = kit.hub.options
    options.ack_seconds, kept = 0.1, options.ack_seconds  # this bot knows no shortcuts
    try:
        async with world.page(channel) as page:
            message = page.locator(f"[id='m-{ts}']")
            await message.focus()
            await message.get_by_label("More actions").press("Enter")
            await message.get_by_role("button", name="Add to timeline").press("Enter")
            await until(lambda: sent(world, "message_action"))
            await page.locator("#composer").get_by_label("Shortcuts", exact=True).press("Enter")
            await page.get_by_role("button", name="Declare an incident").press("Enter")
            await until(lambda: sent(world, "shortcut"))
            await expect(page.locator("#toast")).to_contain_text("did not answer in time")
    finally:
        options.ack_seconds = kept
    assert sent(world, "message_action")[0]["message"]["ts"] == ts
    assert "channel" not in sent(world, "shortcut")[0]


def sent(world: World, kind: str) -> list[Json]:
    """Payloads of one type the app was sent."""
    return [e.payload for e in world.kit.hub.log.kept if e.payload.get("type") == kind]


def external(block_id: str, kind: str, least: int) -> Json:
    element = {"type": kind, "action_id": "host", "min_query_length": least}
    label = plain(block_id.title())
    return {"type": "input", "block_id": block_id, "label": label, "element": element}


async def test_an_external_select_offers_what_the_app_knows_by_keyboard(world: World) -> None:
    channel, kit = world.channel("external"), world.kit
    one, many = external("main", "external_select", 3), external("also", "multi_external_select", 0)
    async with world.page(channel) as page:
        kit.ws.open_view(kit.app, kit.maya, {**form(), "blocks": [one, many]})
        box = page.get_by_role("combobox", name="Main")
        await box.press_sequentially("im")
        await expect(page.get_by_role("option")).to_have_count(0)
        await box.press_sequentially("g")
        await expect(page.get_by_role("option")).to_have_text(["img.example"])
        await box.press("Enter")
        await expect(page.locator(".chip")).to_have_text(["img.example×"])
        also = page.get_by_role("combobox", name="Also")
        await also.focus()
        await expect(page.get_by_role("option")).to_have_count(3)
        await shot(page, "external")
        await also.press("Escape")
        await expect(page.get_by_role("option")).to_have_count(0)
        await expect(page.locator("dialog")).to_be_visible()
        await also.fill("example")
        await expect(page.get_by_role("option")).to_have_count(3)
        await also.press("ArrowDown")
        await also.press("Enter")
        await expect(page.locator(".chip")).to_have_count(2)
        await page.get_by_role("button", name="Declare", exact=True).click()
        await expect(page.locator("dialog")).to_have_count(0)
    values = sent(world, "view_submission")[-1]["view"]["state"]["values"]
    assert values["main"]["host"]["selected_option"]["value"] == "img.example"
    assert [o["value"] for o in values["also"]["host"]["selected_options"]] == ["img.example"]


async def test_ones_own_message_is_changed_by_keyboard_and_by_hand(world: World) -> None:
    channel = world.channel("change")
    async with world.page(channel) as page:
        await page.fill("#composer textarea", "@jonas the frist")
        await page.keyboard.press("Enter")
        mine = page.locator("#messages .message").last
        await expect(mine).to_contain_text("the frist")
        await mine.focus()
        await page.keyboard.press("e")
        box = page.get_by_label("Your message")
        await expect(box).to_be_focused()
        await expect(box).to_have_value("@jonas the frist")
        await page.keyboard.press("Escape")
        await expect(box).to_have_count(0)
        await mine.hover()
        await mine.get_by_role("link", name="Edit message").click()
        await box.fill("@jonas the first")
        await shot(page, "edit")
        await page.keyboard.press("Enter")
        await expect(mine).to_contain_text("the first (edited)")
        await expect(mine).to_be_focused()
    assert channel.messages[-1]["text"] == f"<@{world.kit.jonas}> the first"
    async with world.page(channel, java_script_enabled=False) as page:
        ts = channel.messages[-1]["ts"]
        await page.goto(f"{page.url}&edit={ts}")
        await page.get_by_label("Your message").fill("by form")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#messages .message").last).to_contain_text("by form (edited)")


async def test_any_reaction_is_found_by_its_name(world: World) -> None:
    channel = world.channel("signs")
    ts = world.post(channel, "react to me")
    async with world.page(channel) as page:
        message = page.locator(f"[id='m-{ts}']")
        await message.focus()
        await page.keyboard.press("r")
        await message.get_by_role("button", name="More reactions").press("Enter")
        await expect(page.get_by_label("Search reactions")).to_be_focused()
        await page.keyboard.type("rotating")
        await shot(page, "signs")
        await page.keyboard.press("Enter")
        await expect(message.locator(".reaction.mine")).to_contain_text("1")
        await expect(page.locator("#signs")).to_be_hidden()
        await expect(message).to_be_focused()
    assert channel.find(ts)["reactions"][0]["name"] == "rotating_light"  # type: ignore[index]


async def test_a_form_gives_the_focus_back_and_takes_files_and_long_text(
    world: World, tmp_path: Path
) -> None:
    channel, kit = world.channel("focus"), world.kit
    graph = tmp_path / "graph.png"
    graph.write_bytes(DOT)
    fields = (("text", "Words", "rich_text_input"), ("file", "Proof", "file_input"))
    blocks = [
        {
            "type": "input", "block_id": name, "label": plain(label), "optional": True,
            "element": {"type": kind, "action_id": "v"},
        }
        for name, label, kind in fields
    ]  # fmt: skip
    async with world.page(channel) as page:
        box = page.locator("#composer textarea")
        await box.focus()
        for end in ("Escape", "submit"):
            kit.ws.open_view(kit.app, kit.maya, {**form(), "blocks": blocks})
            words = page.get_by_label("Words")
            await expect(words).to_be_focused()
            if end == "submit":
                await words.fill("see *this*")
                await page.get_by_label("Proof").set_input_files(graph)
                await page.get_by_role("button", name="Declare", exact=True).click()
            else:
                await page.keyboard.press(end)
            await expect(page.locator("dialog")).to_have_count(0)
            await expect(box).to_be_focused()
    values = sent(world, "view_submission")[-1]["view"]["state"]["values"]
    assert values["file"]["v"]["files"][0]["name"] == "graph.png"
    section_of = values["text"]["v"]["rich_text_value"]["elements"][0]
    assert section_of["elements"][-1] == {"type": "text", "text": "this", "style": {"bold": True}}


async def test_an_app_is_installed_from_its_page(world: World) -> None:
    kit, came = world.kit, web.Application()

    async def back(request: web.Request) -> web.Response:
        if "icon" in request.path:
            return web.Response(status=204)
        return web.Response(text=f"came back with {', '.join(request.query)}")

    came.router.add_get("/{path}", back)
    async with served(came) as home, world.page(world.channel("install")) as page:
        kit.app.redirect_urls = (f"{home}/oauth",)
        scopes = ",".join(kit.app.scopes)
        asked = f"client_id={kit.app.client_id}&state=s&scope={scopes}"
        for press, says in (("Cancel", "error, state"), ("Allow", "code, state")):
            await page.goto(f"{kit.server.url}oauth/v2/authorize?{asked}")
            await expect(page.locator(".scopes li")).to_have_count(len(kit.app.scopes))
            await page.get_by_role("button", name=press).click()
            await expect(page.locator("body")).to_have_text(f"came back with {says}")


async def test_the_newest_blocks_are_drawn_with_their_words(world: World) -> None:
    channel = world.channel("newest")
    cell = [{"type": "raw_text", "text": "a cell"}]
    card = {"type": "card", "title": plain("A card"), "body": plain("its body")}
    table = {"type": "data_table", "caption": "A table", "rows": [cell, cell]}
    box = {"type": "container", "title": plain("A box"), "child_blocks": [section("inside")]}
    world.post(channel, "x", card, {"type": "carousel", "elements": [card, card]}, table, box)
    async with world.page(channel) as page:
        shown = page.locator("#messages .message").last
        for words in ("A card", "its body", "A table", "a cell", "A box", "inside"):
            await expect(shown).to_contain_text(words)
        await expect(shown.locator(".unknown")).to_have_count(0)
        await shot(page, "newest")
