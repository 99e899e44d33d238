"""Points 11, 12, 14 and 15: has anybody thought of it, and done it?"""

from incidentbot.incidents.lifecycle import words
from incidentbot.runbooks.readiness.look import Point
from incidentbot.runbooks.readiness.points.facts import Facts
from incidentbot.runbooks.readiness.points.saying import about, not_s3, sides, unknown


def writes(facts: Facts) -> Point:
    """Two-way copying or none: with one-way copying, what is written in a failover stays there."""
    made = about(11, "Writes during a failover")
    if not_s3(facts):
        return made("not_applicable", "only S3 is asked")
    found = facts.replication
    if found is None or not found.rule:
        return made("unknown", found.why if found and found.why else "replication was not read")
    if found.rule == "none":
        return made("unknown", "no replication rule: who writes to which side is not known here")
    if found.rule == "off":
        return made("not_ready", "the replication rule is switched off")
    lag = "lag not known" if found.lag is None else f"{words(found.lag)} behind"
    failed = found.statuses.get("FAILED", 0)
    if failed:
        return made("not_ready", f"replication failed for {failed} objects of the sample; {lag}")
    return made("ready", f"replication is on, {lag}")


def notifications(facts: Facts) -> Point:
    made = about(12, "Notifications")
    if not_s3(facts):
        return made("not_applicable", "only S3 is asked")
    if why := unknown(facts, "notifications"):
        return why(made)
    backup, primary = (bool(side.fact("notifications").value) for side in sides(facts))
    if backup == primary:
        return made("ready", "both have some" if backup else "neither has any")
    with_it, without = ("backup", "primary") if backup else ("primary", "backup")
    return made("not_ready", f"the {with_it} has some and the {without} has none")


def drilled(facts: Facts) -> Point:
    made = about(14, "Drill")
    if facts.drilled is None:
        return made("not_ready", "this switch was never practised")
    age = (facts.now - facts.drilled).total_seconds()
    said = f"last done {words(age)} ago"
    late = age > facts.drill_within
    return made(
        "not_ready" if late else "ready", f"{said}; {words(facts.drill_within)} is the limit"
    )


def in_place(facts: Facts) -> Point:
    """Whatever must first be set up during the outage is set up too late."""
    made = about(15, "In place before")
    if facts.late_planes:
        words = ", ".join(facts.late_planes)
        return made("not_ready", f"goes through the region that may fail: {words}")
    return made("ready", "no switch goes through the region that may fail")


POINTS = (writes, notifications, drilled, in_place)
