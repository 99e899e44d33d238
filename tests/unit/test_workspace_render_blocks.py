"""Every block and element has its place on the page, and nothing a bot sends is hidden."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidentbot.rehearsal.workspace.render.attachments import render_attachments
from incidentbot.rehearsal.workspace.render.blocks import BLOCKS, render_blocks
from incidentbot.rehearsal.workspace.render.elements import MULTI_SELECTS, SELECTS
from incidentbot.rehearsal.workspace.render.external import EXTERNAL
from incidentbot.rehearsal.workspace.render.inputs import KINDS
from incidentbot.rehearsal.workspace.render.reader import Surface
from tests.unit.test_workspace_render_mrkdwn import HOSTILE, READER

Json = dict[str, Any]
MESSAGE = Surface("message", channel="C1", ts="1.000001")
VIEW = Surface("view", view_id="V1")


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mark(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def options(*names: str) -> list[Json]:
    return [{"text": plain(name), "value": name.lower()} for name in names]


def actions(*elements: Json) -> Json:
    return {"type": "actions", "block_id": "b", "elements": list(elements)}


def message(*blocks: Json) -> str:
    return str(render_blocks(list(blocks), MESSAGE, READER))


def view(*blocks: Json, surface: Surface = VIEW) -> str:
    return str(render_blocks(list(blocks), surface, READER))


def test_a_section_shows_text_fields_and_what_stands_beside() -> None:
    button = {"type": "button", "action_id": "a", "text": plain("Look")}
    html = message(
        {"type": "section", "text": mark("*hi*"), "fields": [mark("_f_")], "accessory": button}
    )
    assert "<strong>hi</strong>" in html and "<em>f</em>" in html and ">Look</button>" in html


def test_a_header_is_plain_text() -> None:
    html = message({"type": "header", "text": plain("*not bold* <b> :x:")})
    assert "*not bold* &lt;b&gt;" in html and "✖" in html


def test_a_button_in_a_message_sends_where_it_stands() -> None:
    html = message(actions({"type": "button", "action_id": "go", "text": plain("Go")}))
    for name, value in (("as", "U1"), ("channel", "C1"), ("ts", "1.000001")):
        assert f'name="{name}" value="{value}"' in html
    assert 'name="block_id" value="b"' in html and 'name="action_id" value="go"' in html
    assert 'action="/click"' in html


def test_a_button_in_a_view_sends_the_whole_form() -> None:
    html = view(actions({"type": "button", "action_id": "go", "text": plain("Go")}))
    assert "<form" not in html
    assert 'formaction="/views/V1/click"' in html and 'value="b/go"' in html


def test_a_confirm_stands_between_the_button_and_the_form() -> None:
    confirm = {
        "title": plain("Sure?"), "text": mark("It *writes*"), "confirm": plain("Do it"),
        "deny": plain("No"), "style": "danger",
    }  # fmt: skip
    button = {"type": "button", "action_id": "a", "text": plain("Go"), "confirm": confirm}
    html = message(actions(button))
    assert html.count('type="submit"') == 1
    assert html.index(">Sure?") < html.index('type="submit"') < html.index(">Do it<")
    assert "<strong>writes</strong>" in html


@pytest.mark.parametrize("kind", sorted(SELECTS | MULTI_SELECTS))
def test_a_select_offers_its_options_and_shows_what_was_chosen(kind: str) -> None:
    element: Json = {"type": kind, "action_id": "s", "placeholder": plain("Pick")}
    if "static" in kind:
        element |= {"options": options("One", "Two"), "initial_option": options("Two")[0]}
        element["initial_options"] = options("Two")
    elif "users" in kind:
        element |= {"initial_user": "U2", "initial_users": ["U2"]}
    else:
        part = "channel" if "channels" in kind else "conversation"
        element |= {f"initial_{part}": "C1", f"initial_{part}s": ["C1"]}
    html = message(actions(element))
    wanted = {"static": "two", "users": "U2"}.get(kind.split("_")[-2], "C1")
    on = "checked" if kind.startswith("multi") else "selected"
    assert f'value="{wanted}" {on}' in html
    assert 'name="selected"' in html


def test_an_overflow_menu_has_a_button_for_each_choice() -> None:
    html = message(
        actions({"type": "overflow", "action_id": "o", "options": options("One", "Two")})
    )
    assert html.count('name="selected"') == 2 and 'value="two"' in html
    in_view = view(actions({"type": "overflow", "action_id": "o", "options": options("A b")}))
    assert 'formaction="/views/V1/click?selected=a%20b"' in in_view


def test_boxes_and_radio_buttons_keep_their_descriptions() -> None:
    for kind, box in (("checkboxes", "checkbox"), ("radio_buttons", "radio")):
        choice = options("One")[0] | {"description": mark("*why*")}
        html = message(actions({"type": kind, "action_id": "c", "options": [choice]}))
        assert f'type="{box}"' in html and "<strong>why</strong>" in html


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"file_input", "rich_text_input"}))
def test_an_input_has_a_label_a_hint_and_its_value(kind: str) -> None:
    element: Json = {"type": kind, "action_id": "i", "initial_value": "7"}
    element |= {"initial_date": "2026-11-24", "initial_time": "12:30"}
    element |= {"initial_date_time": 1_700_000_000}
    block = {
        "type": "input", "block_id": "b", "label": plain("What"), "hint": plain("Short"),
        "optional": True, "element": element,
    }  # fmt: skip
    html = view(block)
    assert ">What<small> (optional)" in html and ">Short</div>" in html
    values = {"datepicker": "2026-11-24", "timepicker": "12:30"}
    values["datetimepicker"] = "2023-11-14T22:13"
    assert f'value="{values.get(kind, "7")}"' in html
    assert 'name="b/i"' in html


def test_what_a_person_typed_and_got_wrong_is_kept() -> None:
    element = {"type": "plain_text_input", "action_id": "i", "multiline": True}
    block = {"type": "input", "block_id": "b", "label": plain("What"), "element": element}
    kept = {("b", "i"): {"type": "plain_text_input", "value": "<half>"}}
    surface = Surface("view", view_id="V1", values=kept, errors={"b": "Too short"})
    html = view(block, surface=surface)
    assert "\n&lt;half&gt;</textarea>" in html and ">Too short</div>" in html


def test_pictures_from_outside_are_named_but_not_loaded() -> None:
    outside = {"type": "image", "image_url": "https://a.test/p.png", "alt_text": "A chart"}
    inside = {"type": "image", "image_url": "http://127.0.0.1:9/p.png", "alt_text": "A chart"}
    assert "<img" not in message(outside) and ">A chart</a>" in message(outside)
    assert '<img class="picture" src="http://127.0.0.1:9/p.png" alt="A chart"' in message(inside)


def test_a_table_aligns_its_columns() -> None:
    def cell(text: str) -> Json:
        return {"type": "raw_text", "text": text}

    rows = [[cell("Probe"), cell("ms")], [cell("head"), cell("41")]]
    html = message({"type": "table", "column_settings": [{}, {"align": "right"}], "rows": rows})
    assert "<th>Probe</th>" in html and '<td class="align-right">41</td>' in html


def test_markdown_blocks_have_headings_lists_and_links() -> None:
    text = "# Top\n\n- one **b**\n- [two](https://a.test)\n\n```\nx < y\n```"
    html = message({"type": "markdown", "text": text})
    assert "<h3>Top</h3>" in html and "<li>one <strong>b</strong></li>" in html
    assert 'href="https://a.test"' in html and "<pre><code>x &lt; y</code></pre>" in html


def test_rich_text_lists_keep_order_and_start() -> None:
    item = {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}
    inner = {"type": "rich_text_list", "style": "ordered", "offset": 2, "elements": [item]}
    html = message({"type": "rich_text", "elements": [inner]})
    assert '<ol class="indent-0" start="3"><li>one</li></ol>' in html


@pytest.mark.parametrize(
    "block",
    [{"type": "holodeck"}, {}, actions({"type": "hologram"}), {"type": "input", "element": {}}],
)
def test_what_is_not_known_is_a_box_with_its_name(block: Json) -> None:
    kind = "hologram" if block.get("elements") else block.get("type", "no type")
    html = message(block)
    assert 'class="unknown"' in html
    assert (kind if kind != "input" else "no type") in html


def test_attachments_show_title_text_and_fields() -> None:
    html = render_attachments(
        [
            {
                "color": "danger",
                "title": "T",
                "text": "*x*",
                "fields": [{"title": "A", "value": "1"}],
            }
        ],
        MESSAGE,
        READER,
    )
    assert 'class="attachment bad"' in html and "<strong>x</strong>" in html and ">A<" in html


class Harmless(HTMLParser):
    """No script, no handler, no style, no address that runs."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "style", "iframe", "object", "link", "meta", "base")
        for name, value in attrs:
            assert not name.startswith("on") and name != "style"
            if name in ("href", "src", "action", "formaction"):
                assert not (value or "").strip().lower().startswith(("javascript", "data", "//"))


