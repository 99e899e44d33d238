"""Messages for those who are not in the channel, and for whoever has to tell them. Pure.

Order of an update: state; impact; what changed; what is done; what is not known; the next time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from incidentbot.incidents import cadence
from incidentbot.slack.blocks import card, kit
from incidentbot.slack.blocks.view import IncidentView
from incidentbot.timeline import Entry

LINES = 20  # of a long text that are shown
SHOWN = 1400  # characters of it
PARTS = (("changed", "Changed"), ("doing", "Being done"), ("unknown", "Not known yet"))


def update(view: IncidentView, entry: Entry) -> kit.Message:
    """What stakeholders are told, in the channel."""
    by = f"*Update* by {kit.who(entry.actor)}, {kit.when(entry.at)}"
    state = f"Sev {view.severity}, {view.status}"
    now = short(str(entry.data.get("now") or entry.text))
    blocks = [kit.section(f"{by} · {state}\n{now}"), *_parts(entry), _next(entry.data)]
    if is_long(entry):
        blocks.append(kit.context("The timeline and the postmortem have all of this text."))
    return kit.message(f"Update: {kit.cut(entry.text, 300)}", blocks)


def whole(now: str, parts: Mapping[str, str]) -> str:
    """An update as one text: what the timeline keeps and the card shows."""
    said = [f"{label}: {parts[name].strip()}" for name, label in PARTS if parts.get(name)]
    return "\n".join([now, *said])


def short(text: str) -> str:
    """Foreign text as its first lines, escaped, with a word on what is left out."""
    lines = text.split("\n")
    shown = kit.esc("\n".join(lines[:LINES]), SHOWN)
    return f"{shown}\n… and {len(lines) - LINES} more lines" if len(lines) > LINES else shown


def is_long(entry: Entry) -> bool:
    given = [
        str(entry.data.get("now") or entry.text),
        *(str(entry.data.get(n, "")) for n, _ in PARTS),
    ]
    return any(len(text) > SHOWN or text.count("\n") >= LINES for text in given)


def since_lines(entries: Sequence[Entry], most: int = 8) -> list[str]:
    """What happened, a line each, the newest ones."""
    return [f"{kit.when(entry.at)}  {kit.esc(entry.text, 150)}" for entry in entries[-most:]]


def reminder(
    view: IncidentView, due: datetime, late_words: str, then: datetime, name: str
) -> kit.Message:
    """To the one who owes an update. `name` is the message's own, so that its buttons find it."""
    how = f", {late_words} late" if late_words else ""
    text = f"Update on {view.id} was due {kit.when(due, '{time}')}{how}."
    told = f"Without one, the channel hears of it at {kit.when(then, '{time}')}."
    title = f"Update on {view.id} is due: {view.title}"
    buttons = [
        kit.button("Post update", "incident.update", view.id, "primary"),
        kit.button("Snooze 10 min", "update.snooze:10", f"{view.id}|10|{name}"),
        kit.button("Snooze 30 min", "update.snooze:30", f"{view.id}|30|{name}"),
        kit.button("Dismiss", "update.dismiss", f"{view.id}|0|{name}"),
    ]
    head = f"{kit.esc(view.title, 150)}"
    return kit.message(
        title, [kit.section(f"{text} {told}"), kit.context(head), kit.actions(buttons)]
    )


def settled(view: IncidentView, words: str) -> kit.Message:
    """What becomes of a reminder that was answered; `words` may hold times."""
    return kit.message(f"Update on {view.id}", [kit.section(f"{view.id}: {words}")])


def overdue(view: IncidentView, due: datetime, late_words: str, owner: str | None) -> kit.Message:
    """To the channel, once: nobody has told stakeholders anything."""
    who = f"{kit.who(owner)} owes it" if owner else "nobody commands this incident"
    how = f", {late_words} late" if late_words else ""
    line = f"*Update was due {kit.when(due, '{time}')}{how}*; {who}. Anybody may post it."
    return kit.message(
        f"The update on {view.id} is late",
        [
            kit.section(line),
            kit.actions([kit.button("Post update", "incident.update", view.id, "primary")]),
        ],
    )


def direct(view: IncidentView) -> kit.Message:
    """To one subscriber: one message per incident, edited as it goes on."""
    line = card.announcement(view)
    rows = [*line["blocks"]]
    if summary := short(view.summary.strip()):
        rows.append(kit.section(summary))
    if view.next_update_at and view.status != "resolved":
        rows.append(kit.context(f"Next update {kit.when(view.next_update_at, '{time}')}"))
    buttons = [kit.button("Mute this incident", "verb:mute", view.id)]
    rows.append(kit.actions([*buttons, kit.button("My subscriptions", "verb:subscribe", " ")]))
    return {"text": line["text"], "blocks": rows}


