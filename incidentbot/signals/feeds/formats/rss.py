"""A plain RSS feed of any vendor (0.9 to 2.0): the state is in the words of its items."""

from incidentbot.signals.feeds.contract import Body, Feed, Signal, unknown
from incidentbot.signals.feeds.formats._plain import told
from incidentbot.signals.feeds.formats._xml import channel_of, kind_of

FALLBACK = True


def recognises(body: Body) -> bool:
    """Any RSS with a channel."""
    return kind_of(body) == "rss"


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per thing that is spoken of and not over; one if there is none."""
    channel = channel_of(body)
    if channel is None or channel.kind != "rss":
        return unknown(feed, "XML, but not an RSS feed")
    return told(channel, feed)
