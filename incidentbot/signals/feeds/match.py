"""What a feed's signals say of one dependency: by component, region and text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from incidentbot.signals import ORDER, Signal, State, Storage
from incidentbot.signals.feeds.names import covers, names_service, names_storage, region_in


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
    return region is None or not there or covers(there, region)


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
