"""Block Kit as the local workspace checks it: one table of what is refused, and where."""

from typing import Any

import pytest

from incidentbot.rehearsal.workspace.blocks import check_blocks, check_view
from incidentbot.rehearsal.workspace.errors import SlackError

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(value: str, label: str = "label") -> Json:
    return {"text": plain(label), "value": value}


def button(action_id: str = "a", **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain("Go"), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def menu(count: int, **more: Any) -> Json:
    return {
        "type": "static_select",
        "action_id": "m",
        "options": [option(str(n)) for n in range(count)],
        **more,
    }


def section(**more: Any) -> Json:
    return {"type": "section", **more}


CONFIRM = {"title": plain("t"), "text": plain("t"), "confirm": plain("y"), "deny": plain("n")}
RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "text", "text": "x", "style": {"bold": True}},
                        {"type": "link", "url": "https://a.example/"},
                        {"type": "user", "user_id": "U1"},
                    ],
                }
            ],
        }
    ],
}

GOOD: list[Json] = [
    {"type": "divider"},
    section(text=mrkdwn("x" * 3000)),
    section(fields=[mrkdwn("x" * 2000)] * 10),
    section(text=plain("x"), accessory=menu(100)),
    {"type": "header", "text": plain("x" * 150)},
    {"type": "context", "elements": [mrkdwn("x")] * 10},
    actions(*(button(str(n)) for n in range(25))),
    actions(button(value="v" * 2000, style="danger", confirm=CONFIRM)),
    {"type": "image", "image_url": "https://a.example/i.png", "alt_text": "x"},
    RICH,
    {"type": "markdown", "text": "# x"},
    {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 20] * 10},
]

BAD: list[tuple[Any, str]] = [
    ({}, "missing required field: type [json-pointer:/blocks/0]"),
    ({"type": "nope"}, "unsupported type: nope [json-pointer:/blocks/0/type]"),
    ("text", "must be an object [json-pointer:/blocks/0]"),
    (section(), "either text or fields is required [json-pointer:/blocks/0]"),
    (section(text=mrkdwn("")), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    (
        section(text=mrkdwn("x" * 3001)),
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        section(fields=[mrkdwn("x")] * 11),
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    (
        section(fields=[mrkdwn("x" * 2001)]),
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    (
        section(text=mrkdwn("x"), color="red"),
        "invalid additional property: color [json-pointer:/blocks/0]",
    ),
    (
        {"type": "header", "text": plain("x" * 151)},
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        {"type": "header", "text": mrkdwn("x")},
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    (
        {"type": "context", "elements": [mrkdwn("x")] * 11},
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        actions(*(button(str(n)) for n in range(26))),
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (actions(), "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    (
        actions(button("a"), button("a")),
        "`action_id` a already exists in this block [json-pointer:/blocks/0/elements/1/action_id]",
    ),
    (
        actions({**button(), "text": plain("x" * 76)}),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    (
        actions(button(value="x" * 2001)),
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    (
        actions(button(style="loud")),
        "must be a valid enum value (primary, danger) [json-pointer:/blocks/0/elements/0/style]",
    ),
    (
        actions(button(confirm={**CONFIRM, "deny": plain("x" * 31)})),
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]",
    ),
    (
        actions(menu(101)),
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        actions(menu(0)),
        "no fewer than 1 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        actions(menu(1, initial_option=option("9"))),
        "initial option must match one of the options [json-pointer:/blocks/0/elements/0]",
    ),
    (
        actions({**menu(1), "options": [option("v", "x" * 76)]}),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ),
    (
        {"type": "image", "image_url": "https://a.example/i.png"},
        "missing required field: alt_text [json-pointer:/blocks/0]",
    ),
    (
        {**RICH, "elements": [{"type": "text", "text": "x"}]},
        "unsupported type: text [json-pointer:/blocks/0/elements/0/type]",
    ),
]


@pytest.mark.parametrize("block", GOOD, ids=lambda b: b["type"])
def test_a_proper_block_passes(block: Json) -> None:
    check_blocks([block])


@pytest.mark.parametrize(("block", "complaint"), BAD)
def test_a_bad_block_is_refused_with_its_place(block: Any, complaint: str) -> None:
    with pytest.raises(SlackError) as caught:
        check_blocks([block])
    assert caught.value.code == "invalid_blocks"
    assert complaint in caught.value.extra["errors"]
    assert f"[ERROR] {complaint}" in caught.value.extra["response_metadata"]["messages"]


def test_a_message_has_fifty_blocks_at_most() -> None:
    check_blocks([{"type": "divider"}] * 50)
    with pytest.raises(SlackError) as caught:
        check_blocks([{"type": "divider"}] * 51)
    assert caught.value.extra["errors"] == ["no more than 50 items allowed [json-pointer:/blocks]"]


def test_twin_block_ids_are_refused() -> None:
    with pytest.raises(SlackError) as caught:
        check_blocks([{"type": "divider", "block_id": "x"}] * 2)
    assert caught.value.extra["errors"] == [
        "`block_id` x already exists [json-pointer:/blocks/1/block_id]"
    ]


def test_what_is_no_list_has_its_own_code() -> None:
    with pytest.raises(SlackError) as caught:
        check_blocks({"type": "divider"})
    assert caught.value.code == "invalid_blocks_format"


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": plain("T"), "blocks": [{"type": "divider"}], **more}


INPUT = {
    "type": "input",
    "label": plain("L"),
    "element": {"type": "plain_text_input", "action_id": "a"},
}
BAD_VIEWS: list[tuple[Any, str]] = [
    ("x", "must be an object [json-pointer:/view]"),
    (modal(type="home"), "unsupported type: home [json-pointer:/view/type]"),
    (
        modal(title=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/title/text]",
    ),
    (
        modal(callback_id="x" * 256),
        "must be less than 256 characters [json-pointer:/view/callback_id]",
    ),
    (
        modal(private_metadata="x" * 3001),
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    (
        modal(blocks=[{"type": "divider"}] * 101),
        "no more than 100 items allowed [json-pointer:/view/blocks]",
    ),
    (modal(blocks=[INPUT]), "missing required field: submit (there are inputs)"),
    (
        modal(blocks=[{**INPUT, "element": button()}], submit=plain("Go")),
        "unsupported type: button [json-pointer:/view/blocks/0/element/type]",
    ),
]


@pytest.mark.parametrize(("view", "complaint"), BAD_VIEWS)
def test_a_bad_view_is_refused_with_its_place(view: Any, complaint: str) -> None:
    with pytest.raises(SlackError) as caught:
        check_view(view, "modal")
    assert caught.value.code == "invalid_arguments"
    messages = caught.value.extra["response_metadata"]["messages"]
    assert any(m.startswith(f"[ERROR] {complaint}") for m in messages), messages


def test_a_proper_view_passes() -> None:
    check_view(modal(blocks=[INPUT], submit=plain("Go"), notify_on_close=True), "modal")
    check_view({"type": "home", "blocks": [actions(button())]}, "home")
