"""The tables of docs/slack.md are made from the gestures there are. Run this module to write them.

The pictures are taken by `python -m tests.pages.gallery`.
"""

from __future__ import annotations

import re
from pathlib import Path

from incidentbot.slack.gestures import table
from incidentbot.slack.gestures.act import Verb

PAGE = Path(__file__).parents[2] / "docs" / "slack.md"
FOLDER = PAGE.parent / "pictures" / "slack"
PART = "(<!-- {0} -->\n).*?(<!-- /{0} -->)"
PICTURE = re.compile(r"!\[[^\]]+\]\(pictures/slack/([\w-]+\.png)\)")


def commands() -> str:
    rows = ["| | What | Who | Form |", "|---|---|---|---|"]
    for heading, verbs in table.grouped():
        rows.append(f"| **{heading or 'Also'}** | | | |")
        rows += [_row(verb) for verb in verbs]
    return "\n".join(rows)


def shortcuts() -> str:
    rows = ["| In Slack's menus | What | Where |", "|---|---|---|"]
    places = {"global": "everywhere", "message": "at a message"}
    rows += [f"| *{one.title}* | {one.what} | {places[one.on]} |" for one in table.shortcuts()]
    return "\n".join(rows)


def _row(verb: Verb) -> str:
    words = f"`{verb.name} {verb.usage}".strip().replace("|", "\\|") + "`"
    others = f" (also {', '.join(f'`{name}`' for name in verb.other_names)})"
    what = verb.help + (others if verb.other_names else "")
    return f"| {words} | {what} | {verb.needs} | {'yes' if verb.form else ''} |"


def up_to_date(page: str) -> str:
    for name, made in (("commands", commands()), ("shortcuts", shortcuts())):
        part = re.compile(PART.format(name), re.DOTALL)
        page = part.sub(lambda found, made=made: f"{found[1]}{made}\n{found[2]}", page)  # type: ignore[misc]
    return page


def test_the_documentation_lists_every_command_and_shortcut_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert "| `update <text>` |" in page
    assert page == up_to_date(page), f"write it anew: python -m {__name__}"


def test_every_picture_is_shown_and_small() -> None:
    shown = set(PICTURE.findall(PAGE.read_text(encoding="utf-8")))
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert shown == set(sizes), shown ^ set(sizes)
    assert max(sizes.values()) < 70_000
    assert sum(sizes.values()) < 2_500_000


if __name__ == "__main__":
    PAGE.write_text(up_to_date(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
