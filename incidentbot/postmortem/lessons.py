"""What helped, what was luck, and the questions about conditions. Never a cause of our making."""

from __future__ import annotations

from collections.abc import Iterator

from incidentbot.postmortem import measure, runs, words
from incidentbot.postmortem.blocks import Block, Paragraph, Point, Points, Question
from incidentbot.postmortem.followups import ANSWER, SEEN
from incidentbot.postmortem.model import Facts
from incidentbot.postmortem.runs import text


def factors(facts: Facts) -> tuple[Block, ...]:
    """Recorded candidates, then questions about the system and what people could see."""
    i = facts.incident
    dependency = i.dependency_title or i.dependency or "the part that failed"
    vendor = f"the vendor ({i.vendor})" if i.vendor else "the vendor"
    said = [word for word in facts.words if word.title]
    blocks: list[Block] = []
    if said:
        quoted = list(dict.fromkeys(f"“{word.title}” ({word.feed})" for word in said))
        blocks.append(
            Paragraph(f"In its own words so far, {vendor} says: {words.listed(quoted)}.", "told")
        )
    asked = [
        f"What set it off? What does {vendor} say happened just before "
        f"{words.clock(i.started_at)} UTC?"
        if i.vendor
        else f"What happened just before {words.clock(i.started_at)} UTC?",
        f"What made users depend on {dependency} alone, and since when is that so?",
        "Which limits, time-outs, caches or copies made the harm smaller or larger?",
        "What could people see at each moment, and what did it make them expect?",
        "What other options did you see, and what spoke for the one you chose?",
        "What surprised you? What should others know?",
    ]
    return (*blocks, *(Question(text) for text in asked))


def went_well(facts: Facts) -> tuple[Block, ...]:
    found = tuple(Point(text, "worked out") for text in _helped(facts))
    asked = Question("What else helped, that no machine can see?")
    return (Points(found), asked) if found else (asked,)


def lucky(facts: Facts) -> tuple[Block, ...]:
    """Luck is for people to name; the facts offer what went ahead in spite of a warning."""
    found = []
    for plan in runs.done(facts):
        warned = [g for g in plan.body.get("guards") or () if text(g, "verdict") == "warn"]
        for guard in warned:
            said = words.sentence(text(guard, "words") or text(guard, "name"))
            found.append(
                Point(f"Plan {plan.id} went well in spite of a warning: {said}", "worked out")
            )
        for unknown in plan.body.get("unknown") or ():
            said = words.sentence(str(unknown))
            found.append(
                Point(f"Plan {plan.id} went well with something unknown: {said}", "worked out")
            )
    asked = Question(
        "Which two or three conditions, had they met otherwise, would have made it worse?"
    )
    return (Points(tuple(found)), asked) if found else (asked,)


def _helped(facts: Facts) -> Iterator[str]:
    seen = measure.find(facts, "detect")
    if (
        facts.incident.opened_by == measure.BOT
        and seen.seconds is not None
        and seen.seconds <= SEEN
    ):
        yield f"Our own checks saw it {seen.words} after it started; nobody had to report it."
    lag = measure.find(facts, "vendor_lag")
    if lag.seconds is not None and lag.seconds > 0:
        yield f"We knew {lag.words} before the vendor's status feed reported it."
    taken = measure.find(facts, "acknowledge")
    if taken.seconds is not None and taken.seconds <= ANSWER:
        yield f"A person had taken it {taken.words} after it was detected."
    for plan in runs.done(facts):
        second = any(a.person != plan.created_by for a in plan.approvals)
        agreed = ", a second person had approved exactly that plan" if second else ""
        once = plan.attempts and all(step.writes == 1 for step in plan.attempts)
        written = ", and each write was sent once" if once else ""
        yield f"“{runs.title(plan)}” ran to its end{agreed}{written}."