def news(view: IncidentView, entry: Entry) -> kit.Message:
    """What a subscriber must not miss, as a message of its own."""
    room = f" · <#{view.channel}>" if view.channel else ""
    line = f"*{kit.esc(card.headline(view), 300)}*{room}\n{kit.esc(entry.text, 600)}"
    return kit.message(f"{view.id}: {kit.cut(entry.text, 200)}", [kit.section(line)])


@dataclass(frozen=True, slots=True)
class Day:
    """What the digest tells. `overdue` are (id, words, owner)."""

    open: Sequence[IncidentView]
    closed: Sequence[IncidentView] = ()
    overdue: Sequence[tuple[str, str, str | None]] = field(default=())


def digest(day: Day) -> kit.Message:
    """Open ones with severity, state, owner and age; then closed; then overdue follow-ups."""
    count = len(day.open)
    rows = [_open_row(view) for view in day.open[:6]]
    rows += [f"… and {count - 6} more"] if count > 6 else []
    parts = [kit.section(kit.join([f"*Open: {count}*", *rows]))]
    if day.closed:
        names = ", ".join(f"{v.id} (sev {v.severity})" for v in day.closed[:5])
        more = f" and {len(day.closed) - 5} more" if len(day.closed) > 5 else ""
        parts.append(
            kit.section(f"*Closed since the last digest: {len(day.closed)}*\n{names}{more}")
        )
    if day.overdue:
        late = [
            f"{id} {kit.esc(words, 80)} · {kit.who(owner) if owner else 'no owner'}"
            for id, words, owner in day.overdue[:3]
        ]
        late += [f"… and {len(day.overdue) - 3} more"] if len(day.overdue) > 3 else []
        parts.append(kit.section(kit.join([f"*Overdue follow-ups: {len(day.overdue)}*", *late])))
    parts.append(kit.actions([kit.button("Open the list", "verb:list", " ")]))
    return kit.message(f"Incidents open: {count}", parts)


@dataclass(frozen=True, slots=True)
class Wish:
    """One subscription, as it is shown. `incident` and `dependency` may be empty: all of them."""

    incident: str
    dependency: str
    severity: int
    muted: bool = False


def subscriptions(wishes: Sequence[Wish]) -> kit.Message:
    """What one person is told, each line with a button that ends it."""
    rows: list[kit.Block | None] = []
    for number, wish in enumerate(wishes[:20]):
        about = f"{wish.incident}|{wish.dependency}"
        word = "Unmute" if wish.muted else "Unsubscribe"
        button = kit.button(word, f"subscription.end:{number}", about)
        rows.append({**kit.section(_wish(wish)), "accessory": button})
    head = "*You are told directly of*" if wishes else "*You are subscribed to nothing.*"
    if len(wishes) > 20:
        rows.append(kit.context(f"… and {len(wishes) - 20} more"))
    choose = kit.button("Choose what I am told", "subscription.choose", " ", "primary")
    return kit.message("Your subscriptions", [kit.section(head), *rows, kit.actions([choose])])


def _wish(wish: Wish) -> str:
    if wish.incident:
        return f"{kit.esc(wish.incident, 20)}: muted" if wish.muted else kit.esc(wish.incident, 20)
    what = f"incidents of {kit.esc(wish.dependency, 80)}" if wish.dependency else "every incident"
    worse = "" if wish.severity in (1, 5) else " or worse"
    how = "any severity" if wish.severity == 5 else f"severity {wish.severity}{worse}"
    return f"{what}, {how}"


def _open_row(view: IncidentView) -> str:
    owner = kit.who(view.commander) if view.commander else "no owner"
    since = kit.when(view.started_at, "{date_short_pretty} {time}")
    room = f"<#{view.channel}>" if view.channel else kit.esc(view.title, 60)
    return f"{view.id} sev {view.severity}, {view.status}, {owner}, since {since} {room}"


def _parts(entry: Entry) -> list[kit.Block]:
    found = [(label, str(entry.data.get(name) or "")) for name, label in PARTS]
    return [kit.section(f"*{label}*  {short(text)}") for label, text in found if text]


def _next(data: Mapping[str, object]) -> kit.Block | None:
    said = dict(data)
    if "next_update" not in said:
        return None
    at = cadence.promised(said)
    words = f"at {kit.when(at, '{time}')}" if at else "when something changes"
    return kit.context(f"Next update {words}")
