"""What people write down beside the story: notes, action items, links, and choosing where. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from incidentbot.incidents.links import KINDS, Link
from incidentbot.slack.blocks import forms, kit
from incidentbot.slack.blocks.forms import View

SHOWN = 12  # action items in one message, each with its buttons


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One action item. `owner` is a person's id or empty, `link` the message it came from."""

    id: str
    incident_id: str
    text: str
    owner: str
    state: str
    due: datetime | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """An incident that may be meant."""

    id: str
    title: str
    status: str


def note_form(incident_id: str, channel: str, text: str = "") -> View:
    """Submitted as `incident.note`."""
    return forms.form(
        "incident.note",
        f"Note for {incident_id}",
        "Write it down",
        [
            forms.text("text", "What happened?", "One fact", lines=True, value=text),
            forms.moment("at", "When did it happen? (empty: now)"),
        ],
        about=incident_id,
        channel=channel,
    )


def action_form(
    choices: Sequence[Choice],
    channel: str,
    *,
    here: str = "",
    about: str = "",
    text: str = "",
    owner: str = "",
    due: str = "",
) -> View:
    """Submitted as `action.add`; the incident is chosen in it unless it is `here`. `due`: a day."""
    return forms.form(
        "action.add",
        "New action item",
        "Add it",
        [
            None if here else which(choices),
            forms.text("text", "What will be done?", "Begins with a verb", lines=True, value=text),
            forms.person("owner", "By whom?", initial=owner, optional=True),
            forms.day("due", "Until when?", initial=due),
        ],
        about=f"{here} {about}".strip(),
        channel=channel,
    )


def reassign_form(item: ItemLine, about: str, channel: str) -> View:
    """Submitted as `action.assign`."""
    return forms.form(
        "action.assign",
        f"Who does {item.id}?",
        "Change it",
        [
            kit.section(kit.esc(item.text, 1000)),
            forms.person("owner", "By whom?", initial=item.owner),
        ],
        about=about,
        channel=channel,
    )


def link_form(incident_id: str, channel: str) -> View:
    """Submitted as `incident.link`."""
    kinds = [(name, words) for name, words in KINDS.items()]
    return forms.form(
        "incident.link",
        f"Link to {incident_id}",
        "Link it",
        [
            forms.text("url", "Address, or an incident", "https://... or INC-7", most=500),
            forms.text("title", "What is it?", optional=True, most=150),
            forms.choice("kind", "Kind", kinds, initial="page"),
        ],
        about=incident_id,
        channel=channel,
    )


def which_form(
    callback: str, title: str, choices: Sequence[Choice], about: str, channel: str
) -> View:
    """Choose the incident that a message belongs to."""
    return forms.form(callback, title, "Choose", [which(choices)], about=about, channel=channel)


def which(choices: Sequence[Choice]) -> kit.Block:
    options = [(one.id, _words(one)) for one in choices]
    initial = choices[0].id if len(choices) == 1 else ""
    return forms.choice("incident", "Which incident?", options, initial=initial)


def ask_which(choices: Sequence[Choice], place: str) -> kit.Message:
    """Shown to whoever put a pushpin on a message outside an incident's channel."""
    text = "Which incident's timeline shall this message be kept in?"
    options = [(f"{one.id}|{place}", _words(one)) for one in choices]
    menu = kit.menu("Choose an incident", "kept.choose", options)
    return kit.message(text, [kit.section(text), kit.actions([menu])])


def items(
    incident_id: str, lines: Sequence[ItemLine], command: str, *, mine: bool = False
) -> kit.Message:
    """The action items of an incident, open ones first and with their buttons."""
    head = f"*Action items of {incident_id}*" if not mine else "*Your action items*"
    if not lines:
        head += f"\nNone yet. `{command} actions add …` makes one."
    blocks: list[kit.Block | None] = [kit.section(head)]
    shown = [line for line in lines if line.state == "open"][:SHOWN]
    for line in shown:
        blocks += [kit.section(item_words(line)), kit.actions(item_buttons(line, "list"))]
    rest = [line for line in lines if line not in shown]
    if rest:
        blocks.append(kit.section(kit.join(item_words(line) for line in rest)))
    if not mine:
        blocks.append(kit.actions([kit.button("New action item", "action.new", incident_id)]))
    return kit.message(head.replace("*", "").partition("\n")[0], blocks)


def item_for_owner(line: ItemLine, title: str) -> kit.Message:
    """What the owner of a new action item is sent, and what becomes of it there."""
    text = f"{line.id} of {line.incident_id} ({title}) is yours: {line.text}"
    if line.state != "open":
        text = f"{line.id} is {line.state}: {line.text}"
    buttons = item_buttons(line, "one") if line.state == "open" else []
    body = kit.section(f"{kit.esc(text, 2500)}{_due(line)}{_from(line)}")
    return kit.message(text, [body, kit.actions(buttons) if buttons else None])


def item_words(line: ItemLine) -> str:
    mark = {"open": "☐", "done": "☑", "dropped": "☒"}.get(line.state, "☐")
    owner = kit.who(line.owner) if line.owner else "nobody yet"
    text = kit.esc(" ".join(line.text.split()), 300)
    return f"{mark} *{line.id}* {text} · {owner}{_due(line)}{_from(line)}"


def item_buttons(line: ItemLine, where: str) -> list[kit.Block]:
    """`where` is what shows them (list, one or home), and is shown anew when one is pressed."""
    value = f"{line.id}|{where}"
    return [
        kit.button("Done", f"action.done:{line.id}", value),
        kit.button("Drop", f"action.drop:{line.id}", value),
        kit.button("Reassign", f"action.reassign:{line.id}", value),
    ]


def link_words(link: Link) -> str:
    if link.kind == "incident":
        return f"{kit.esc(link.target, 20)} ({kit.esc(link.title, 80)})"
    return kit.link(link.target, link.title, 80)


def linked_here(incident_id: str, title: str, channel: str) -> kit.Message:
    """Said in the thread of a message that was linked to an incident."""
    room = f" · <#{channel}>" if channel else ""
    text = f"This belongs to {incident_id}: {title}"
    return kit.message(text, [kit.section(f"{kit.esc(text, 500)}{room}")])


def _due(line: ItemLine) -> str:
    return f" · due {kit.day(line.due)}" if line.due else ""


def _from(line: ItemLine) -> str:
    return f" · {kit.link(line.link, 'message')}" if line.link.startswith("http") else ""


def _words(one: Choice) -> str:
    return f"{one.id} ({one.status}): {one.title}"
