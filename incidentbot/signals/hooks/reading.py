"""A pushed body in the normal form, by the receiver named for it or the one it shows itself."""

import logging
from typing import Any

from incidentbot import plugins
from incidentbot.signals import Signal, body
from incidentbot.signals.body import Body
from incidentbot.signals.feeds.contract import Feed, names_storage, unknown
from incidentbot.signals.feeds.reading import Reading, parsed, recognised
from incidentbot.signals.hooks.alerts import mute

RECEIVERS = "incidentbot.signals.hooks.receivers"

log = logging.getLogger(__name__)


def understand(raw: bytes, feed: Feed, name: str = "") -> Reading:
    """Never raises and never returns nothing: what cannot be read is a signal that says why."""
    read = body.read(raw)
    if read.fault:
        return Reading(name, unknown(feed, read.fault))
    receivers = plugins.found(RECEIVERS)
    name = name or recognised(read, receivers)
    if name not in receivers:
        return Reading("", _of_nobody(read, feed, name))
    return Reading(name, parsed(name, receivers[name], read, feed))


def _of_nobody(read: Body, feed: Feed, name: str) -> list[Signal]:
    if name:
        return unknown(feed, f"no receiver is called {name!r}")
    why = "of none of the senders we know"
    return unknown(feed, why) if names_storage(read.text) else mute(feed, why)


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
