"""The forms. Pure.

private_metadata carries ids, never facts: "INC-1|C123", the incident (if there is one yet) and the
channel where the form was opened, so that an answer finds its way back.
"""

from typing import Any

from incidentbot.incidents.lifecycle import SEVERITIES
from incidentbot.slack.blocks import kit

View = dict[str, Any]

LONGEST = 3000


def declare(channel: str, title: str = "") -> View:
    """Title, severity and what is known; submitted as `incident.declare`."""
    return _modal(
        "incident.declare",
        "Declare an incident",
        "Declare",
        f"|{channel}",
        [
            _text("title", "What do users notice?", "Pictures do not load", value=title, most=150),
            _severity(3),
            _text("summary", "What else is known?", "Since when, where", lines=True, optional=True),
        ],
    )


def update(incident_id: str, summary: str = "", channel: str = "") -> View:
    """What stakeholders are told now; submitted as `incident.update`."""
    hint = "State, impact, what changed, what is being done, when the next update comes."
    return _modal(
        "incident.update",
        f"Update {incident_id}"[:24],
        "Post update",
        f"{incident_id}|{channel}",
        [_text("text", "What is true now?", hint, lines=True, value=summary)],
    )


def _modal(callback: str, title: str, submit: str, meta: str, blocks: list[kit.Block]) -> View:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": {"type": "plain_text", "text": kit.cut(title, 24)},
        "submit": {"type": "plain_text", "text": kit.cut(submit, 24)},
        "close": {"type": "plain_text", "text": "Cancel"},
        "private_metadata": meta,
        "blocks": blocks,
    }


def _text(
    name: str,
    label: str,
    hint: str,
    *,
    lines: bool = False,
    optional: bool = False,
    value: str = "",
    most: int = LONGEST,
) -> kit.Block:
    element = {
        "type": "plain_text_input",
        "action_id": "value",
        "multiline": lines,
        "max_length": most,
        "placeholder": {"type": "plain_text", "text": kit.cut(hint, 150)},
    } | ({"initial_value": value[:most]} if value else {})
    return {
        "type": "input",
        "block_id": name,
        "optional": optional,
        "label": {"type": "plain_text", "text": label},
        "element": element,
    }


def _severity(initial: int) -> kit.Block:
    options = [
        {"text": {"type": "plain_text", "text": f"{number} ({word})"}, "value": str(number)}
        for number, word in SEVERITIES.items()
    ]
    return {
        "type": "input",
        "block_id": "severity",
        "label": {"type": "plain_text", "text": "Severity"},
        "element": {
            "type": "static_select",
            "action_id": "value",
            "options": options,
            "initial_option": options[initial - 1],
        },
    }
