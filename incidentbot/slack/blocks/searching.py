"""The search's form and what it found. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from incidentbot.incidents.lifecycle import SEVERITIES
from incidentbot.slack.blocks import forms, kit, replies
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.view import IncidentView

STATES = (("open", "open"), ("resolved", "resolved"))
SINCE = (("7", "the last week"), ("31", "the last month"), ("92", "the last three months"),
         ("366", "the last year"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """One incident, and the line of its timeline in which the words stand, if any."""

    view: IncidentView
    line: str = ""


def form(dependencies: Sequence[tuple[str, str]], channel: str, words: str = "") -> View:
    """`dependencies` are (name, title). Submitted as `incident.search`."""
    severities = [(str(number), f"{number} ({word})") for number, word in SEVERITIES.items()]
    return forms.form(
        "incident.search",
        "Search incidents",
        "Search",
        [
            forms.text("words", "Words", "in title, summary, timeline", optional=True, value=words,
                       most=200),
            forms.choice("state", "State", STATES, optional=True, hint="any"),
            forms.choices("severity", "Severity", severities),
            forms.choice("dependency", "Dependency", dependencies, optional=True, hint="any")
            if dependencies
            else None,
            forms.choice("since", "Opened in", SINCE, optional=True, hint="any time"),
        ],
        channel=channel,
    )  # fmt: skip


def results(words: str, found: Sequence[Found], command: str) -> kit.Message:
    about = f" for “{kit.esc(words, 100)}”" if words else ""
    if not found:
        text = f"No incident found{about}. Fewer words find more; `{command} search` has a form."
        return kit.message(f"No incident found for {words}", [kit.section(text)])
    rows = [_row(one) for one in found]
    head = kit.section(f"*Found{about}*")
    parts = [kit.section(kit.join(rows[n : n + 4])) for n in range(0, len(rows), 4)]
    return kit.message(f"Found for {words}" if words else "Found", [head, *parts])


def _row(one: Found) -> str:
    line = f"\n      {kit.esc(one.line, 250)}" if one.line else ""
    return replies.row(one.view) + line
