"""Answers that only the person who asked sees. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from incidentbot.incidents.lifecycle import words
from incidentbot.paging.contract import Someone
from incidentbot.paging.standing import Answer, Level
from incidentbot.slack.blocks import card, kit
from incidentbot.slack.blocks.view import IncidentView


@dataclass(frozen=True, slots=True)
class PersonLine:
    """`local` is the time of day there, in words; `email` is empty where Slack does not tell."""

    id: str
    name: str
    what: str
    since: datetime | None
    local: str = ""
    email: str = ""


def plain(text: str) -> kit.Message:
    return kit.message(text, [kit.section(kit.esc(text))])


def refusal(text: str) -> kit.Message:
    """Not done, why, and what would allow it; `text` says the latter two."""
    return kit.message(text, [kit.section(f"*Not done.* {kit.esc(text)}")])


def merged(incident_id: str, goes_on: str, room: str) -> kit.Message:
    """Where it goes on, with the way there."""
    where = f" in <#{room}>" if room else ""
    text = f"{incident_id} was merged into {goes_on}; it goes on there"
    undo = "`reopen` makes it an incident of its own again."
    return kit.message(f"{text}.", [kit.section(f"*Not done.* {kit.esc(text)}{where}. {undo}")])


def help_text(command: str, groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> kit.Message:
    """`groups` are (heading, [(verb with its arguments, what it does)])."""
    head = (
        f"*What I can do.* Put `{command}` before each word. In an incident's channel the incident"
        " is known; elsewhere name it (INC-1). ✎: alone, the word opens a form."
    )
    parts = []
    for heading, lines in groups:
        rows = [f"`{_plain(verb)}`  {_plain(what)}" for verb, what in lines]
        cuts = range(0, len(rows), 12)
        parts += [
            [*([f"*{kit.esc(heading, 100)}*"] if not n else []), *rows[n : n + 12]] for n in cuts
        ]
    blocks = [kit.section(head), *(kit.section(kit.join(part)) for part in parts)]
    return kit.message(f"{command} help", blocks)


def unknown(command: str, wrong: str, nearest: str) -> kit.Message:
    text = f"I do not know “{kit.esc(wrong, 40)}”."
    text += f" Did you mean `{command} {nearest}`?" if nearest else ""
    text += f" `{command} help` lists what I can do."
    return kit.message(f"I do not know {wrong}", [kit.section(text)])


def menu(
    command: str, incident_id: str, groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]
) -> kit.Message:
    """`groups` are (heading, [(verb, words on its button)])."""
    about = f" Buttons are about {incident_id}." if incident_id else ""
    blocks: list[kit.Block | None] = [
        kit.section(f"*What would you like to do?*{about} `{command} help` lists the words.")
    ]
    for heading, buttons in groups:
        blocks.append(kit.context(f"*{kit.esc(heading, 100)}*"))
        made = [kit.button(label, f"verb:{name}", incident_id or " ") for name, label in buttons]
        blocks.append(kit.actions(made))
    return kit.message(f"{command}: what would you like to do?", blocks)


def incidents(views: Sequence[IncidentView]) -> kit.Message:
    if not views:
        return plain("No incident so far.")
    return kit.message("Incidents", [kit.section(kit.join(row(view) for view in views))])


def status(view: IncidentView) -> kit.Message:
    """The card as it stands, for one reader, without the buttons of the pinned one."""
    shown = card.card(view)
    return kit.message(shown["text"], [b for b in shown["blocks"] if b["type"] != "actions"])


def form_button(label: str, verb: str, text: str) -> kit.Message:
    """Where nobody pressed anything, Slack shows no form: this is what to press."""
    words = "That takes a form; press the button and it opens."
    button = kit.button(label, f"verb:{verb}", text[:1000] or " ", "primary")
    return kit.message(words, [kit.section(words), kit.actions([button])])


def runbooks(view: IncidentView) -> kit.Message:
    """Each possible runbook as a button that opens its plan; the others with the reason."""
    if not view.offers:
        return plain(f"No runbook fits {view.id}.")
    usable = [offer for offer in view.offers if offer.available]
    ways = [f"• {kit.esc(o.title, 100)}{card.through(o)}" for o in usable if o.where]
    greyed = [f"• {card.not_now_words(o)}" for o in view.offers if not o.available]
    head = f"*Runbooks for {view.id}*. A button opens a plan; nothing runs yet."
    head += " What survives this outage best comes first." if len(usable) > 1 else ""
    return kit.message(
        f"Runbooks for {view.id}",
        [
            kit.section(kit.join([head, *ways])),
            kit.actions([card.offer_button(view.id, o) for o in usable]) if usable else None,
            kit.context(kit.join(["Not possible now", *greyed], 1900)) if greyed else None,
        ],
    )


def whois(lines: Sequence[PersonLine], nobody: str) -> kit.Message:
    """People, a line each; `nobody` says it when there are none."""
    if not lines:
        return plain(nobody)
    return kit.message("Who is who", [kit.section(kit.join(_person(line) for line in lines))])


def _person(line: PersonLine) -> str:
    since = f" since {kit.when(line.since, '{date_short_pretty} {time}')}" if line.since else ""
    head = f"{kit.who(line.id)} ({kit.esc(line.name, 100)}): {kit.esc(line.what, 100)}{since}"
    reach = [part for part in (kit.esc(line.local, 100), kit.mail(line.email)) if part]
    return " · ".join([head, *reach])


def oncall(policies: Sequence[tuple[str, Sequence[str], Sequence[Level]]]) -> kit.Message:
    """Each policy (name, what it is for, its levels): who is asked at once, and who after that."""
    rows = []
    for name, used, levels in policies:
        about = f" for {kit.esc(', '.join(used), 300)}" if used else ""
        rows.append(f"*{kit.esc(name, 80) or 'On call'}*{about}")
        for number, level in enumerate(levels):
            after = f"after {words(level.after.total_seconds())}" if number else "at once"
            rows += [f"• {after}: {_on_call(answer)}" for answer in level.answers]
    parts = [kit.section(kit.join(rows[n : n + 15])) for n in range(0, len(rows), 15)]
    return kit.message("Who is on call", parts or [kit.section("Nobody is on call.")])


def _on_call(answer: Answer) -> str:
    title = kit.esc(answer.title, 100)
    if answer.error:
        return f"{title} cannot say ({kit.esc(answer.error, 200)})"
    said = [_names(answer.now)] if answer.now else []
    if answer.until is not None:
        at = kit.when(answer.until, "{date_short_pretty} {time}")
        said.append(f"until {at}, then {_names(answer.then)}")
    said += ["pages whoever is on call there"] if answer.pages else []
    return f"{', '.join(said) or 'nobody'} ({title})"


def _names(people: Sequence[Someone]) -> str:
    return " and ".join(kit.esc(one.name, 80) for one in people[:10]) or "nobody"


def documents(view: IncidentView) -> kit.Message:
    return kit.message(f"Postmortem of {view.id}", [kit.section(f"*{view.id}* {card.links(view)}")])


def export(view: IncidentView, command: str) -> kit.Message:
    """Where the written documents are; nothing is uploaded."""
    if not view.documents:
        text = f"Nothing is written of {view.id} yet; `{command} postmortem` writes it."
        return kit.message(text, [kit.section(text)])
    made = " · ".join(kit.link(url, form) for form, url in view.documents)
    return kit.message(
        f"Documents of {view.id}", [kit.section(f"*Documents of {view.id}*\n{made}")]
    )


def _plain(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


def row(view: IncidentView) -> str:
    room = f"<#{view.channel}>" if view.channel else "no channel yet"
    since = kit.when(view.started_at, "{date_short_pretty} {time}")
    return (
        f"{card.MARK[view.status]} {card.marks(view)}*{view.id}* sev {view.severity}, "
        f"{card.state(view)}: {kit.esc(view.title, 150)} · since {since} · {room}"
    )
