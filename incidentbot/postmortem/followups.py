"""Follow-ups that the facts themselves suggest: a verb, a visible end, and the reason."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, timedelta

from incidentbot.postmortem import measure, runs, words
from incidentbot.postmortem.blocks import FollowUp
from incidentbot.postmortem.model import Facts
from incidentbot.postmortem.runs import part, text

DUE = {1: 15, 2: 30, 3: 60}  # days after the end, by severity; none for smaller ones
ANSWER = 300  # seconds from detected to acknowledged that need no follow-up
SEEN = 60  # seconds from started to detected that need no follow-up
SILENCE = 1800  # seconds without an update that stakeholders may be left with


def follow_ups(facts: Facts) -> tuple[FollowUp, ...]:
    """What people said they will do, then proposals. None is an acceptable answer."""
    rules = (
        _agreed,
        _switched,
        _stopped,
        _warned,
        _answered,
        _seen,
        _vendor,
        _runbook,
        _path,
        _updates,
    )
    return tuple(found for rule in rules for found in rule(facts))


def due(facts: Facts) -> date | None:
    """The proposed day: 15, 30 or 60 days after the end by severity."""
    days = DUE.get(facts.incident.severity)
    end = facts.incident.resolved_at or facts.incident.mitigated_at
    return None if days is None or end is None else (end + timedelta(days=days)).date()


def _agreed(facts: Facts) -> Iterator[FollowUp]:
    """The action items that people made, with whom they are for."""
    for item in facts.actions:
        made = f"{_name(facts, item.created_by)} made it {item.id}"
        owner = f"; {_name(facts, item.owner)} does it." if item.owner else "; nobody has it yet."
        done = f"{item.id} is marked done"
        if item.state == "done" and item.closed_at:
            done = f"{item.id} was marked done on {item.closed_at:%Y-%m-%d}"
        by = item.due_at.date() if item.due_at else None
        yield FollowUp("process", words.sentence(item.text), done, made + owner, by)


def _name(facts: Facts, person: str) -> str:
    return facts.people.get(person, person)


def _switched(facts: Facts) -> Iterator[FollowUp]:
    for plan in runs.still_switched(facts):
        asset, now = text(plan.body, "asset") or plan.runbook, text(plan.body, "to")
        before = text(plan.body, "from")
        yield FollowUp(
            "mitigate",
            f"Return {asset} from {now} to {before or 'its usual place'}.",
            f"the way back is run and verified, or {now} is written down as the new normal",
            f"{asset} still stood on {now} when this was written.",
            due(facts),
        )


def _stopped(facts: Facts) -> Iterator[FollowUp]:
    for plan in facts.plans:
        if plan.state in runs.STOPPED:
            yield FollowUp(
                "mitigate",
                f"Rework the runbook “{runs.title(plan)}” at the step where it stopped.",
                "a rehearsal runs it from start to end",
                f"Plan {plan.id} ended as {plan.state.replace('_', ' ')}"
                + (f": {words.sentence(plan.outcome)}" if plan.outcome else "."),
                due(facts),
            )
        elif plan.state == "expired":
            yield FollowUp(
                "process",
                f"Shorten the way to a second person for “{runs.title(plan)}”.",
                "a drill gets its approval before the plan expires",
                f"Plan {plan.id} expired before it was approved.",
                due(facts),
            )


def _warned(facts: Facts) -> Iterator[FollowUp]:
    for plan in runs.done(facts):
        for guard in plan.body.get("guards") or ():
            if text(guard, "verdict") == "warn":
                yield FollowUp(
                    "prevent",
                    f"Remove the cause of the warning “{text(guard, 'name')}”.",
                    "the next rehearsal's plan shows no such warning",
                    f"Plan {plan.id} ran with it: {words.sentence(text(guard, 'words'))}",
                    due(facts),
                )
        if part(plan.body, "plane").get("depends_on_failing_region"):
            yield FollowUp(
                "prevent",
                f"Move the switch behind “{runs.title(plan)}” out of the region it leaves.",
                "the plan says that its call does not depend on that region",
                f"Plan {plan.id} went through the region that was failing.",
                due(facts),
            )


def _answered(facts: Facts) -> Iterator[FollowUp]:
    taken = measure.find(facts, "acknowledge")
    if taken.seconds is None:
        because = "Nobody acknowledged the incident in the record."
    elif taken.seconds > ANSWER:
        because = f"It took {taken.words} from detected to acknowledged."
    else:
        return
    yield FollowUp(
        "process",
        "Name a second person who is called when the first does not answer.",
        f"a drill is acknowledged within {words.duration(ANSWER)}",
        because,
        due(facts),
    )


def _seen(facts: Facts) -> Iterator[FollowUp]:
    taken = measure.find(facts, "detect")
    if taken.seconds is not None and taken.seconds > SEEN:
        yield FollowUp(
            "detect",
            f"Tighten the checks of {_dependency(facts)} so that this failure shows sooner.",
            f"a drill with the same failure is detected within {words.duration(SEEN)}",
            f"It took {taken.words} from started to detected.",
            due(facts),
        )


def _vendor(facts: Facts) -> Iterator[FollowUp]:
    lag = measure.find(facts, "vendor_lag")
    name = facts.incident.vendor
    vendor = f"the vendor ({name})" if name else "the vendor"
    if not facts.incident.feeds and facts.incident.dependency:
        yield FollowUp(
            "detect",
            f"Watch a status feed that covers {_dependency(facts)}.",
            "its words show in the next incident's first card",
            "No vendor feed is configured, so the vendor's view is missing here.",
            due(facts),
        )
    elif facts.incident.feeds and (lag.seconds is None or lag.seconds > ANSWER):
        because = "The vendor had not reported when this was written."
        if lag.seconds is not None:
            because = f"The vendor reported {lag.words} after our checks did."
        yield FollowUp(
            "process",
            f"Send {vendor} the times of our checks and ask what its status page waits for.",
            "the answer, or its absence after two weeks, is linked here",
            because,
            due(facts),
        )


def _runbook(facts: Facts) -> Iterator[FollowUp]:
    if not runs.done(facts):
        yield FollowUp(
            "mitigate",
            f"Write a runbook for the case that {_dependency(facts)} is down.",
            "a rehearsal follows it from start to end",
            "No runbook ran to its end in this incident.",
            due(facts),
        )


def _path(facts: Facts) -> Iterator[FollowUp]:
    if facts.incident.dependency and not any(check.users_path for check in facts.checks):
        yield FollowUp(
            "detect",
            f"Add a check of {_dependency(facts)} that takes the way users take.",
            "the next draft measures how long users were affected",
            "No check takes that way, so the harm to users was not measured.",
            due(facts),
        )


def _updates(facts: Facts) -> Iterator[FollowUp]:
    end = facts.incident.mitigated_at or facts.incident.resolved_at or facts.now
    told = sorted(e.at for e in facts.entries if e.kind == "update" and e.at <= end)
    marks = [facts.incident.detected_at, *told, end]
    gap = max((b - a).total_seconds() for a, b in itertools.pairwise(marks))
    if facts.incident.severity <= 2 and gap > SILENCE:
        yield FollowUp(
            "process",
            f"Post an update at least every {words.duration(SILENCE)} while users are affected.",
            "the next draft shows no longer gap",
            f"Stakeholders heard nothing for {words.duration(gap)}.",
            due(facts),
        )


def _dependency(facts: Facts) -> str:
    return facts.incident.dependency_title or facts.incident.dependency or "this dependency"
