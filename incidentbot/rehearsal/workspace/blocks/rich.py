"""rich_text: sections, lists, quotes, preformatted text and what stands in them."""

from __future__ import annotations

from .spec import TYPE, Checker, anything, array, boolean, by_type, choice, integer, shape, string

_MARK_NAMES = (
    "bold",
    "italic",
    "strike",
    "code",
    "underline",
    "highlight",
    "client_highlight",
    "unlink",
)
_MARKS = shape(dict.fromkeys(_MARK_NAMES, boolean))
_STYLED = {**TYPE, "style": _MARKS}
INLINE: Checker = by_type(
    {
        "text": shape({**_STYLED, "text": string(40_000, 1)}, ["text"]),
        "link": shape(
            {**_STYLED, "url": string(3000, 1), "text": string(40_000), "unsafe": boolean}, ["url"]
        ),
        "user": shape({**_STYLED, "user_id": string(255, 1)}, ["user_id"]),
        "usergroup": shape({**_STYLED, "usergroup_id": string(255, 1)}, ["usergroup_id"]),
        "channel": shape({**_STYLED, "channel_id": string(255, 1)}, ["channel_id"]),
        "team": shape({**_STYLED, "team_id": string(255, 1)}, ["team_id"]),
        "emoji": shape(
            {**_STYLED, "name": string(255, 1), "unicode": string(255), "skin_tone": anything},
            ["name"],
        ),
        "broadcast": shape({**_STYLED, "range": choice("here", "channel", "everyone")}, ["range"]),
        "date": shape(
            {
                **_STYLED,
                "timestamp": integer(0, 10**11),
                "format": string(1000, 1),
                "url": string(3000),
                "fallback": string(1000),
            },
            ["timestamp", "format"],
        ),
        "color": shape({**_STYLED, "value": string(255, 1)}, ["value"]),
    }
)
_ELEMENTS = array(INLINE, 0, 10_000)
_BORDER = integer(0, 1)
SECTION = shape({**TYPE, "elements": _ELEMENTS}, ["elements"])
RICH_PARTS: Checker = by_type(
    {
        "rich_text_section": SECTION,
        "rich_text_quote": shape({**TYPE, "elements": _ELEMENTS, "border": _BORDER}, ["elements"]),
        "rich_text_preformatted": shape(
            {**TYPE, "elements": _ELEMENTS, "border": _BORDER, "language": string(50)},
            ["elements"],
        ),
        "rich_text_list": shape(
            {
                **TYPE,
                "elements": array(by_type({"rich_text_section": SECTION}), 0, 10_000),
                "style": choice("bullet", "ordered"),
                "indent": integer(0, 8),
                "offset": integer(0, 10_000),
                "border": _BORDER,
            },
            ["elements", "style"],
        ),
    }
)
RICH_TEXT = shape(
    {**TYPE, "block_id": string(255), "elements": array(RICH_PARTS, 0, 10_000)}, ["elements"]
)
