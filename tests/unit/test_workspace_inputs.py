"""What people type and pick, as the local workspace turns it into Slack's state."""

from typing import Any

import pytest

from incidentbot.rehearsal.workspace.errors import SlackError
from incidentbot.rehearsal.workspace.inputs import complaints, initial, read, states
from incidentbot.rehearsal.workspace.state import Workspace
from incidentbot.rehearsal.workspace.typed import encode, rich_text

Json = dict[str, Any]


def option(value: str) -> Json:
    return {"text": {"type": "plain_text", "text": value.upper()}, "value": value}


OPTIONS = [option("a"), option("b")]

CASES: list[tuple[Json, Any, Json]] = [
    ({"type": "plain_text_input"}, "x", {"value": "x"}),
    ({"type": "plain_text_input"}, "", {"value": None}),
    ({"type": "static_select", "options": OPTIONS}, "b", {"selected_option": option("b")}),
    ({"type": "static_select", "options": OPTIONS}, None, {"selected_option": None}),
    ({"type": "checkboxes", "options": OPTIONS}, ["a", "b"], {"selected_options": OPTIONS}),
    ({"type": "checkboxes", "options": OPTIONS}, [], {"selected_options": []}),
    ({"type": "users_select"}, "U1", {"selected_user": "U1"}),
    ({"type": "multi_users_select"}, ["U1", "U2"], {"selected_users": ["U1", "U2"]}),
    ({"type": "datepicker"}, "2026-11-24", {"selected_date": "2026-11-24"}),
    ({"type": "datetimepicker"}, "1795524746", {"selected_date_time": 1795524746}),
    ({"type": "number_input"}, "4", {"value": "4"}),
]


@pytest.mark.parametrize(("element", "raw", "state"), CASES)
def test_each_kind_of_field_has_its_own_state(element: Json, raw: Any, state: Json) -> None:
    assert read(element, raw) == {"type": element["type"], **state}


def test_an_option_that_is_not_offered_cannot_be_picked() -> None:
    with pytest.raises(SlackError, match="no_such_option"):
        read({"type": "static_select", "options": OPTIONS}, "c")


def test_untouched_fields_have_their_initial_values() -> None:
    element = {"type": "static_select", "options": OPTIONS, "initial_option": OPTIONS[0]}
    assert initial(element)["selected_option"] == OPTIONS[0]
    assert initial({"type": "plain_text_input", "initial_value": "x"})["value"] == "x"


def field(block_id: str, element: Json, **more: Any) -> Json:
    return {"type": "input", "block_id": block_id, "element": {"action_id": "f", **element}, **more}


@pytest.mark.parametrize(
    ("element", "raw", "why"),
    [
        ({"type": "plain_text_input"}, "", "Please complete this required field."),
        ({"type": "plain_text_input", "min_length": 3}, "ab", "Must be at least 3 characters."),
        ({"type": "plain_text_input", "max_length": 1}, "ab", "Must be at most 1 characters."),
        ({"type": "email_text_input"}, "maya", "Must be a valid email address."),
        ({"type": "url_text_input"}, "shop", "Must be a valid URL."),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "Must be a valid number."),
        (
            {"type": "number_input", "is_decimal_allowed": True, "max_value": "1"},
            "1.5",
            "Must be at most 1.",
        ),
    ],
)
def test_a_form_is_not_sent_with_a_bad_field(element: Json, raw: Any, why: str) -> None:
    blocks = [field("b", element)]
    assert complaints(blocks, states(blocks, {"b": {"f": raw}})) == {"b": why}


def test_an_optional_field_may_stay_empty() -> None:
    blocks = [field("b", {"type": "plain_text_input"}, optional=True)]
    assert complaints(blocks, states(blocks, {})) == {}


def test_typed_text_becomes_entities_and_hostile_text_stays_text() -> None:
    ws = Workspace()
    maya, general = ws.person("maya").id, ws.channel_named("general")
    assert general is not None
    typed = "@maya <!channel> & see #general https://a.example/?a=1&b=2 mail@maya.example"
    assert encode(ws, typed) == (
        f"<@{maya}> &lt;!channel&gt; &amp; see <#{general.id}|general>"
        " <https://a.example/?a=1&amp;b=2> mail@maya.example"
    )
    elements = rich_text(ws, "*b* `c` @maya :eyes: <b>")["elements"][0]["elements"]
    assert [e["type"] for e in elements] == [
        "text", "text", "text", "text", "user", "text", "emoji", "text",
    ]  # fmt: skip
    assert elements[0]["style"] == {"bold": True} and elements[-1]["text"] == " <b>"
