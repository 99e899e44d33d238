"""The `data.json` of the old AWS status page (until 2022): `current` and `archive`.

Only `current` counts. An entry may stay there at status 0 for hours: it is over. The number decides
and not the title, where `[RESOLVED]` comes early, late or never; but the text may say that what is
stored stays in reach. `status` is a number or its text, `date` epoch seconds that are corrected by
hours later: an entry has no id, its key is the service and the day.
"""

from collections.abc import Iterator
from typing import Any

from incidentbot.signals.feeds.contract import Body, Feed, Signal, text_of, unknown
from incidentbot.signals.feeds.formats import _aws

MOST_ENTRIES = 500
WORDS = {"service_name", "summary", "description"}


def recognises(body: Body) -> bool:
    """Both lists, or one list of entries as only AWS writes them."""
    page = body.json
    if not isinstance(page, dict) or not isinstance(page.get("current"), list):
        return False
    first = page["current"][0] if page["current"] else None
    if first is None:
        return "archive" in page
    return isinstance(first, dict) and "service" in first and bool(WORDS & set(first))


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per entry of `current`, and per storage service that only a text names."""
    page = body.json
    current = page.get("current") if isinstance(page, dict) else None
    if not isinstance(current, list):
        return unknown(feed, "JSON, but without the list of current events of AWS")
    found = [signal for entry in current[:MOST_ENTRIES] for signal in _entry(entry, feed)]
    return found or [
        Signal(feed.name, feed.vendor, state="operational", title="No current events", storage="no")
    ]


def _entry(entry: Any, feed: Feed) -> Iterator[Signal]:
    slug = text_of(entry.get("service")) if isinstance(entry, dict) else ""
    if not slug:
        yield from unknown(feed, "an entry without a service")
        return
    service, region = _aws.place(slug)
    date = _aws.moment(entry.get("date"))
    updates = _aws.blob_updates(entry.get("description"), date)
    started_at, updated_at = _aws.span(date, updates)
    state = _aws.severity(entry.get("status"))
    title = text_of(entry.get("summary")) or text_of(entry.get("service_name"))
    yield from _aws.signals(
        feed,
        service,
        region,
        state,
        updates,
        phase="resolved" if state == "operational" else "open",
        title=title,
        vendor_id=_aws.key(slug, started_at),
        started_at=started_at,
        updated_at=updated_at,
    )
