"""An incident's timeline for one reader, page by page, and the form that narrows it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from incidentbot.slack.blocks import forms, kit
from incidentbot.slack.blocks.forms import View
from incidentbot.timeline import KINDS, Entry

PAGE = 20
LATE = 90  # seconds after which it is said when something was written down
SINCE = (("1", "the last hour"), ("6", "the last 6 hours"), ("24", "the last day"),
         ("168", "the last week"))  # fmt: skip
WORDS = {
    "signal": "checks",
    "verdict": "verdicts",
    "vendor": "what the vendor said",
    "message": "kept messages",
    "role": "roles",
    "severity": "severity",
    "state": "state",
    "runbook": "runbooks",
    "note": "notes, action items, links",
    "update": "updates",
    "page": "who was asked to come",
    "external": "what was made outside",
    "document": "documents",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What part of the story is asked for; `since` in seconds since 1970, 0 for all of it.

    `start` is the first line of the page; below 0, the newest page.
    """

    incident_id: str
    kinds: tuple[str, ...] = ()
    who: str = ""
    since: int = 0
    start: int = -1

    def packed(self, start: int) -> str:
        """As a button carries it."""
        kinds = ",".join(self.kinds)
        return f"{self.incident_id}|{kinds}|{self.who}|{self.since}|{start}"


def unpacked(value: str) -> Asked | None:
    """What `packed` wrote; None for anything else."""
    parts = value.split("|")
    if len(parts) != 5 or not parts[3].isdecimal() or not parts[4].lstrip("-").isdecimal():
        return None
    kinds = tuple(kind for kind in parts[1].split(",") if kind in KINDS)
    return Asked(parts[0], kinds, parts[2], int(parts[3]), int(parts[4]))


def chosen(asked: Asked, entries: Sequence[Entry]) -> list[Entry]:
    """Those of the entries that are asked for."""
    return [
        entry
        for entry in entries
        if (not asked.kinds or entry.kind in asked.kinds)
        and (not asked.who or asked.who in (entry.actor, entry.data.get("by")))
        and entry.at.timestamp() >= asked.since
    ]


def page(asked: Asked, entries: Sequence[Entry]) -> kit.Message:
    """A page of `entries`, all that fit, in the order of the story."""
    total = len(entries)
    newest = max(0, total - PAGE)
    start = newest if asked.start < 0 else min(asked.start, newest)
    shown = entries[start : start + PAGE]
    head = f"*Timeline of {asked.incident_id}*"
    if total > len(shown):
        head += f" ({start + 1} to {start + len(shown)} of {total})"
    narrowed = replace(asked, start=-1) != Asked(asked.incident_id)
    lines = [line(entry) for entry in shown] or ["Nothing in it is like that."]
    blocks = [kit.section(head + (", filtered" if narrowed else ""))]
    blocks += [kit.section(kit.join(lines[n : n + 8])) for n in range(0, len(lines), 8)]
    return kit.message(
        f"Timeline of {asked.incident_id}", [*blocks, kit.actions(_buttons(asked, start, total))]
    )


def line(entry: Entry) -> str:
    """One entry: when, what, and when it was learned if that was later."""
    text = kit.esc(" ".join(entry.text.split()), 240)
    if entry.kind == "message" and entry.data.get("event") == "kept":
        text = f"{kit.esc(entry.data.get('name', ''), 60)} said: {text}"
    link = str(entry.data.get("link") or "")
    text += f" · {kit.link(link, 'message')}" if link.startswith("http") else ""
    return f"{kit.when(entry.at)}  {text}{late(entry)}"


def late(entry: Entry) -> str:
    """When a fact was written down, if that was much later than it happened."""
    if entry.kind == "message" or (entry.recorded_at - entry.at).total_seconds() <= LATE:
        return ""
    return f" (written down {kit.when(entry.recorded_at, '{date_short_pretty} {time}')})"


def filter_form(asked: Asked, channel: str) -> View:
    """Submitted as `timeline.filter`."""
    return forms.form(
        "timeline.filter",
        f"Timeline of {asked.incident_id}",
        "Show",
        [
            forms.choices(
                "kinds", "What", [(k, WORDS.get(k, k)) for k in KINDS], initial=asked.kinds
            ),
            forms.person("who", "By whom", initial=asked.who, optional=True),
            forms.choice("since", "Since", SINCE, optional=True, hint="the beginning"),
        ],
        about=asked.incident_id,
        channel=channel,
    )


def _buttons(asked: Asked, start: int, total: int) -> list[kit.Block]:
    made = []
    if start > 0:
        older = asked.packed(max(0, start - PAGE))
        made.append(kit.button("Older", "timeline.page:older", older))
    if start + PAGE < total:
        newer = asked.packed(start + PAGE)
        made.append(kit.button("Newer", "timeline.page:newer", newer))
    made.append(kit.button("Filter", "timeline.narrow", asked.packed(-1)))
    return made
