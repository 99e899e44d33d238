"""The few Block Kit pieces we use, within Slack's limits whatever the text. Pure.

`esc` makes foreign text safe inside mrkdwn: it cannot mention, link or break out.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

Block = dict[str, Any]
Message = dict[str, Any]  # {"text": str, "blocks": [Block]}

SECTION, HEADER, BUTTON, FIELD, BLOCKS = 2990, 148, 72, 1990, 48
FOREIGN = 2800  # leaves room for our own words beside it
MARKS = re.compile(r"([*_~`])")
PARSED = re.compile(r"([@#])(?=\w)")
LOUD = re.compile(r"@(?=here|channel|everyone)")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(\.[\w-]+)+", re.ASCII)
ZERO_WIDTH = "\u200b"


def esc(text: object, limit: int = FOREIGN) -> str:
    """Foreign text for mrkdwn, at most `limit` long once it is escaped.

    Names after @ and # stay letters, and marks stay marks: an invisible space parts them.
    """
    short = str(text)[:limit]
    safe = PARSED.sub(r"\1" + ZERO_WIDTH, MARKS.sub(ZERO_WIDTH + r"\1", short))
    kept: list[str] = []
    length = 0
    for char in safe:
        piece = ENTITIES.get(char, char)
        if length + len(piece) >= limit:
            return "".join(kept) + "…"
        kept.append(piece)
        length += len(piece)
    return "".join(kept) + ("…" if len(str(text)) > limit else "")


def join(rows: Iterable[str], limit: int = SECTION - 40) -> str:
    """Rows as lines, as many whole ones as fit: a cut link or date would show its insides."""
    kept: list[str] = []
    length = left_out = 0
    for row in rows:
        if left_out or length + len(row) + 1 > limit:
            left_out += 1
            continue
        kept.append(row)
        length += len(row) + 1
    return "\n".join([*kept, f"… and {left_out} more"] if left_out else kept)


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def when(at: datetime, form: str = "{time_secs}") -> str:
    """A time in the reader's own zone, with a fallback that names its zone."""
    at = at.astimezone(UTC)
    return f"<!date^{int(at.timestamp())}^{form}|{at:%H:%M:%S} UTC>"


def day(at: datetime) -> str:
    """A day in the reader's own words."""
    at = at.astimezone(UTC)
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}}|{at:%Y-%m-%d}>"


def who(id: str) -> str:
    return f"<@{id}>" if id[:1] in "UW" and id.isalnum() else esc(id)


def mail(address: str) -> str:
    """An address that a click writes to; what is none stays text."""
    return f"<mailto:{address}|{address}>" if MAIL.fullmatch(address) else esc(address, 200)


def link(url: str, label: str, limit: int = 150) -> str:
    """An address to press. The address cannot end early, nor the label begin another."""
    safe = LOUD.sub("%40", url.replace("&", "&amp;"))
    for char, code in (("<", "%3C"), (">", "%3E"), ("|", "%7C"), (" ", "%20")):
        safe = safe.replace(char, code)
    return f"<{safe}|{esc(' '.join(label.split()), limit) or 'link'}>"


def header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": cut(text, HEADER)}}


def section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(text, SECTION)}}


def beside(text: str, button: Block | None) -> Block:
    """A section with a button on its right."""
    return section(text) | ({"accessory": button} if button else {})


def fields(pairs: Sequence[tuple[str, str]]) -> Block:
    """Up to ten labelled facts in two columns."""
    rows = [
        {"type": "mrkdwn", "text": cut(f"*{label}*\n{value or '-'}", FIELD)}
        for label, value in pairs
    ]
    return {"type": "section", "fields": rows[:10]}


def context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": cut(text, 2000)}]}


def code(text: str) -> Block:
    """Text exactly as it is: never parsed, so nothing in it can do anything."""
    return {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_preformatted",
                "elements": [{"type": "text", "text": cut(text or " ", SECTION)}],
            }
        ],
    }


def actions(buttons: Sequence[Block]) -> Block:
    return {"type": "actions", "elements": list(buttons)[:25]}


def button(
    label: str, action: str, value: str, style: str | None = None, confirm: Block | None = None
) -> Block:
    made: Block = {
        "type": "button",
        "text": {"type": "plain_text", "text": cut(label, BUTTON)},
        "action_id": action,
        "value": value,
    }
    return made | ({"style": style} if style else {}) | ({"confirm": confirm} if confirm else {})


def menu(hint: str, action: str, options: Sequence[tuple[str, str]]) -> Block:
    """One of these (value, words), at most a hundred and never none; taken as soon as chosen."""
    return {
        "type": "static_select",
        "action_id": action,
        "placeholder": {"type": "plain_text", "text": cut(hint, 150)},
        "options": [
            {"text": {"type": "plain_text", "text": cut(words or value, 75)}, "value": value[:75]}
            for value, words in options[:100]
        ],
    }


def confirm(title: str, text: str, yes: str) -> Block:
    return {
        "title": {"type": "plain_text", "text": cut(title, 100)},
        "text": {"type": "plain_text", "text": cut(text, 300)},
        "confirm": {"type": "plain_text", "text": cut(yes, 30)},
        "deny": {"type": "plain_text", "text": "Not yet"},
    }


def message(text: str, blocks: Sequence[Block | None]) -> Message:
    """`text` (plain) is what notifications and screen readers get; it opens like the blocks do."""
    return {"text": esc(text, 3000), "blocks": [block for block in blocks if block][:BLOCKS]}
