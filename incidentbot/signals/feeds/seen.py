"""When each entry of a feed was first and last seen, and that it is gone when it is gone. Pure.

An entry is known by the vendor's id, its service and region, so a new title is no new entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from incidentbot.signals import TROUBLE, Signal

Key = tuple[str, str, str]
SAID_FOR = timedelta(hours=1)  # how long an entry that vanished is still said to be gone


@dataclass(frozen=True, slots=True)
class Seen:
    """What is remembered between two reads; `gone` has the time at which it was missed."""

    listed: tuple[Signal, ...] = ()
    gone: tuple[tuple[datetime, Signal], ...] = ()

    @property
    def signals(self) -> list[Signal]:
        return [*self.listed, *(signal for _, signal in self.gone)]


def key(signal: Signal) -> Key:
    return signal.vendor_id, signal.service, signal.region


def see(before: Seen, signals: Sequence[Signal], now: datetime) -> Seen:
    """Take in one good read. Many pages list what is unresolved, and only vanishing ends it."""
    known = {key(signal): signal.first_seen for signal in before.signals}
    listed = tuple(
        replace(signal, first_seen=known.get(key(signal)) or now, last_seen=now)
        for signal in signals
    )
    missed = tuple((now, _over(signal)) for signal in before.listed if _an_entry(signal))
    ids = {signal.vendor_id for signal in signals}
    # Some vendors give every update an id of its own: spoken of again is not gone.
    told = {(signal.service, signal.region) for signal in signals if signal.service}
    gone = tuple(
        (at, signal)
        for at, signal in (*before.gone, *missed)
        if now - at <= SAID_FOR
        and signal.vendor_id not in ids
        and (signal.service, signal.region) not in told
    )
    return Seen(listed, gone)


def _over(signal: Signal) -> Signal:
    """The last word on an entry; `last_seen` stays when it was really listed."""
    why = "the vendor lists it no longer"
    return replace(signal, state="operational", phase="gone", storage="no", why=why)


def _an_entry(signal: Signal) -> bool:
    """Whether its absence means something: the vendor's own entry about trouble or works."""
    return bool(signal.vendor_id) and signal.state in (*TROUBLE, "maintenance")
