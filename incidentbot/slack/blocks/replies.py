"""Answers that only the person who asked sees. Pure."""

from collections.abc import Sequence

from incidentbot.slack.blocks import card, kit
from incidentbot.slack.blocks.view import IncidentView
from incidentbot.timeline import Entry


def plain(text: str) -> kit.Message:
    return kit.message(text, [kit.section(kit.esc(text))])


def refusal(text: str) -> kit.Message:
    """Not done, why, and what would allow it; `text` says the latter two."""
    return kit.message(text, [kit.section(f"*Not done.* {kit.esc(text)}")])


def help_text(command: str, lines: Sequence[tuple[str, str]]) -> kit.Message:
    """`lines` are (verb with its arguments, what it does)."""
    rows = [f"`{command} {_plain(verb)}`  {_plain(what)}" for verb, what in lines]
    head = (
        "What I can do. In an incident's channel the incident is known; elsewhere name it (INC-1)."
    )
    parts = [kit.section(kit.join(rows[n : n + 12])) for n in range(0, len(rows), 12)]
    return kit.message(f"{command} help", [kit.section(head), *parts])


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
    return kit.message("Incidents", [kit.section(kit.join(_row(view) for view in views))])


def status(view: IncidentView) -> kit.Message:
    """The card as it stands, for one reader, without the buttons of the pinned one."""
    shown = card.card(view)
    return kit.message(shown["text"], [b for b in shown["blocks"] if b["type"] != "actions"])


def timeline(incident_id: str, entries: Sequence[Entry], last: int = 25) -> kit.Message:
    lines = [f"{kit.when(entry.at)}  {kit.esc(entry.text, 200)}" for entry in entries[-last:]]
    head = f"*Timeline of {incident_id}*"
    if len(entries) > last:
        head += f" (the last {last} of {len(entries)})"
    blocks = [kit.section(head)]
    blocks += [kit.section(kit.join(lines[n : n + 8])) for n in range(0, len(lines), 8)]
    return kit.message(f"Timeline of {incident_id}", blocks)


def runbooks(view: IncidentView) -> kit.Message:
    """Each possible runbook as a button that opens its plan; the others with the reason."""
    if not view.offers:
        return plain(f"No runbook fits {view.id}.")
    usable = [offer for offer in view.offers if offer.available]
    greyed = kit.join(
        f"Not possible now: {kit.esc(offer.title, 100)}. {kit.esc(offer.reason, 300)}"
        for offer in view.offers
        if not offer.available
    )
    return kit.message(
        f"Runbooks for {view.id}",
        [
            kit.section(f"*Runbooks for {view.id}*. A button opens a plan; nothing runs yet."),
            kit.actions([card.offer_button(view.id, o) for o in usable]) if usable else None,
            kit.section(greyed) if greyed else None,
        ],
    )


def documents(view: IncidentView) -> kit.Message:
    return kit.message(f"Postmortem of {view.id}", [kit.section(f"*{view.id}* {card.links(view)}")])


def _plain(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _row(view: IncidentView) -> str:
    room = f"<#{view.channel}>" if view.channel else "no channel yet"
    since = kit.when(view.started_at, "{date_short_pretty} {time}")
    return (
        f"{card.MARK[view.status]} {card.marks(view)}*{view.id}* sev {view.severity}, "
        f"{view.status}: {kit.esc(view.title, 150)} · since {since} · {room}"
    )
