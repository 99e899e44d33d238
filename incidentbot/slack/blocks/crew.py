"""Who does what: the forms of the roles, and the command on its way from one to another. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from incidentbot.slack.blocks import card, forms, kit
from incidentbot.slack.blocks.forms import View
from incidentbot.slack.blocks.view import IncidentView, RoleLine

DUTY = {
    "commander": "decides and delegates; has every role not given away",
    "operations": "the only one who changes the system",
    "communications": "tells customers and colleagues",
    "scribe": "writes down what is done and decided",
}
NOW = (("now", "Move the command at once, without waiting for a yes"),)


@dataclass(frozen=True, slots=True)
class Briefing:
    """What a person must know to take over: newest facts first."""

    view: IncidentView
    giver: str
    until: datetime
    actions: Sequence[str] = ()  # what is open, with its owner
    running: Sequence[str] = ()  # what is not as usual, or happening now
    last: Sequence[tuple[datetime, str]] = ()  # lines of the story
    next_update: datetime | None = None


def take(view: IncidentView, me: str, channel: str) -> View:
    """Every role with who has it, and a button for what can be done about it."""
    head = kit.section(f"*{kit.esc(view.title, 200)}*")
    lines = [kit.beside(_line(line, view), _button(line, view.id, me)) for line in view.crew]
    hint = kit.context("`assign` gives a role to somebody; `role` opens all of them at once.")
    return forms.form(
        "incident.take", f"Roles of {view.id}", "", [head, *lines, hint], about=view.id,
        channel=channel,
    )  # fmt: skip


def give(view: IncidentView, channel: str) -> View:
    """A person for each role; submitted as `incident.roles`. The command is offered."""
    fields = [
        forms.person(line.role, line.role.capitalize(), initial=line.person or "", optional=True)
        for line in view.crew
    ]
    hint = "A new commander is asked first, and has the command when they accept."
    return forms.form(
        "incident.roles",
        f"Roles of {view.id}",
        "Assign",
        [*fields, forms.ticks("how", hint, NOW)],
        about=view.id,
        channel=channel,
    )


def offered(brief: Briefing) -> kit.Message:
    """To whom the command is offered: where we stand, and yes or not now."""
    view = brief.view
    head = f"{brief.giver} offers you the command of {view.id}: {view.title}"
    return kit.message(
        head,
        [
            kit.section(f"*{kit.esc(head, 400)}*\nUntil {kit.when(brief.until, '{time}')}."),
            kit.fields(_standing(brief)),
            kit.section(_listed("Open actions", brief.actions)) if brief.actions else None,
            kit.section(_listed("Not as usual", brief.running)) if brief.running else None,
            kit.section(_last(brief)) if brief.last else None,
            kit.actions(
                [
                    kit.button("Accept the command", "handover.accept", view.id, "primary"),
                    kit.button("Not now", "handover.decline", view.id),
                ]
            ),
        ],
    )


def offering(incident_id: str, to: str, until: datetime) -> kit.Message:
    """To whoever offers it: it is still theirs, and how to keep it."""
    text = f"{to} is asked to take the command of {incident_id}. It is yours until they accept"
    line = f"{kit.esc(text)}; the offer ends at {kit.when(until, '{time}')}."
    keep = kit.button("Keep the command", "handover.withdraw", incident_id)
    return kit.message(f"{text}.", [kit.section(line), kit.actions([keep])])


def instead(text: str) -> kit.Message:
    """Takes the place of the message whose button was pressed, so that it is pressed once."""
    return kit.message(text, [kit.section(kit.esc(text))]) | {"replace_original": True}


def _standing(brief: Briefing) -> list[tuple[str, str]]:
    view = brief.view
    rest = brief.next_update
    return [
        ("State", f"Sev {view.severity} ({view.severity_word}), {kit.esc(card.state(view))}"),
        ("Since", kit.when(view.started_at, "{date_short_pretty} {time}")),
        ("Now", kit.esc(view.summary or "No update so far.", 900)),
        ("Roles", card.roles_words(view.crew) if view.crew else "-"),
        ("Next update", kit.when(rest, "{time}") if rest else "no time was promised"),
    ]


def _listed(head: str, rows: Sequence[str]) -> str:
    return kit.join([f"*{head}*", *(f"• {kit.esc(row, 250)}" for row in rows)], 1500)


def _last(brief: Briefing) -> str:
    rows = (f"{kit.when(at)}  {kit.esc(text, 250)}" for at, text in brief.last)
    return kit.join(["*Last*", *rows], 2500)


def _line(line: RoleLine, view: IncidentView) -> str:
    who = kit.who(line.person) if line.person else "nobody"
    if not line.person and view.commander and line.role != "commander":
        who = f"{kit.who(view.commander)}, as commander"
    since = f" since {kit.when(line.since, '{time}')}" if line.since else ""
    return f"*{line.role.capitalize()}*: {who}{since}\n{DUTY[line.role]}"


def _button(line: RoleLine, incident_id: str, me: str) -> kit.Block | None:
    value = f"{incident_id} {line.role}"
    if line.person is None:
        return kit.button("Take", f"role.take:{line.role}", value)
    if line.person == me:
        return kit.button("Give up", f"role.leave:{line.role}", value)
    return None