NAMES = ["text", "elements", "fields", "accessory", "options", "confirm", "title", "url", "rows"]
NAMES += ["image_url", "alt_text", "value", "label", "element", "placeholder", "action_id"]
NAMES += ["block_id", "initial_option", "initial_value"]
ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 10**10), HOSTILE),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    ),
    max_leaves=12,
)  # fmt: skip
ELEMENT_KINDS = sorted(
    SELECTS | MULTI_SELECTS | set(KINDS) | EXTERNAL | {"button", "overflow", "checkboxes"}
)


@settings(max_examples=150, deadline=None)
@given(
    block=st.sampled_from(sorted(BLOCKS)),
    element=st.sampled_from(ELEMENT_KINDS),
    values=st.lists(ANY, min_size=8, max_size=8),
    surface=st.sampled_from([MESSAGE, VIEW]),
)
def test_blocks_of_any_shape_stay_harmless(
    block: str, element: str, values: list[Any], surface: Surface
) -> None:
    names = ("text", "options", "url", "confirm", "action_id", "placeholder", "initial_option")
    inner = {"type": element, **dict(zip(names, values, strict=False))}
    given_block = {
        "type": block, "text": values[0], "elements": [inner, values[1]], "element": inner,
        "accessory": inner, "fields": values[2], "rows": values[3], "block_id": values[7],
        "label": values[4], "image_url": values[5], "alt_text": values[6],
    }  # fmt: skip
    Harmless().feed(str(render_blocks([given_block], surface, READER)))
