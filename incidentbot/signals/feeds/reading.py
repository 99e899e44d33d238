"""A body of bytes in the normal form, by the format named for it or the one it shows itself."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from incidentbot import plugins
from incidentbot.signals import Signal, body
from incidentbot.signals.body import Body
from incidentbot.signals.feeds.contract import Feed, unknown

FORMATS = "incidentbot.signals.feeds.formats"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood; `format` is empty when none was named and none fits."""

    format: str
    signals: list[Signal]


def understand(
    raw: bytes, feed: Feed, name: str = "", packages: Sequence[str] = (FORMATS,)
) -> Reading:
    """Never raises and never returns nothing: what cannot be read is a signal that says why.

    `packages` hold the modules that may know the body: formats, and receivers of pushed alerts.
    """
    read = body.read(raw)
    if read.fault:
        return Reading(name, unknown(feed, read.fault))
    known = candidates(*packages)
    if name:
        named = [module for other, module in known if other == name]
        if not named:
            return Reading("", unknown(feed, f"no format is called {name!r}"))
        module = next((m for m in named if len(named) > 1 and _knows(name, m, read)), named[0])
        return Reading(name, parsed(name, module, read, feed))
    for name, module in known:
        if _knows(name, module, read):
            return Reading(name, parsed(name, module, read, feed))
    return Reading("", unknown(feed, "in none of the formats we know"))


@cache
def candidates(*packages: str) -> tuple[tuple[str, Any], ...]:
    """(name, module) of each plug-in in the order they are asked.

    Those with `FALLBACK = True`, which take what nobody else knows, come last.
    """
    found = [pair for package in packages for pair in plugins.found(package).items()]
    return tuple(sorted(found, key=lambda pair: bool(getattr(pair[1], "FALLBACK", False))))


def recognised(read: Body, packages: Sequence[str] = (FORMATS,)) -> list[str]:
    """The names of all formats that know this body as their own; more than one is a defect.

    Fallbacks are asked only when no other knows it.
    """
    asked = candidates(*packages)
    names = [n for n, m in asked if not getattr(m, "FALLBACK", False) and _knows(n, m, read)]
    return names or [name for name, module in asked if _knows(name, module, read)]


def _knows(name: str, module: Any, read: Body) -> bool:
    try:
        return bool(module.recognises(read))
    except Exception:
        # A format is a plug-in: one that trips over a body simply does not know it.
        log.exception("the format %s broke while recognising", name)
        return False


def parsed(name: str, module: Any, read: Body, feed: Feed) -> list[Signal]:
    """What the format makes of it; a format that breaks is a feed we cannot read."""
    try:
        signals: list[Signal] = module.parse(read, feed)
    except Exception as error:
        # A format is a plug-in: its fault must not end the poller.
        log.exception("the format %s broke on the feed %s", name, feed.name)
        return unknown(feed, f"the format broke: {type(error).__name__}")
    return signals or unknown(feed, "the format found nothing")
