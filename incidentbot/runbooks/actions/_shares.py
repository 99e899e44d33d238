"""Who serves how much, from weights, and how that is said in one short line. Pure."""

from collections.abc import Mapping

from incidentbot.runbooks.contract import WHOLE

NOBODY = "nobody"


def percents(weights: Mapping[str, float]) -> dict[str, int]:
    """Whole percent by name, 100 in all, of those with a weight; {} when nobody has one."""
    total = sum(weights.values())
    if total <= 0:
        return {}
    exact = {name: weight * WHOLE / total for name, weight in weights.items() if weight > 0}
    shares = {name: int(share) for name, share in exact.items()}
    # What rounding down left over goes to those who lost most by it.
    left = WHOLE - sum(shares.values())
    for name in sorted(exact, key=lambda name: (shares[name] - exact[name], name))[:left]:
        shares[name] += 1
    return shares


def named(shares: Mapping[str, int]) -> str:
    """The one that serves all; else each with its percent: "two 25 %, one 75 %" by name."""
    if not shares:
        return NOBODY
    if len(shares) == 1:
        return next(iter(shares))
    return ", ".join(f"{name} {share} %" for name, share in sorted(shares.items()))
