"""Limits of the blocks added since 2025: what is refused, and where the pointer points."""

from typing import Any

import pytest

from incidentbot.rehearsal.workspace.blocks import check_blocks, check_view
from incidentbot.rehearsal.workspace.errors import SlackError


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def cells(*texts: str) -> list[dict[str, Any]]:
    return [{"type": "raw_text", "text": text} for text in texts]


CARD = {"type": "card", "title": plain("S3")}
TABLE = {"type": "data_table", "caption": "Regions", "rows": [cells("a", "b"), cells("1", "2")]}
BOX = {"type": "container", "title": plain("Why"), "child_blocks": [{"type": "divider"}]}


@pytest.mark.parametrize("block", [CARD, {"type": "carousel", "elements": [CARD]}, TABLE, BOX])
def test_a_good_one_is_taken(block: dict[str, Any]) -> None:
    check_blocks([block])


@pytest.mark.parametrize(
    ("block", "pointer"),
    [
        (CARD | {"body": plain("x" * 201)}, "/blocks/0/body/text"),
        ({"type": "carousel", "elements": [CARD] * 11}, "/blocks/0/elements"),
        ({"type": "carousel", "elements": []}, "/blocks/0/elements"),
        (TABLE | {"rows": [cells("a")]}, "/blocks/0/rows"),
        (TABLE | {"rows": [cells("a"), cells("1", "2")]}, "/blocks/0/rows"),
        (TABLE | {"page_size": 101}, "/blocks/0/page_size"),
        (BOX | {"child_blocks": [{"type": "divider"}] * 11}, "/blocks/0/child_blocks"),
        (BOX | {"width": "huge"}, "/blocks/0/width"),
        ({"type": "alert", "text": plain("x")}, "/blocks/0/type"),
    ],
)
def test_a_limit_is_named_with_its_place(block: dict[str, Any], pointer: str) -> None:
    with pytest.raises(SlackError) as caught:
        check_blocks([block])
    assert caught.value.code == "invalid_blocks"
    found = [line.rpartition("[json-pointer:")[2] for line in caught.value.extra["errors"]]
    assert f"{pointer}]" in found


def test_an_alert_is_for_modals_only() -> None:
    view = {
        "type": "modal",
        "title": plain("x"),
        "blocks": [{"type": "alert", "text": plain("Writes go to the copy"), "level": "warning"}],
    }
    check_view(view, "modal")
    view["blocks"][0]["text"] = plain("x" * 201)  # type: ignore[index]
    with pytest.raises(SlackError) as caught:
        check_view(view, "modal")
    (message,) = caught.value.extra["response_metadata"]["messages"]
    assert message.endswith("[json-pointer:/view/blocks/0/text/text]")
