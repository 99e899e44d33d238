"""The Home tab of one person: what is open, what is theirs, what the site hangs on. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidentbot.slack.blocks import kit
from incidentbot.slack.blocks.card import MARK
from incidentbot.slack.blocks.writing import ItemLine, item_buttons, item_words

MOST = 10  # incidents, and action items, that have a block of their own
PER_BLOCK = 8  # lines of dependencies and assets in one block
LINES = 80
STATES = {"up": "✓", "down": "✗", "degraded": "△", "operational": "✓", "ready": "✓",
          "not_ready": "✗"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """`commander` is a person's id or empty, `channel` the channel's id or empty. `marks`: what
    it must not be mistaken for ("TEST · ")."""

    id: str
    title: str
    severity: int
    status: str
    since: datetime
    channel: str
    commander: str
    marks: str = ""


@dataclass(frozen=True, slots=True)
class StateLine:
    """A dependency, or the backup of an asset: how it is, since when (or when that was proven)."""

    title: str
    state: str
    reason: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HomeView:
    """`refused`: who may look, for somebody who may not. `more`: open incidents not in the list."""

    command: str
    refused: str = ""
    incidents: Sequence[OpenIncident] = ()
    more: int = 0
    roles: Sequence[tuple[str, str, str]] = ()  # role, incident, title
    items: Sequence[ItemLine] = ()
    dependencies: Sequence[StateLine] = ()
    assets: Sequence[StateLine] = ()
    buttons: Sequence[tuple[str, str]] = (("declare", "Declare an incident"), ("help", "Help"))


def home(view: HomeView) -> dict[str, Any]:
    """The view for `views.publish`. Its private_metadata names no channel: answers go direct."""
    blocks = _refused(view) if view.refused else _all(view)
    return {
        "type": "home",
        "callback_id": "home",
        "private_metadata": "|",
        "blocks": [block for block in blocks if block][:100],
    }


def _refused(view: HomeView) -> list[kit.Block]:
    who = kit.esc(view.refused, 500)
    return [kit.section(f"*Nothing to see here yet.*\nLooking at incidents is granted to: {who}.")]


def _all(view: HomeView) -> list[kit.Block]:
    buttons = [
        kit.button(label, f"verb:{name}", " ", "primary" if name == "declare" else None)
        for name, label in view.buttons
    ]
    return [
        kit.actions(buttons),
        *_incidents(view),
        *_mine(view),
        *_states("What the site hangs on", view.dependencies, "since", "Nothing is watched yet."),
        *_states("Can it be served from elsewhere?", view.assets, "proven"),
    ]


def _incidents(view: HomeView) -> list[kit.Block]:
    blocks = [kit.header("Open incidents")]
    if not view.incidents:
        return [*blocks, kit.section("None. All is quiet, as far as anybody has said.")]
    for one in view.incidents[:MOST]:
        blocks.append(_incident(one))
    more = view.more + max(0, len(view.incidents) - MOST)
    if more:
        blocks.append(kit.context(f"… and {more} more: `{view.command} list`"))
    return blocks


def _incident(one: OpenIncident) -> kit.Block:
    room = f" · <#{one.channel}>" if one.channel else ""
    who = f"commander {kit.who(one.commander)}" if one.commander else "no commander"
    since = kit.when(one.since, "{date_short_pretty} {time}")
    block = kit.section(
        f"{MARK.get(one.status, '')} {one.marks}*{one.id}* sev {one.severity}, {one.status}: "
        f"{kit.esc(one.title, 200)}\nsince {since} · {who}{room}"
    )
    if one.commander:
        return block
    take = kit.button("Take command", f"incident.command:{one.id}", one.id)
    return block | {"accessory": take}


def _mine(view: HomeView) -> list[kit.Block]:
    blocks = [kit.header("Yours")]
    if not view.roles and not view.items:
        return [*blocks, kit.section("No role and no action item: you are free.")]
    if view.roles:
        rows = [f"• {kit.esc(role, 40)} of *{kit.esc(id, 20)}*, {kit.esc(title, 150)}"
                for role, id, title in view.roles]  # fmt: skip
        blocks.append(kit.section(kit.join(rows)))
    for item in view.items[:MOST]:
        where = f"{item_words(item)} · {kit.esc(item.incident_id, 20)}"
        blocks += [kit.section(where), kit.actions(item_buttons(item, "home"))]
    if len(view.items) > MOST:
        left = len(view.items) - MOST
        blocks.append(kit.context(f"… and {left} more: `{view.command} actions mine`"))
    return blocks


def _states(heading: str, lines: Sequence[StateLine], at: str, empty: str = "") -> list[kit.Block]:
    if not lines and not empty:
        return []
    if not lines:
        return [kit.header(heading), kit.section(empty)]
    rows = [_state(line, at) for line in lines[:LINES]]
    if len(lines) > LINES:
        rows.append(f"… and {len(lines) - LINES} more")
    parts = [rows[n : n + PER_BLOCK] for n in range(0, len(rows), PER_BLOCK)]
    return [kit.header(heading), *(kit.section(kit.join(part)) for part in parts)]


def _state(line: StateLine, word: str) -> str:
    mark = STATES.get(line.state, "?")
    reason = f": {kit.esc(line.reason, 150)}" if line.reason else ""
    at = f" · {word} {kit.when(line.at, '{date_short_pretty} {time}')}" if line.at else ""
    state = kit.esc(line.state.replace("_", " "), 40)
    return f"{mark} {kit.esc(line.title, 100)} is {state}{reason}{at}"
