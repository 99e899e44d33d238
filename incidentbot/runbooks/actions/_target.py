"""The name of what is written, as it is locked: unique in the world, and short enough to keep."""

from collections.abc import Sequence

from incidentbot import ids

LONGEST = 200  # characters, as the database keeps it


def unique(kind: str, *parts: str) -> str:
    """`kind:part:part`; what is too long is cut, with a digest of the whole behind it."""
    whole = ":".join([kind, *parts])
    return whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 13]}~{ids.short(whole)}"


def fleet(addresses: Sequence[str]) -> str:
    """The same fleet has the same name, however it is ordered."""
    every = sorted(addresses)
    if len(every) == 1:
        return every[0]
    return f"{every[0]} and {len(every) - 1} more ({ids.short(*every)})"
