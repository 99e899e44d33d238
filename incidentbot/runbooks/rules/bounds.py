"""How much may change, of what, and how often. Pure."""

from datetime import timedelta

from incidentbot.incidents.lifecycle import words
from incidentbot.runbooks import diff
from incidentbot.runbooks.rules.facts import Facts, Said, Write

WHOLE = 100
SHOWN = 3


def opt_in(facts: Facts) -> Said:
    """Targets must be listed: in the configuration, and by a tag of their own where the policy
    names one."""
    if not facts.tag:
        return "pass", "The configuration lists the target"
    if facts.tagged is None:
        if not facts.looked:
            return "pass", f"The tag {facts.tag} is read when the plan is made"
        return "refuse", f"Whether the target carries the tag {facts.tag} could not be read."
    if not facts.tagged:
        return "refuse", f"The target does not carry the tag {facts.tag} (policy.tag)."
    return "pass", f"The target carries the tag {facts.tag}"


def diff_allow_list(facts: Facts) -> Said:
    for write in facts.writes:
        others = diff.outside(write.fields, write.may_change)
        if others:
            shown = ", ".join(others[:SHOWN])
            return "refuse", f"Step {write.number} would also change {shown}."
    return "pass", "Only fields that the action names change"


def targets_per_plan(facts: Facts) -> Said:
    many, most = len({write.target for write in facts.writes}), facts.limits.targets
    if many > most:
        return "refuse", f"It writes to {many} things; {most} is the most (policy.caps.targets)."
    return "pass", f"It writes to {many or 'at most ' + str(most)} of at most {most} things"


