"""The vendors' status feeds: each address read once, and understood."""

from incidentbot import clock
from incidentbot.doctor.contract import Finding, ok, warning
from incidentbot.doctor.ward import Ward
from incidentbot.signals.feeds.contract import Feed
from incidentbot.signals.feeds.fetch import Fetcher, Memory
from incidentbot.signals.feeds.poller import Address, addresses
from incidentbot.signals.feeds.reading import understand

TITLE = "Status feeds"
PLACE = 75
WHY = "What the vendor says is not seen; the bot's own checks still decide."


async def examine(ward: Ward) -> list[Finding]:
    settings = ward.usable()
    fetcher = Fetcher(ward.http)

    async def read(address: Address) -> Finding:
        feed = address.first
        about = f"{feed.name} ({feed.url or feed.source})"
        got = await fetcher.fetch(feed, Memory())
        if got.fault:
            step = f"incidentbot feeds read {feed.url}" if feed.url else "Mend what it says."
            return warning(about, got.fault, WHY, step)
        reading = understand(
            got.body or b"", Feed(feed.name, feed.vendor, clock.now()), feed.format or ""
        )
        if all(signal.state == "unknown" for signal in reading.signals):
            words = f"is not understood: {reading.signals[0].why}"
            return warning(about, words, WHY, f"Name its format, or look: incidentbot feeds read {feed.url}")  # noqa: E501  # fmt: skip
        return ok(about, f"is read as {reading.format}")

    try:
        return await ward.each(addresses(settings.feeds), read, _late)
    finally:
        fetcher.close()


def _late(address: Address) -> Finding:
    feed = address.first
    about = f"{feed.name} ({feed.url or feed.source})"
    step = f"Let this machine reach {feed.url or 'the API'}, or take the feed out."
    return warning(about, "no answer in time", WHY, step)
