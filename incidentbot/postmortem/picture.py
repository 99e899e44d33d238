"""The incident on one line, as values: strips of states, the harm, milestones and actions."""

from __future__ import annotations

from datetime import datetime, timedelta

from incidentbot.postmortem import measure, runs, spells, words
from incidentbot.postmortem.blocks import Band, Chart, Mark, Shade, Strip
from incidentbot.postmortem.model import EntryFact, Facts
from incidentbot.postmortem.spells import until

MOST = 8  # labelled actions; more would be noise
WORDS = {"up": "up", "degraded": "degraded", "down": "down", "unknown": "no news"}
SAYS: dict[str, tuple[Shade, str]] = {
    "operational": ("up", "says all is well"),
    "degraded": ("degraded", "says degraded"),
    "partial_outage": ("degraded", "says partly out"),
    "major_outage": ("down", "says out"),
    "maintenance": ("degraded", "says maintenance"),
    "unknown": ("unknown", "not heard"),
}
EVENTS = {
    "planned": "planned",
    "approved": "approved",
    "refused": "refused",
    "in_doubt": "in doubt",
    "halted": "stopped",
    "failed": "did not succeed",
    "expired": "expired",
    "cancelled": "cancelled",
    "done": "done",
    "offered": "way back offered",
}


def chart(facts: Facts) -> Chart:
    """From a little before the start to the end of the incident, or to the last known moment."""
    start, end = _bounds(facts)
    marks = tuple(
        Mark(m.at, m.name) for m in measure.milestones(facts) if m.at and start <= m.at <= end
    )
    strips = tuple(
        Strip(check.name, bands)
        for check in spells.checks(facts)
        if (bands := _bands(facts, check.name, start, end))
    )
    acts = [
        mark for entry in facts.entries if (mark := _act(facts, entry)) and start <= mark.at <= end
    ]
    shown = sorted(sorted(acts, key=_weight)[:MOST], key=lambda mark: mark.at)
    return Chart(
        start=start,
        end=end,
        strips=(*strips, *_vendor(facts, start, end)),
        harm=spells.harm(facts),
        milestones=tuple(sorted(marks, key=lambda mark: mark.at)),
        actions=tuple(shown),
        text=_text(facts),
        left_out=len(acts) - len(shown),
    )


def _bounds(facts: Facts) -> tuple[datetime, datetime]:
    i = facts.incident
    known = [m.at for m in measure.milestones(facts) if m.at is not None]
    failing = [w.start for w in spells.windows(facts) if w.state == "down"]
    first = min([*known, *failing])
    last = max([i.detected_at, i.resolved_at or facts.now])
    pad = max((last - first) * 0.04, timedelta(seconds=2))
    return max(facts.since, first - pad) if facts.since < first else first - pad, last


def _bands(facts: Facts, check: str, start: datetime, end: datetime) -> tuple[Band, ...]:
    return tuple(
        Band(max(spell.start, start), min(spell.end, end), spell.state, WORDS[spell.state])
        for spell in spells.spells(facts, check)
        if spell.end > start and spell.start < end
    )


def _vendor(facts: Facts, start: datetime, end: datetime) -> tuple[Strip, ...]:
    strips = []
    for feed in dict.fromkeys((*facts.incident.feeds, *(word.feed for word in facts.words))):
        said = [word for word in facts.words if word.feed == feed and word.at < end]
        edges = [start, *(max(word.at, start) for word in said), end]
        shades = [("unknown", "not heard"), *(_says(word.state) for word in said)]
        bands = tuple(
            Band(a, b, shade, word)
            for (shade, word), a, b in zip(shades, edges, edges[1:], strict=False)
            if b > a
        )
        strips.append(Strip(f"{feed} (vendor)", _merged(bands), vendor=True))
    return tuple(strips)


def _merged(bands: tuple[Band, ...]) -> tuple[Band, ...]:
    merged: list[Band] = []
    for band in bands:
        if merged and (merged[-1].shade, merged[-1].word) == (band.shade, band.word):
            merged[-1] = Band(merged[-1].start, band.end, band.shade, band.word)
        else:
            merged.append(band)
    return tuple(merged)


def _says(state: str) -> tuple[Shade, str]:
    return SAYS.get(state, ("unknown", f"says {state}"))


def _act(facts: Facts, entry: EntryFact) -> Mark | None:
    if entry.kind == "runbook" and entry.data.get("event") in EVENTS:
        plan = next((p for p in facts.plans if p.id == entry.data.get("plan_id")), None)
        name = runs.title(plan) if plan else str(entry.data.get("title") or "Runbook")
        return Mark(entry.at, f"{EVENTS[str(entry.data['event'])].capitalize()}: {name}", "runbook")
    if entry.kind == "update":
        return Mark(entry.at, "Update posted", "other")
    if entry.kind == "severity":
        return Mark(entry.at, f"Severity {entry.data.get('to', 'changed')}", "other")
    if entry.kind == "role":
        what = "named" if entry.data.get("person") else "given up"
        return Mark(
            entry.at, f"{str(entry.data.get('role', 'Role')).capitalize()} {what}", "person"
        )
    if entry.kind == "page" and entry.data.get("event", "asked") == "asked":
        return Mark(entry.at, "Paged", "person")
    return None


def _weight(mark: Mark) -> int:
    heavy = mark.shape == "runbook" and not mark.label.startswith(("Planned", "Way back"))
    return 0 if heavy else 1 if mark.shape == "runbook" else 2 if mark.shape == "person" else 3


def _text(facts: Facts) -> str:
    start, down = facts.incident.started_at, []
    for window in spells.windows(facts):
        if window.state == "down":
            ends = (
                "still so at the end"
                if window.end is None
                else f"to {words.when(window.end, start)}"
            )
            down.append(f"{window.what} from {words.when(window.start, start)} {ends}")
    states = f"Down: {'; '.join(down)}." if down else "No check was seen down."
    known = [
        f"{m.name.lower()} {words.when(m.at, start)}"
        for m in measure.milestones(facts)
        if m.at is not None
    ]
    span = f"From {words.moment(facts.incident.started_at)} to {words.moment(until(facts))} UTC."
    return f"{span} {states} Milestones: {', '.join(known)}."
