"""Two servers of a pool that take turns: what a goal asks of each, and what it must not touch."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from incidentbot.errors import Refused
from incidentbot.runbooks.contract import WHOLE, Goal


@dataclass(frozen=True, slots=True)
class Split:
    """`to` serves `share` percent, `other` the rest; `whole`: `other` serves nothing."""

    to: str
    other: str
    share: int

    @property
    def whole(self) -> bool:
        return self.share == WHOLE


def split(goal: Goal, values: Collection[str], serving: Mapping[str, int], where: str) -> Split:
    """Raises Refused: a server that is not one of the two, a share that is none, or a third one
    that serves as well, of which this switch knows nothing."""
    if goal.to not in values or len(set(values)) != 2:
        raise Refused(f"{goal.to!r} is none of the two servers of this switch.")
    if not 0 <= goal.share <= WHOLE:
        raise Refused(f"A share of {goal.share} % cannot be served: 0 to {WHOLE}.")
    third = sorted(set(serving) - set(values))
    if third:
        raise Refused(f"{where} is served by {', '.join(third)} too; this switch knows of two.")
    (other,) = set(values) - {goal.to}
    if not goal.share:
        return Split(other, goal.to, WHOLE)  # nothing for the one is all for the other
    return Split(goal.to, other, goal.share)
