"""Milestones and durations, each with its meaning: the same word means many things elsewhere."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime

from incidentbot.postmortem import spells, words
from incidentbot.postmortem.blocks import Basis, Measure, Milestone
from incidentbot.postmortem.model import Facts

BOT = "incidentbot"


def milestones(facts: Facts) -> tuple[Milestone, ...]:
    """All of them by time; an unknown one stands at the end and asks for its time."""
    known = (m if m.at is None else replace(m, missing="") for m in _usual(facts))
    return tuple(sorted(known, key=lambda m: (m.at is None, m.at or facts.now)))


def _usual(facts: Facts) -> tuple[Milestone, ...]:
    i = facts.incident
    by_bot: Basis = "recorded" if i.opened_by == BOT else "told"
    return (
        Milestone(
            "started",
            "Started",
            i.started_at,
            "the first failed check of those that opened the incident"
            if by_bot == "recorded"
            else "when the trouble began, as declared",
            by_bot,
        ),
        Milestone(
            "detected",
            "Detected",
            i.detected_at,
            "our checks agreed that it is down" if by_bot == "recorded" else "a person declared it",
            by_bot,
        ),
        Milestone(
            "acknowledged",
            "Acknowledged",
            i.acknowledged_at,
            "a person took it",
            "recorded",
            "Nobody acknowledged it in the record. Who was on it, and from when?",
        ),
        Milestone(
            "vendor_reported",
            "Vendor reported",
            i.vendor_reported_at,
            "the vendor's own status feed named it for the first time",
            "recorded",
            "The vendor had not reported it when this was written.",
        ),
        Milestone(
            "mitigated",
            "Mitigated",
            i.mitigated_at,
            "the harm was over; the cause may remain",
            "recorded",
            "When was the harm over? No mitigation is recorded.",
        ),
        Milestone(
            "resolved",
            "Resolved",
            i.resolved_at,
            "a person closed it: it works in its usual way",
            "recorded",
            "It was not resolved when this was written.",
        ),
    )


def measures(facts: Facts) -> tuple[Measure, ...]:
    """The durations. `seconds` is None, and the words say so, where an end is not known."""
    i = facts.incident
    return (
        _harm(facts),
        _between("detect", "Time to detect", i.started_at, i.detected_at, "started to detected"),
        _between(
            "acknowledge",
            "Time to acknowledge",
            i.detected_at,
            i.acknowledged_at,
            "detected to acknowledged",
        ),
        _between(
            "mitigate",
            "Time to mitigate",
            i.started_at,
            i.mitigated_at,
            "started to mitigated",
        ),
        _between("resolve", "Time to resolve", i.started_at, i.resolved_at, "started to resolved"),
        _vendor(facts),
    )


def find(facts: Facts, name: str) -> Measure:
    return next(measure for measure in measures(facts) if measure.id == name)


def seconds(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else (end - start).total_seconds()


def disorder(facts: Facts) -> list[str]:
    """Questions about milestones that stand in an order that cannot be."""
    known = [m for m in _usual(facts) if m.at is not None and m.id != "vendor_reported"]
    found = []
    for earlier, later in itertools.pairwise(known):
        if earlier.at is not None and later.at is not None and later.at < earlier.at:
            found.append(
                f"{later.name} ({words.clock(later.at)}) stands before {earlier.name.lower()} "
                f"({words.clock(earlier.at)}). Which of the two times is right?"
            )
    return found


def _between(
    name: str, title: str, start: datetime, end: datetime | None, definition: str
) -> Measure:
    length = seconds(start, end)
    if length is None:
        return Measure(name, title, None, "not known", definition)
    said = words.duration(length) if length >= 0 else "not known: the two times are out of order"
    return Measure(name, title, length if length >= 0 else None, said, definition)


def _harm(facts: Facts) -> Measure:
    length = spells.harm_seconds(facts)
    definition = "time in which a check on the path users take was down"
    if length is None:
        return Measure("harm", "Users affected for", None, "not measured", definition)
    lasts = any(w.users_path and w.state == "down" and w.end is None for w in spells.windows(facts))
    said = words.duration(length) if length else "no such time seen"
    return Measure(
        "harm", "Users affected for", length, f"{said} so far" if lasts else said, definition
    )


def _vendor(facts: Facts) -> Measure:
    i = facts.incident
    title, definition = "Ahead of the vendor", "detected to the vendor's first report"
    if not i.feeds and i.vendor_reported_at is None:
        return Measure("vendor_lag", title, None, "no vendor feed is watched", definition)
    lag = seconds(i.detected_at, i.vendor_reported_at)
    if lag is None:
        return Measure(
            "vendor_lag",
            title,
            None,
            "the vendor had not reported when this was written",
            definition,
        )
    if lag >= 0:
        return Measure("vendor_lag", title, lag, words.duration(lag), definition)
    return Measure(
        "vendor_lag", title, lag, f"the vendor was {words.duration(-lag)} earlier", definition
    )