def share_of_inventory(facts: Facts) -> Said:
    """One target is always allowed: a small site has no smaller step."""
    touched, percent = facts.targets | facts.around.written, facts.limits.percent
    most = max(1, facts.around.inventory * percent // WHOLE)
    if len(touched) > most:
        window = words(facts.limits.window.total_seconds())
        return "refuse", (
            f"{len(touched)} of {facts.around.inventory} things would change within {window};"
            f" {percent} % are allowed (policy.caps.percent), {most} here."
        )
    return "pass", f"{len(touched)} of {facts.around.inventory} things change"


def targets_in_window(facts: Facts) -> Said:
    """The sum of all runs: two small ones are one big one."""
    many, most = len(facts.targets | facts.around.written), facts.limits.in_window
    window = words(facts.limits.window.total_seconds())
    if many > most:
        others = ", ".join(sorted(facts.around.written)[:SHOWN]) or "its own steps"
        return "refuse", (
            f"With {others} it would be {many} things within {window}; {most} is the most"
            " (policy.caps.in_window)."
        )
    return "pass", f"{many} of at most {most} things within {window}"


def points_per_stage(facts: Facts) -> Said:
    """Traffic leaves a place that works, or that nobody knows about, bit by bit where the action
    can; it leaves a place that is proven down at once. A drill runs the same file: it may too."""
    most = facts.limits.points
    for write in facts.writes:
        if write.turns and write.parts and not facts.drill:
            moved = sum(_leaves(facts, write, name) for name in write.before)
            if moved > most:
                return "refuse", (
                    f"Step {write.number} takes {moved} % of the traffic from a place that is not"
                    f" proven down; {most} at a time (policy.caps.points)."
                )
    return "pass", f"At most {most} % of the traffic leave a working place at a time"


def never_empty(facts: Facts) -> Said:
    for write in facts.writes:
        if not write.target or not write.requests:
            return "refuse", f"Step {write.number} has nothing to write to, or nothing to write."
        shares = write.after.values()
        if write.turns and (min(shares, default=0) < 0 or sum(shares) != WHOLE):
            return "refuse", f"After step {write.number} not all of the traffic has a place."
    if facts.looked and not facts.writes and facts.kind != "manual":
        return "refuse", "The plan has no write in it."
    return "pass", "Nothing is left empty"


def not_going_round(facts: Facts) -> Said:
    """The same switch again so soon: a flapping cause, or a nervous hand."""
    if facts.same_before is None:
        return "pass", "The first switch in this direction"
    ago = facts.now - facts.same_before
    said = f"The same switch was made {words(ago.total_seconds())} ago"
    if ago < facts.limits.same:
        rest = words(facts.limits.same.total_seconds())
        return "refuse", f"{said}; the next one may be after {rest}. Look what goes back and forth."
    return "pass", said


def not_back_so_soon(facts: Facts) -> Said:
    """The way back rests longer, but nobody is kept at a place that is proven down."""
    if facts.opposite_before is None:
        return "pass", "No switch the other way before"
    ago = facts.now - facts.opposite_before
    said = f"{facts.source} was switched to {words(ago.total_seconds())} ago"
    if facts.source_state == "down" or facts.drill:
        return "pass", f"{said}, and is {'there to practise' if facts.drill else 'proven down'}"
    if ago < facts.limits.opposite:
        rest = words(facts.limits.opposite.total_seconds())
        return "refuse", f"{said}; the way back may be after {rest} (policy.cooldown.opposite)."
    return "pass", said


def one_at_a_time(facts: Facts) -> Said:
    if facts.running is not None:
        return "refuse", f"Plan {facts.running} is running on the same target; wait for its end."
    return "pass", "No other plan runs on this target"


def few_at_once(facts: Facts) -> Said:
    others, most = facts.around.running, facts.limits.running
    if len(others) >= most:
        shown = ", ".join(others[:SHOWN])
        return "refuse", f"{shown} runs already; {most} at a time (policy.rates.running)."
    return "pass", f"{len(others)} other plans run, {most} may at a time"


def rate_of_person(facts: Facts) -> Said:
    return _rate("The same person asked for", facts.around.by_person, facts.limits.per_person)


def rate_of_runbook(facts: Facts) -> Said:
    return _rate("This runbook had", facts.around.by_runbook, facts.limits.per_runbook)


def rate_of_writes(facts: Facts) -> Said:
    many, most = facts.around.writes, facts.limits.writes
    if many >= most:
        return "refuse", f"{many} writes in the last minute; {most} is the most (policy.rates)."
    return "pass", f"{many} of at most {most} writes in the last minute"


def not_stopped(facts: Facts) -> Said:
    if facts.around.stopped is not None:
        return "refuse", facts.around.stopped
    return "pass", "Nobody has pulled the kill switch"


def no_freeze(facts: Facts) -> Said:
    around = facts.around
    if not around.freeze:
        return "pass", "No freeze now"
    if around.freeze_blocks:
        return "refuse", f"Nothing is changed in the freeze {around.freeze}."
    enough = facts.limits.approvals + facts.extra_approvers
    if facts.approvals is not None and facts.approvals < enough:
        return "refuse", f"It was made before the freeze {around.freeze}; make a new plan."
    return "warn", f"In the freeze {around.freeze}: one more person must approve"


def in_time(facts: Facts) -> Said:
    if facts.over is not None:
        return "refuse", facts.over
    if facts.expires_at is None:
        return "pass", f"It may be used for {words(facts.limits.expires.total_seconds())}"
    if facts.now >= facts.expires_at:
        return "refuse", f"The plan expired at {facts.expires_at:%H:%M:%S} UTC. Make a new plan."
    left = facts.expires_at - facts.now
    return "pass", f"It may be used for {words(left.total_seconds())} more"


def drilled(facts: Facts) -> Said:
    at = facts.around.drilled_at
    if at is None:
        return "warn", "This runbook was never practised: run a drill"
    ago = facts.now - at
    if ago > facts.limits.drill_warn_after:
        return "warn", f"This runbook was last practised {ago // timedelta(days=1)} days ago"
    return "pass", f"Practised {ago // timedelta(days=1)} days ago"


def _rate(what: str, many: int, most: int) -> Said:
    if many >= most:
        return "refuse", f"{what} {many} runs in the last hour; {most} is the most (policy.rates)."
    return "pass", f"{what} {many} of at most {most} runs in the last hour"


def _leaves(facts: Facts, write: Write, origin: str) -> int:
    """Percent of the traffic that leave this origin, unless it is proven down."""
    if origin == facts.source and facts.source_state == "down":
        return 0
    return max(0, write.before[origin] - write.after.get(origin, 0))
