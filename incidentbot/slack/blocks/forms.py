"""The pieces of forms, within Slack's limits whatever the text. Pure.

private_metadata carries ids, never facts: "INC-1|C123", the incident (if there is one yet) and the
channel where the form was opened, so that an answer finds its way back.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from incidentbot.incidents.lifecycle import SEVERITIES
from incidentbot.slack.blocks import kit

View = dict[str, Any]
Faults = Callable[[Mapping[str, str]], dict[str, str]]

LONGEST = 3000
MOST = 100  # options of a menu


def form(
    callback: str,
    title: str,
    submit: str,
    blocks: Sequence[kit.Block | None],
    *,
    about: str = "",
    channel: str = "",
) -> View:
    """Submitted under its `callback`; `about` and `channel` come back as Gesture.value, .channel.

    Without any input Slack wants no submit button: give none ("").
    """
    made: View = {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title, 24),
        "close": plain("Cancel" if submit else "Close", 24),
        "private_metadata": f"{about}|{channel}",
        "blocks": [block for block in blocks if block][:100],
    }
    return made | ({"submit": plain(submit, 24)} if submit else {})


def plain(words: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": kit.cut(words, limit)}


def text(
    name: str,
    label: str,
    hint: str = "",
    *,
    lines: bool = False,
    optional: bool = False,
    value: str = "",
    most: int = LONGEST,
) -> kit.Block:
    element: kit.Block = {
        "type": "plain_text_input",
        "action_id": "value",
        "multiline": lines,
        "max_length": most,
    }
    element |= {"placeholder": plain(hint, 150)} if hint else {}
    element |= {"initial_value": value[:most]} if value else {}
    return field(name, label, element, optional=optional)


def choice(
    name: str,
    label: str,
    options: Sequence[tuple[str, str]],
    *,
    initial: str = "",
    optional: bool = False,
    hint: str = "",
) -> kit.Block:
    """One of these (value, words); at most a hundred, and never none: Slack takes no empty menu."""
    made = [option(value, words) for value, words in options[:MOST]]
    element: kit.Block = {"type": "static_select", "action_id": "value", "options": made}
    first = [one for one in made if one["value"] == initial]
    element |= {"initial_option": first[0]} if first else {}
    element |= {"placeholder": plain(hint, 150)} if hint else {}
    return field(name, label, element, optional=optional)


def choices(
    name: str,
    label: str,
    options: Sequence[tuple[str, str]],
    *,
    initial: Sequence[str] = (),
    optional: bool = True,
) -> kit.Block:
    """Any of these; they come back as "a,b"."""
    made = [option(value, words) for value, words in options[:MOST]]
    element: kit.Block = {"type": "multi_static_select", "action_id": "value", "options": made}
    first = [one for one in made if one["value"] in initial]
    element |= {"initial_options": first} if first else {}
    return field(name, label, element, optional=optional)


def ticks(
    name: str,
    label: str,
    options: Sequence[tuple[str, str]],
    *,
    initial: Sequence[str] = (),
) -> kit.Block:
    """Up to ten boxes to tick; those ticked come back as "a,b"."""
    made = [option(value, words) for value, words in options[:10]]
    element: kit.Block = {"type": "checkboxes", "action_id": "value", "options": made}
    first = [one for one in made if one["value"] in initial]
    element |= {"initial_options": first} if first else {}
    return field(name, label, element, optional=True)


def person(name: str, label: str, *, initial: str = "", optional: bool = False) -> kit.Block:
    element: kit.Block = {"type": "users_select", "action_id": "value"}
    element |= {"initial_user": initial} if initial[:1] in ("U", "W") else {}
    return field(name, label, element, optional=optional)


def people(name: str, label: str, *, optional: bool = False) -> kit.Block:
    """Several; they come back as "U1,U2"."""
    element: kit.Block = {"type": "multi_users_select", "action_id": "value"}
    return field(name, label, element, optional=optional)


def day(name: str, label: str, *, optional: bool = True, initial: str = "") -> kit.Block:
    """A date, which comes back as 2026-03-02."""
    element: kit.Block = {"type": "datepicker", "action_id": "value"}
    element |= {"initial_date": initial} if initial else {}
    return field(name, label, element, optional=optional)


def moment(
    name: str, label: str, initial: datetime | None = None, *, optional: bool = True
) -> kit.Block:
    """A date and time in the reader's own zone; it comes back in seconds since 1970."""
    element: kit.Block = {"type": "datetimepicker", "action_id": "value"}
    element |= {"initial_date_time": int(initial.timestamp())} if initial else {}
    return field(name, label, element, optional=optional)


def severity(initial: int, *, name: str = "severity", label: str = "Severity") -> kit.Block:
    options = [(str(number), f"{number} ({word})") for number, word in SEVERITIES.items()]
    return choice(name, label, options, initial=str(initial))


def field(name: str, label: str, element: kit.Block, *, optional: bool = False) -> kit.Block:
    return {
        "type": "input",
        "block_id": name,
        "optional": optional,
        "label": plain(label, 2000),
        "element": element,
    }


def option(value: str, words: str) -> kit.Block:
    return {"text": plain(words or value, 75), "value": value[:75]}
