"""From facts to a draft. Pure: the same facts are the same draft. What is missing is asked for."""

from __future__ import annotations

from incidentbot.postmortem import (
    fold,
    followups,
    lessons,
    measure,
    picture,
    runs,
    spells,
    story,
    words,
)
from incidentbot.postmortem.blocks import (
    Block,
    FollowUps,
    Measures,
    Milestones,
    Paragraph,
    Question,
    Story,
    Table,
    Windows,
)
from incidentbot.postmortem.model import Draft, Facts, Head, Section
from incidentbot.postmortem.people import Cast

SEVERITIES = {1: "critical", 2: "major", 3: "partial", 4: "minor", 5: "cosmetic"}
GLANCE = ("harm", "detect", "mitigate", "vendor_lag")


def compose(facts: Facts) -> Draft:
    """The whole document in reading order."""
    cast = Cast(facts)
    sections = (
        ("summary", "Summary", story.summary(facts, _severity(facts))),
        ("impact", "Impact", _impact(facts)),
        ("times", "Milestones and durations", _times(facts)),
        ("chart", "The incident on one line", (picture.chart(facts),)),
        ("story", "How we found out", story.found_out(facts)),
        ("timeline", "Timeline", _timeline(facts, cast)),
        ("actions", "What we did, and what it changed", _actions(facts, cast)),
        ("factors", "Contributing factors", lessons.factors(facts)),
        ("well", "What went well", lessons.went_well(facts)),
        ("lucky", "Where we were lucky", lessons.lucky(facts)),
        ("follow_ups", "Follow-ups", _follow_ups(facts)),
        ("evidence", "Evidence", _evidence(facts, cast)),
    )
    return Draft(_head(facts, cast), tuple(Section(*section) for section in sections))


def _severity(facts: Facts) -> str:
    return SEVERITIES.get(facts.incident.severity, "unnamed")


def _head(facts: Facts, cast: Cast) -> Head:
    i = facts.incident
    return Head(
        incident_id=i.id,
        title=i.title,
        service=facts.service,
        dependency=i.dependency_title or i.dependency or "",
        severity=i.severity,
        severity_word=_severity(facts),
        status=i.status,
        owner="Who owns this document?",
        as_of=facts.now,
        glance=tuple(measure.find(facts, name) for name in GLANCE),
    )


def _impact(facts: Facts) -> tuple[Block, ...]:
    found = spells.windows(facts)
    blocks: list[Block] = []
    most, known = spells.worst(facts)
    if known:
        share = f"{100 * most / known:.0f} %"
        blocks.append(
            Paragraph(
                f"At worst {most} of {words.count(known, 'check')} ({share}) were down at the same "
                "time. This is the share of checks, not of users or requests.",
                "worked out",
            )
        )
    if found:
        blocks.append(
            Windows(
                found,
                "A window runs from the confirmed change of one check to its next change. Several "
                "windows are kept apart, because one total would hide what worked meanwhile.",
            )
        )
    else:
        blocks.append(Question("No check was seen down. What failed, for whom, from when to when?"))
    asked = (
        "How many users were affected, of how many, and what could they not do?",
        "Was data lost or wrong? Yes, no or not known, and how was that checked?",
    )
    return (*blocks, *(Question(text) for text in asked))


def _times(facts: Facts) -> tuple[Block, ...]:
    asked = tuple(Question(text) for text in measure.disorder(facts))
    return (Milestones(measure.milestones(facts)), Measures(measure.measures(facts)), *asked)


def _timeline(facts: Facts, cast: Cast) -> tuple[Block, ...]:
    rows = fold.moments(facts, cast)
    return (Story(rows),) if rows else (Question("Nothing was recorded. What happened, and when?"),)


def _actions(facts: Facts, cast: Cast) -> tuple[Block, ...]:
    made = runs.runs(facts, cast)
    left = tuple(
        Paragraph(
            f"Not yet back to normal: {runs.text(plan.body, 'asset') or plan.runbook} stands on "
            f"{runs.text(plan.body, 'to')}.",
            "worked out",
        )
        for plan in runs.still_switched(facts)
    )
    asked = Question("What was done outside of runbooks, by which role, and what did it change?")
    if made:
        return (*made, *left, asked)
    return (Paragraph("No runbook was used.", "worked out"), asked)


def _follow_ups(facts: Facts) -> tuple[Block, ...]:
    found = followups.follow_ups(facts)
    asked = Question(
        "Who owns each of these, under which ticket, and what is missing? None is fine."
    )
    return (FollowUps(found), asked) if found else (asked,)


def _evidence(facts: Facts, cast: Cast) -> tuple[Block, ...]:
    blocks: list[Block] = []
    people = cast.table()
    blocks.append(people if people.rows else Question("Who took part, in which role?"))
    seen = story.evidence(facts)
    if seen.rows:
        blocks.append(seen)
    if facts.words:
        said = tuple((f"{words.moment(w.at)}", w.feed, w.state, w.title) for w in facts.words)
        blocks.append(Table("What the vendor said", ("Time (UTC)", "Feed", "State", "Words"), said))
    made = (
        f"Drafted by incidentbot from the timeline up to entry {facts.head_seq}, the check changes "
        f"and the plans of {facts.incident.id}. All times are UTC. Facts are recorded by machines "
        "unless marked “told” (by a person) or “worked out” (from recorded facts)."
    )
    blocks.append(Paragraph(made, "recorded"))
    prints = (
        (f"Timeline up to entry {facts.head_seq}", "head", facts.head_hash or "none"),
        *((f"Plan {p.id}: {runs.title(p)}", p.state, p.hash) for p in facts.plans),
    )
    blocks.append(Table("Fingerprints", ("Of what", "State", "SHA-256"), prints))
    return tuple(blocks)
