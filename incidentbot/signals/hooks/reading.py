"""A pushed body in the normal form, by the receiver named for it or the one it shows itself."""

import logging
from collections.abc import Sequence
from typing import Any

from incidentbot.signals import Signal, body
from incidentbot.signals.body import Body
from incidentbot.signals.feeds import reading as feeds
from incidentbot.signals.feeds.contract import Feed, names_storage, unknown
from incidentbot.signals.feeds.reading import Reading
from incidentbot.signals.hooks.alerts import mute

RECEIVERS = "incidentbot.signals.hooks.receivers"

log = logging.getLogger(__name__)


def understand(
    raw: bytes, feed: Feed, name: str = "", packages: Sequence[str] = (RECEIVERS,)
) -> Reading:
    """Never raises and never returns nothing: what cannot be read is a signal that says why.

    With the formats of feeds in `packages` it reads whatever we can read at all.
    """
    reading = feeds.understand(raw, feed, name, packages)
    read = body.read(raw)
    if reading.format or name or read.fault:
        return reading
    why = "in none of the formats we know"
    quiet = not names_storage(read.text)
    return Reading("", mute(feed, why) if quiet else unknown(feed, why))


def signals_of(module: Any, read: Body, feed: Feed, options: Any) -> list[Signal]:
    """What the receiver of a configured hook makes of a body; one that breaks is told, and kept."""
    try:
        if hasattr(module, "parse_as"):
            found: list[Signal] = module.parse_as(read, feed, options)
        else:
            found = module.parse(read, feed)
    except Exception as error:
        # A receiver is a plug-in: its fault must end neither the request nor the worker.
        log.exception("the receiver of %s broke", feed.name)
        return unknown(feed, f"the receiver broke: {type(error).__name__}")
    return found or unknown(feed, "the receiver found nothing")


def alerts(signals: list[Signal]) -> list[Signal]:
    """Those that are about something which fires and is resolved."""
    return [signal for signal in signals if signal.vendor_id]
