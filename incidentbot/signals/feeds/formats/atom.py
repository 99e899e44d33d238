"""A plain Atom feed of any vendor: the state is in the words of its entries."""

from incidentbot.signals.feeds.contract import Body, Feed, Signal, unknown
from incidentbot.signals.feeds.formats._plain import told
from incidentbot.signals.feeds.formats._xml import channel_of, kind_of

FALLBACK = True


def recognises(body: Body) -> bool:
    """Any Atom feed."""
    return kind_of(body) == "atom"


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per thing that is spoken of and not over; one if there is none."""
    channel = channel_of(body)
    if channel is None or channel.kind != "atom":
        return unknown(feed, "XML, but not an Atom feed")
    return told(channel, feed)
