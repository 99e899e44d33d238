"""The paragraphs: the summary, how we found out, and what the first look showed."""

from __future__ import annotations

from incidentbot.postmortem import measure, runs, spells, words
from incidentbot.postmortem.blocks import Block, Paragraph, Question, Table
from incidentbot.postmortem.model import EntryFact, Facts
from incidentbot.postmortem.people import BOT


def summary(facts: Facts, severity: str) -> tuple[Block, ...]:
    """At most about 120 words of our own; the last update is quoted as told."""
    i = facts.incident
    where = (
        f" It depends on {i.dependency_title}."
        if i.dependency_title and i.dependency_title not in i.title
        else ""
    )
    parts = [
        f"{words.sentence(i.title)} Severity {i.severity} ({severity}), {i.status} when this was "
        f"written.{where}",
        _harm(facts),
        _seen(facts),
        *(_ran(facts)),
        _ended(facts),
    ]
    blocks: list[Block] = [Paragraph(" ".join(part for part in parts if part))]
    if i.summary:
        blocks.append(
            Paragraph(f"Last update to stakeholders: “{words.sentence(i.summary)}”", "told")
        )
    blocks.append(Question("What could users not do, in one sentence a user would use?"))
    return tuple(blocks)


def found_out(facts: Facts) -> tuple[Block, ...]:
    """Who saw it first, and by how much; what the evidence was."""
    i = facts.incident
    lag = measure.find(facts, "vendor_lag")
    blocks: list[Block] = [Paragraph(f"{_first(facts)} {_lag(facts)}".strip(), "worked out")]
    opening = _opening(facts)
    if opening is not None and opening.text:
        blocks.append(Paragraph(f"The first record says: “{words.sentence(opening.text)}”"))
    if i.acknowledged_at is not None:
        taken = measure.find(facts, "acknowledge")
        blocks.append(Paragraph(f"A person acknowledged it {taken.words} after it was detected."))
    if i.vendor_reported_at is not None and (lag.seconds or 0) < 0 and i.opened_by == BOT:
        blocks.append(Question("The vendor knew before our checks did. What did they not look at?"))
    if i.opened_by != BOT:
        blocks.append(Question("What did the person see, and what would have let a check see it?"))
    blocks.append(
        Question("What did people look at first, and how could they tell what was wrong?")
    )
    return tuple(blocks)


def evidence(facts: Facts) -> Table:
    """Check by check, as it stood when the incident was opened."""
    opening = _opening(facts)
    rows: list[tuple[str, ...]] = []
    for row in (opening.data.get("evidence") or ()) if opening else ():
        if isinstance(row, dict):
            latency = row.get("latency_ms")
            took = f"{float(latency):.0f}" if isinstance(latency, int | float) else ""
            said = runs.text(row, "detail") or runs.text(row, "reason")
            rows.append((runs.text(row, "check"), runs.text(row, "state"), said, took))
    columns = ("Check", "State", "Reason", "Took (ms)")
    return Table("What the checks said when it was opened", columns, tuple(rows))


def _opening(facts: Facts) -> EntryFact | None:
    opened = (e for e in facts.entries if e.kind == "state" and e.data.get("status") == "open")
    found = next(opened, None)
    if found is not None and found.data.get("evidence"):
        return found
    verdicts = (e for e in facts.entries if e.kind == "verdict" and e.data.get("evidence"))
    return next(verdicts, found)


def _harm(facts: Facts) -> str:
    down = [w for w in spells.windows(facts) if w.users_path and w.state == "down"]
    length = spells.harm_seconds(facts)
    if not down or not length:
        return ""
    names = words.listed(list(dict.fromkeys(w.what for w in down)))
    lasts = any(w.end is None for w in down)
    total = "so far" if lasts else "in all"
    day, first = words.day(down[0].start), words.clock(min(w.start for w in down))
    ends = [w.end for w in down if w.end is not None]
    until = (
        "and was still down when this was written" if lasts else f"until {words.clock(max(ends))}"
    )
    return (
        f"On {day} {names}, on the path users take, was down from {first} UTC {until}: "
        f"{words.duration(length)} {total}."
    )


def _seen(facts: Facts) -> str:
    seen = measure.find(facts, "detect")
    who = "Our checks" if facts.incident.opened_by == BOT else "A person"
    verb = "detected" if facts.incident.opened_by == BOT else "declared"
    said = f"{who} {verb} it {seen.words} after it started." if seen.seconds is not None else ""
    return f"{said} {_lag(facts)}".strip()


def _lag(facts: Facts) -> str:
    lag = measure.find(facts, "vendor_lag")
    vendor = "The vendor's status feed"
    if lag.seconds is None:
        watched = facts.incident.feeds
        return f"{vendor} had not reported it when this was written." if watched else ""
    if lag.seconds < 0:
        return f"{vendor} reported it {words.duration(-lag.seconds)} before it was detected here."
    return f"{vendor} reported it {lag.words} later."


def _ran(facts: Facts) -> list[str]:
    return [
        f"“{runs.title(plan)}” was done at {words.clock(plan.ended_at or plan.created_at)} UTC."
        for plan in runs.done(facts)[:3]
    ]


def _ended(facts: Facts) -> str:
    i = facts.incident
    parts = []
    if i.mitigated_at is not None:
        parts.append(
            f"mitigated after {words.duration((i.mitigated_at - i.started_at).total_seconds())}"
        )
    if i.resolved_at is not None:
        parts.append(
            f"resolved after {words.duration((i.resolved_at - i.started_at).total_seconds())}"
        )
    return (
        f"It was {words.listed(parts)}, both counted from its start."
        if len(parts) == 2
        else (f"It was {parts[0]}, counted from its start." if parts else "")
    )


def _first(facts: Facts) -> str:
    i = facts.incident
    failing = [w for w in spells.windows(facts) if w.state == "down"]
    lead = ""
    if failing:
        first = min(failing, key=lambda window: window.start)
        why = f" ({first.reason})" if first.reason else ""
        lead = f" The first check to fail was {first.what}{why}, at {words.clock(first.start)} UTC."
    if i.opened_by == BOT:
        return f"Our own checks saw it first.{lead}"
    if failing and min(w.start for w in failing) < i.detected_at:
        return f"A person declared it; a check had failed before that.{lead}"
    return f"A person saw it first and declared it.{lead}"
