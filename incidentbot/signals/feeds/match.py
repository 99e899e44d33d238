"""What a feed's signals say of one dependency: by component, region and text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from incidentbot.signals import ORDER, TROUBLE, Signal, State, Storage
from incidentbot.signals.feeds.names import names_service, region_in


@dataclass(frozen=True, slots=True)
class Word:
    """What the vendor says of one dependency. `since` is the vendor's own time, if it gave one."""

    state: State
    title: str
    vendor_id: str = ""
    since: datetime | None = None
    why: str = ""


def word(signals: Sequence[Signal], service: str, region: str | None) -> Word:
    """The worst thing said about the service in the region; else that nothing is said.

    A signal that names another region does not count; one that names no region does.
    """
    if not signals or all(signal.state == "unknown" for signal in signals):
        why = signals[0].why if signals else "nothing was read"
        return Word("unknown", "", why=why)
    about = [s for s in signals if s.state in ORDER and _speaks_of(s, service, region)]
    if about:
        said = max(about, key=lambda signal: ORDER.index(signal.state))
        since = said.started_at or said.updated_at
        return Word(said.state, said.title, said.vendor_id, since, said.why)
    whole = next((s for s in signals if not s.service and s.state == "operational"), None)
    return Word("operational", whole.title if whole else "Nothing reported about it")


def _speaks_of(signal: Signal, service: str, region: str | None) -> bool:
    named = f"{signal.service} {signal.title}"
    if not names_service(named, service):
        return False
    there = signal.region or region_in(named)
    return region is None or not there or there == region


def overall(signals: Sequence[Signal]) -> tuple[State, Storage]:
    """One state for a whole body: that of the storage named in it, else the worst of it."""
    if not signals or all(signal.state == "unknown" for signal in signals):
        none = signals and all(signal.storage == "no" for signal in signals)
        return "unknown", "no" if none else "unclear"
    bad = [s for s in signals if s.state in TROUBLE or s.state == "maintenance"]
    storage = [signal for signal in bad if signal.storage == "yes"]
    if storage:
        return _worst(storage), "yes"
    unclear = any(signal.storage == "unclear" for signal in bad)
    return _worst(bad), "unclear" if unclear else "no"


def _worst(signals: Sequence[Signal]) -> State:
    return max((s.state for s in signals), key=ORDER.index, default="operational")
