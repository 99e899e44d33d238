"""Is an origin ready to take over? What a look says about it. Pure.

The result is kept in our own database, so that in an outage the plan says "proven 40 s before it
began" instead of asking a region that is gone. Unknown is never ready.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from incidentbot.runbooks.readiness.look import Look, Point
from incidentbot.runbooks.readiness.tally import Parity

TOLERATED = 0.001  # share of objects that may be missing or different; of critical ones none
NAMED = 5


def judge(look: Look, proven_at: datetime | None, detail: dict[str, Any]) -> tuple[str, str]:
    """(ready | not_ready | unknown, why). `proven_at` and `detail` are of the looks before.

    When the other side is down its listing cannot be read: then the last comparison still counts
    (how old it may be is the plan's rule), if it was a good one and what can be fetched now is.
    """
    if look.fetched is None:
        return "unknown", look.why
    bad = _bad_now(look)
    if bad:
        return "not_ready", bad
    if look.parity is None:
        if proven_at is None or not detail:
            return "unknown", f"{look.why}, and they never were"
        if detail.get("fault"):
            return "not_ready", f"when last compared: {detail['fault']}"
        return "ready", (
            f"{counted(detail)} when last compared at {proven_at:%H:%M:%S} UTC ({look.why}); "
            f"{look.fetched.tried} fetched"
        )
    fault = fault_of(look.parity)
    if fault:
        return "not_ready", fault
    return "ready", f"{counted(detail_of(look))}; {look.fetched.tried} fetched{_way(look)}"


JUDGED_ALREADY = (2, 3)  # points that say in short what the comparison says at length


def _bad_now(look: Look) -> str:
    """What rules it out whatever the comparison says. A cause goes before what follows from it."""
    assert look.fetched is not None
    for one in look.points:
        if one.hard and one.result == "not_ready" and one.number not in JUDGED_ALREADY:
            return f"{one.title}: {one.evidence}"
    if look.fetched.failed:
        why = f" ({look.fetched.why})" if look.fetched.why else ""
        return _named(look.fetched.failed, "cannot be fetched whole") + why
    if look.through is not None and look.through.failed:
        return (
            f"over the way users take {_named(look.through.failed, 'cannot be fetched')}"
            f" ({look.through.why})"
        )
    return ""


def _way(look: Look) -> str:
    if look.through is None:
        return ""
    if look.through.unclear:
        return f"; the way users take is not known ({look.through.why})"
    return f", {look.through.tried} of them over the way users take"


def fault_of(parity: Parity) -> str:
    """What keeps a comparison from being a proof, in words; empty when nothing does."""
    if parity.total == 0:
        return "the other origin is empty, so nothing is proven"
    if parity.critical:
        return _named(parity.critical, "of the critical ones missing or different")
    bad = parity.missing + parity.different
    if bad > parity.total * TOLERATED:
        return f"{bad:,} of {parity.total:,} objects missing or different: {some(_bad(parity))}"
    return ""


def detail_of(look: Look) -> dict[str, Any]:
    """What is kept of a look that compared."""
    parity = look.parity
    assert parity is not None
    return {
        "total": parity.total,
        "same": parity.same,
        "missing": parity.missing,
        "different": parity.different,
        "extra": parity.extra,
        "names": parity.names,
        "fault": fault_of(parity),
        "sampled": look.sampled,
    }


def beside_of(look: Look) -> dict[str, Any]:
    """What is kept of a look beside its comparison."""
    found: dict[str, Any] = {}
    if look.replication is not None:
        found["replication"] = asdict(look.replication)
    if look.through is not None:
        found["through"] = asdict(look.through)
    return found


def warnings(points: Iterable[Point]) -> list[Point]:
    """Points that are not as they should be and do not rule the backup out."""
    return [one for one in points if one.result == "not_ready" and not one.hard]


def counted(detail: dict[str, Any]) -> str:
    what = "objects of a sample" if detail.get("sampled") else "objects"
    said = f"{detail['same']:,} of {detail['total']:,} {what} the same"
    if detail["same"] == detail["total"]:
        return said
    names = [*detail["names"].get("missing", []), *detail["names"].get("different", [])]
    return f"{said} (not: {some(names)})"


def _bad(parity: Parity) -> list[str]:
    return [*parity.names.get("missing", []), *parity.names.get("different", [])]


def _named(keys: Iterable[str], what: str) -> str:
    found = list(keys)
    return f"{len(found):,} {what}: {some(found)}"


def some(keys: Iterable[str]) -> str:
    found = list(keys)
    return ", ".join(found[:NAMED]) + (", ..." if len(found) > NAMED else "")
