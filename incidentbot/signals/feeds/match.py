"""What a feed's signals say of one dependency: by component, region and text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from incidentbot.signals import ORDER, TROUBLE, Signal, State, Storage
from incidentbot.signals.feeds.names import SERVICES, names_storage, region_in

# An entry that nobody has touched for so long is no news: some stay open for months.
LONG_OPEN = timedelta(days=3)
EVERYWHERE = ("global", "worldwide", "all regions")


@dataclass(frozen=True, slots=True)
class Aliases:
    """How a vendor's pages call a service and region, and the regions that are not meant.

    `several` is what they call trouble of many services at once. `any_service`: the vendor has one
    service only, so every entry is about it.
    """

    service: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    several: tuple[str, ...] = ()
    any_service: bool = False


NO_ALIASES = Aliases()


@dataclass(frozen=True, slots=True)
class Word:
    """What the vendor says of one dependency. `since` is the vendor's own time, if it gave one.

    `note` tells of entries that are not counted, in words.
    """

    state: State
    title: str
    vendor_id: str = ""
    since: datetime | None = None
    why: str = ""
    note: str = ""


def word(
    signals: Sequence[Signal],
    service: str,
    region: str | None,
    aliases: Aliases = NO_ALIASES,
    *,
    now: datetime | None = None,
    well: bool = True,
) -> Word:
    """The worst thing said about the service in the region; else that nothing is said.

    A signal that names another region does not count; one that names no region does. Told `now`,
    trouble that was not touched for days does not count while our own probes are `well`, and
    maintenance counts from its start: some is announced months before.
    """
    if not signals or all(signal.state == "unknown" for signal in signals):
        why = signals[0].why if signals else "nothing was read"
        return Word("unknown", "", why=why)
    about = [s for s in signals if s.state in ORDER and _speaks_of(s, service, region, aliases)]
    old = [s for s in about if now is not None and well and long_open(s, now)]
    ahead = [s for s in about if now is not None and _ahead(s, now)]
    note = "; ".join([*map(_not_counted, old), *map(_announced, ahead)])
    counted = [signal for signal in about if signal not in old and signal not in ahead]
    if counted:
        said = max(counted, key=lambda signal: ORDER.index(signal.state))
        since = said.started_at or said.updated_at
        return Word(said.state, _title(said, note), said.vendor_id, since, said.why, note)
    whole = next((s for s in signals if not s.service and s.state == "operational"), None)
    title = whole.title if whole else "Nothing reported about it"
    return Word("operational", note or title, note=note)


def long_open(signal: Signal, now: datetime) -> bool:
    """Whether it is trouble that neither the vendor nor a change of ours touched for days."""
    said = [update.at for update in signal.updates if update.at is not None]
    said += [signal.updated_at] if signal.updated_at is not None else []
    touched = max(said, default=None) or signal.first_seen
    return signal.state in TROUBLE and touched is not None and now - touched > LONG_OPEN


def _ahead(signal: Signal, now: datetime) -> bool:
    """Whether it is maintenance that has not begun."""
    if signal.state != "maintenance":
        return False
    if signal.started_at is None:
        return signal.phase == "upcoming"
    return signal.started_at > now


def _announced(signal: Signal) -> str:
    day = f" for {signal.started_at:%Y-%m-%d}" if signal.started_at else ""
    return f"maintenance announced{day}: {signal.title or signal.service}"


def _not_counted(signal: Signal) -> str:
    since = signal.started_at or signal.first_seen or signal.updated_at
    day = f"since {since:%Y-%m-%d}" if since else "for days"
    return f"open {day}, not counted: {signal.title or signal.service}"


def _title(said: Signal, note: str) -> str:
    if said.state != "operational":
        return said.title
    if said.phase == "gone":
        return f"no longer listed: {said.title}"
    return note or said.title


def _speaks_of(signal: Signal, service: str, region: str | None, aliases: Aliases) -> bool:
    named = f"{signal.service} {signal.title}"
    if not aliases.any_service and not _names(named, (service, *aliases.service)):
        broad = bool(aliases.several) and _names(named, aliases.several)
        if not broad or signal.storage == "no":
            return False
    return region is None or _in_region(signal, named, region, aliases)


def _in_region(signal: Signal, named: str, region: str, aliases: Aliases) -> bool:
    where = signal.region.lower()
    if where == region or _names(f"{where} {named}", (region, *aliases.region), area=True):
        return True
    if where and not {place.strip() for place in where.split(",")} & set(EVERYWHERE):
        return False
    if aliases.elsewhere:
        return not _names(named, aliases.elsewhere, area=True)
    return region_in(named) in ("", region)


def _names(text: str, names: tuple[str, ...], *, area: bool = False) -> bool:
    return bool(_pattern(names, area).search(text.lower()))


@lru_cache(maxsize=4096)
def _pattern(names: tuple[str, ...], area: bool) -> re.Pattern[str]:
    """One pattern for all names, as whole words; "east us" is not in "east us 2"."""
    words = {name.lower() for name in names}
    words |= {name.replace("-", " ") for name in words}
    words |= {other for name in names for other in SERVICES.get(name, ())} if not area else set()
    parts = []
    for name in sorted(filter(None, words), key=len, reverse=True):
        start, end = (r"(?<!\w)" if name[0].isalnum() else ""), r"(?!\w)"
        end += r"(?![ -]\d)" if area and name[-1].isalpha() else ""
        parts.append(start + re.escape(name) + (end if name[-1].isalnum() else ""))
    return re.compile("|".join(parts) or r"(?!)")


def overall(signals: Sequence[Signal]) -> tuple[State, Storage]:
    """One state for a whole body: that of the storage named in it, else the worst of it.

    A storage service that is named in trouble decides the state also when its text says that
    what is stored stays in reach: then no storage is affected, and the state is still its own.
    """
    known = [signal for signal in signals if signal.state in ORDER]
    if not known:
        told = bool(signals) and all(signal.storage == "no" for signal in signals)
        return "unknown", "no" if told else "unclear"
    bad = [signal for signal in known if signal.state != "operational"]
    storage = [s for s in bad if s.storage == "yes" or names_storage(s.service)]
    said = {signal.storage for signal in bad}
    touched: Storage = "yes" if "yes" in said else "unclear" if "unclear" in said else "no"
    return _worst(storage or bad), touched


def _worst(signals: Sequence[Signal]) -> State:
    return max((s.state for s in signals), key=ORDER.index, default="operational")
