"""A body of bytes in the normal form, by the format named for it or the one it shows itself."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
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


def understand(raw: bytes, feed: Feed, name: str = "") -> Reading:
    """Never raises and never returns nothing: what cannot be read is a signal that says why."""
    read = body.read(raw)
    if read.fault:
        return Reading(name, unknown(feed, read.fault))
    formats = plugins.found(FORMATS)
    name = name or recognised(read, formats)
    if name not in formats:
        why = f"no format is called {name!r}" if name else "in none of the formats we know"
        return Reading("", unknown(feed, why))
    return Reading(name, parsed(name, formats[name], read, feed))


def recognised(read: Body, formats: Mapping[str, Any]) -> str:
    """The name of the format that knows this body as its own, or nothing."""
    for name, module in formats.items():
        try:
            if module.recognises(read):
                return name
        except Exception:
            # A format is a plug-in: one that trips over a body simply does not know it.
            log.exception("the format %s broke while recognising", name)
    return ""


def parsed(name: str, module: Any, read: Body, feed: Feed) -> list[Signal]:
    """What the format makes of it; a format that breaks is a feed we cannot read."""
    try:
        signals: list[Signal] = module.parse(read, feed)
    except Exception as error:
        # A format is a plug-in: its fault must not end the poller.
        log.exception("the format %s broke on the feed %s", name, feed.name)
        return unknown(feed, f"the format broke: {type(error).__name__}")
    return signals or unknown(feed, "the format found nothing")
