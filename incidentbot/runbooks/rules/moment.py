"""Is it the right switch at the right moment, to a place that is proven to work? Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from incidentbot.incidents.lifecycle import words
from incidentbot.runbooks.rules.facts import WRITE, Facts, Said

WHOLE = 100


def from_inventory(facts: Facts) -> Said:
    turns = [write for write in facts.writes if write.turns]
    strange = _strangers(facts, [write.before for write in turns])
    if strange:
        return "refuse", f"{strange[0]!r} serves, which is neither origin: look first."
    strange = _strangers(facts, [write.after for write in turns])
    if strange:
        return "refuse", f"{strange[0]!r} would serve, which is neither origin."
    # A value that is nobody's is known only by the live read; shares of both origins are ours.
    if facts.live_value is None or facts.live_origin is not None or _ours(facts):
        return "pass", "Every value comes from the inventory"
    return "refuse", f"The live value is {facts.live_value!r}, which is neither origin: look first."


def changes_something(facts: Facts) -> Said:
    turns = [write for write in facts.writes if write.turns]
    if turns and all(write.before.get(facts.to) == WHOLE for write in turns):
        return "refuse", f"{facts.to} serves already."
    if (facts.live_origin or ("" if _ours(facts) else facts.serving)) == facts.to:
        return "refuse", f"{facts.to} serves already."
    return "pass", f"Changes from {facts.source} to {facts.to}"


def fits_the_moment(facts: Facts) -> Said:
    if facts.kind == WRITE:
        if facts.source and facts.source_state == "down":
            return "refuse", f"{facts.source} fails by our own probes; it is for when it is well."
        return "pass", "It may be done at any time"
    if facts.to_backup:
        if facts.drill:
            return "pass", f"A drill: {facts.source} need not fail"
        if facts.source_state != "down":
            return "refuse", f"{facts.source} is not proven down (it is {facts.source_state})."
        return "pass", f"{facts.source} fails by our own probes"
    if facts.to_state != "up" or facts.to_since is None:
        return "refuse", f"{facts.to} is not proven healthy (it is {facts.to_state})."
    healthy, needed = facts.now - facts.to_since, facts.healthy_for
    if healthy < needed:
        need = words(needed.total_seconds())
        has = words(healthy.total_seconds())
        return "refuse", f"{facts.to} has been healthy for {has}; {need} are needed."
    return "pass", f"{facts.to} has been healthy for {words(healthy.total_seconds())}"


def destination_ready(facts: Facts) -> Said:
    if facts.readiness_state != "ready" or facts.proven_at is None or facts.checked_at is None:
        return "refuse", f"{facts.to} is not proven ready: {facts.readiness_words}."
    checked = facts.now - facts.checked_at
    if checked > facts.max_age:
        return "refuse", f"{facts.to} was last looked at {words(checked.total_seconds())} ago."
    # While the source is down nothing new is written to it, so the comparison does not age.
    until = facts.now
    if facts.to_backup and facts.source_state == "down" and facts.source_since is not None:
        until = facts.source_since
    age = until - facts.proven_at
    if age > facts.max_age:
        most = words(facts.max_age.total_seconds())
        ago = words(age.total_seconds())
        return "refuse", f"{facts.to} was compared {ago} before; {most} is the limit."
    return "pass", f"{facts.to} is proven ready"


def leaves_a_healthy_origin(facts: Facts) -> Said:
    """The floor: after each stage enough places serve that were proven healthy just now. Unknown
    does not count. For an offer an old proof is only pointed out: a plan looks again."""
    if facts.to_state == "down":
        return "refuse", f"{facts.to} fails too; nothing healthy would be left."
    stages = [write.after for write in facts.writes if write.turns] or [{facts.to: WHOLE}]
    for after in stages:
        serving = [name for name, share in after.items() if share > 0]
        proven = [name for name in serving if _proven(facts, name)]
        if len(proven) < facts.limits.origins:
            said = _too_few(facts, serving, proven)
            old = [facts.healthy.get(name) for name in serving if name not in proven]
            if facts.offered and all(old) and len(serving) >= facts.limits.origins:
                return "warn", f"It has to be looked at again for a plan: {said}"
            return "refuse", said
    return "pass", "A healthy origin serves afterwards"


def survives_the_outage(facts: Facts) -> Said:
    regions = {write.region for write in facts.writes} | {facts.plane_region}
    if facts.failing_region is not None and facts.failing_region in regions:
        return "warn", f"The call goes through {facts.failing_region}, the region that fails"
    return "pass", f"The call goes through {facts.plane_region or 'no single region'}"


def state_is_known(facts: Facts) -> Said:
    """A destination about which nobody knows anything is pointed out: it was proven ready, and
    that is what counts; but no probe looks at it at this second."""
    if facts.to_state == "unknown":
        return "warn", f"No probe looks at {facts.to} all the time"
    return "pass", f"{facts.to} is {facts.to_state} by our own probes"


def _proven(facts: Facts, origin: str) -> bool:
    at = facts.healthy.get(origin)
    return at is not None and facts.now - at <= facts.limits.proven_within


def _too_few(facts: Facts, serving: list[str], proven: list[str]) -> str:
    limit = words(facts.limits.proven_within.total_seconds())
    left = [name for name in serving if name not in proven]
    said = "; ".join(_last(facts, name, facts.healthy.get(name)) for name in left)
    need = facts.limits.origins
    return (
        f"{len(proven)} of {need} origins that must serve afterwards are proven healthy within"
        f" {limit}: {said or 'no other serves'}."
    )


def _last(facts: Facts, name: str, at: datetime | None) -> str:
    if at is None:
        return f"{name} is not proven healthy"
    return f"{name} was last seen well {words((facts.now - at).total_seconds())} ago"


def _strangers(facts: Facts, sides: Sequence[Mapping[str, int]]) -> list[str]:
    ours = {facts.to, facts.source}
    return [
        name for side in sides for name, share in side.items() if share > 0 and name not in ours
    ]


def _ours(facts: Facts) -> bool:
    """Whether both origins serve now, each a share, and nobody else."""
    before = next((write.before for write in facts.writes if write.turns), {})
    serving = {name for name, share in before.items() if share > 0}
    return bool(serving) and serving <= {facts.to, facts.source} and len(serving) > 1
