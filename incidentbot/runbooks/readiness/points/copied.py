"""Points 2, 3 and 13: is everything there, as it should be, and warm?"""

from incidentbot.runbooks.readiness.judge import fault_of
from incidentbot.runbooks.readiness.look import Point
from incidentbot.runbooks.readiness.points.facts import Facts
from incidentbot.runbooks.readiness.points.saying import about

SHOWN = 3


def keys(facts: Facts) -> Point:
    made = about(2, "Keys")
    if facts.parity is None:
        return made("unknown", "the two could not be compared this time")
    parity = facts.parity
    fault = fault_of(parity)
    words = f"{parity.same:,} of {parity.total:,} the same, {parity.missing:,} missing"
    return made("not_ready", fault, hard=True) if fault else made("ready", words)


def content(facts: Facts) -> Point:
    made = about(3, "Content and headers")
    if facts.fetched is None or facts.headers is None:
        return made("unknown", "objects could not be read from both")
    if facts.fetched.failed:
        words = f"{len(facts.fetched.failed)} of {facts.fetched.tried} cannot be read whole"
        return made("not_ready", words, hard=True)
    compared, odd = facts.headers
    if odd:
        more = f" and {len(odd) - SHOWN} more" if len(odd) > SHOWN else ""
        return made("not_ready", "; ".join(odd[:SHOWN]) + more)
    if not compared:
        return made("unknown", "there was no object to compare")
    return made("ready", f"{facts.fetched.tried} read whole; headers of {compared} compared")


def warm(facts: Facts) -> Point:
    made = about(13, "Cold start")
    if facts.through is None:
        return made("unknown", "`readiness.through` does not say how the edge asks the backup")
    if facts.through.unclear or facts.through.failed:
        return made("unknown" if facts.through.unclear else "not_ready", facts.through.why)
    return made("ready", f"{facts.through.tried} objects came over the edge from the backup")


POINTS = (keys, content, warm)
