"""Google Cloud's `incidents.json`, in the three schemas it has had.

A list of all incidents of a year or more; those without `end` are open (absent, null in the first
schema). The status of the newest update decides: `status_impact` keeps the worst value. `begin` is
corrected and may be later than `created`; `modified` moves for days after the end. One incident
names many products and places: one signal per product, its region the ids of all places.
`products.json`, the list of product ids, has no state.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from incidentbot.signals.feeds.contract import (
    Body,
    Feed,
    Signal,
    State,
    Update,
    entries,
    names_storage,
    region_in,
    text_of,
    time_of,
    unknown,
)
from incidentbot.signals.feeds.formats import _texts

STATUS: dict[str, State] = {
    "available": "operational",
    "service_information": "degraded",
    "service_disruption": "partial_outage",
    "service_outage": "major_outage",
    "low": "degraded",
    "medium": "partial_outage",
    "high": "major_outage",
}
# Storage products by id: titles are edited.
STORAGE_IDS = {"UwaYoXQ5bHYHG6EdiPB8", "SzESm2Ux129pjDGKWD68"}
WHOLE = ("multiple products", "google cloud infrastructure components", "")
# An incident has one of each; a copy that is cut down to what somebody needed may lack others.
KEYS = (
    {"service_name", "service_key", "affected_products", "status_impact", "severity"},
    {"updates", "most_recent_update", "most-recent-update", "external_desc"},
)
SITE = "https://status.cloud.google.com/"
RECENT = timedelta(hours=24)  # an end is told this long
MOST_INCIDENTS = 5000
MOST_PRODUCTS = 300
_MERGED = re.compile(r"\bmerged (?:with|into) an? (?:existing|other|different) incident", re.I)
_REST = re.compile(r"\b(?:remaining|remains?|residual|only)\b|\bstill (?:\w+ )?(?:see|exp|aff|imp)")
_MARKS = re.compile(r"\*{1,3}|^#{1,6} ", re.MULTILINE)


def recognises(body: Body) -> bool:
    """A list of incidents with `begin`, or one of them, or the list of products."""
    page = body.json
    if isinstance(page, dict) and _is_product_list(page):
        return True
    first = page[0] if isinstance(page, list) and page else page
    return isinstance(first, dict) and "begin" in first and all(k & set(first) for k in KEYS)


def parse(body: Body, feed: Feed) -> list[Signal]:
    """The open incidents by product, and those that ended in the last day; one signal if none."""
    page = body.json
    if isinstance(page, dict) and _is_product_list(page):
        why = "a reference list of products, which carries no state"
        return [Signal(feed.name, feed.vendor, state="unknown", storage="no", why=why)]
    page = [page] if isinstance(page, dict) and "begin" in page else page
    if not isinstance(page, list) or not page:
        return unknown(feed, "JSON, but not a list of Google Cloud incidents")
    found = [s for incident in page[:MOST_INCIDENTS] for s in _incident(incident, feed)]
    if any(signal.state != "operational" for signal in found):
        return found  # an entry that cannot be read may be one that is open
    return [*found, Signal(feed.name, feed.vendor, state="operational", title=QUIET, storage="no")]


QUIET = "No open incidents"


def _is_product_list(page: dict[str, Any]) -> bool:
    products = entries(page, "products")
    return set(page) == {"products"} and all({"id", "title"} <= set(p) for p in products)


def _incident(incident: Any, feed: Feed) -> Iterator[Signal]:
    if not isinstance(incident, dict) or not {"begin", "id", "number", "service_name"} & set(
        incident
    ):
        yield from unknown(feed, "an entry that is no incident")
        return
    ended, end = _ended(incident), time_of(incident.get("end"))
    if ended and (end is None or feed.read_at - end > RECENT):
        return
    updates = _updates(incident)
    state = "operational" if ended else _state(incident, updates)
    yield from _Open(incident, feed, updates, state).signals()


def _ended(incident: dict[str, Any]) -> bool:
    """Whether there is an end, be its time readable or not."""
    end = incident.get("end")
    return bool(end) and isinstance(end, str | int | float) and end is not True


def _updates(incident: dict[str, Any]) -> tuple[Update, ...]:
    listed = entries(incident, "updates")
    for name in ("most_recent_update", "most-recent-update"):
        newest = incident.get(name)
        if not listed and isinstance(newest, dict):
            listed = [newest]
    return _texts.newest_first(
        Update(
            time_of(update.get("when")) or time_of(update.get("created")),
            text_of(update.get("status")).lower(),
            text_of(_plain(update.get("text")), 2000) or "(no text)",
        )
        for update in listed[:200]
    )


def _plain(text: Any) -> str:
    return _MARKS.sub("", text[: _texts.MOST]) if isinstance(text, str) else ""


def _state(incident: dict[str, Any], updates: tuple[Update, ...]) -> State:
    """Of the newest update; else of the incident. Any word that is not known is trouble."""
    told = [updates[0].phase] if updates else []
    told += [text_of(incident.get(key)).lower() for key in ("status_impact", "severity")]
    word = next((word for word in told if word), "")
    return STATUS.get(word, "degraded")


class _Open:
    """One incident that is open, or has just ended."""

    def __init__(
        self, incident: dict[str, Any], feed: Feed, updates: tuple[Update, ...], state: State
    ) -> None:
        self._incident = incident
        self._feed = feed
        self._updates = updates
        self._state: State = state
        self._told_texts = [update.text for update in updates]
        self._title = text_of(_plain(incident.get("external_desc")))
        self._service = text_of(incident.get("service_name"))
        self._common = self._told()

    def signals(self) -> Iterator[Signal]:
        if self._state == "operational":
            over = "over, by the vendor's word"
            yield self._signal(self._service, _texts.Said("no", over), self._updates)
            return
        products = self._products()
        storage = {name for name, ours in products.items() if ours}
        others = [name for name in products if name not in storage]
        elsewhere = self._other(len(others) > 1) if not storage else None
        for number, (name, ours) in enumerate(products.items()):
            said = self._of(name, others) if ours else elsewhere or _ANOTHER
            yield self._signal(name, said, () if number else self._updates)
        for name in elsewhere.names if elsewhere else ():
            yield self._signal(name, elsewhere or _ANOTHER, ())

    def _products(self) -> dict[str, bool]:
        """The products' titles, and whether each is storage."""
        found = {}
        for product in entries(self._incident, "affected_products")[:MOST_PRODUCTS]:
            title = text_of(product.get("title"))
            known = text_of(product.get("id")) in STORAGE_IDS
            now = text_of(product.get("current_title"))  # products are renamed
            ours = known or names_storage(title) or names_storage(now)
            found[title or now or text_of(product.get("id"))] = ours
        found = found or {self._service: names_storage(self._service)}
        # The storage comes first: what is said of an incident stands at its first signal.
        return dict(sorted(found.items(), key=lambda item: not item[1]))

    def _of(self, product: str, others: list[str]) -> _texts.Said:
        """A storage product is listed: does the text, newest first, say otherwise?"""
        if not others:  # then all that is said is about storage, named or not
            said = _texts.of_storage(product, self._told_texts)
            return said if said.storage == "no" else self._hit(product)
        for text in self._told_texts:
            said = _texts.of_other([text])
            if said.storage == "no" and said is not _texts.NOTHING:
                return _texts.Said("no", f"{product} is listed, but {said.why}")
            if said.storage == "yes":
                break
            left = [name for name in others if name and name in text]
            if left and _REST.search(text):
                only = f"the newest text speaks only of {text_of(', '.join(left), 120)}"
                return _texts.Said("unclear", f"{product} is listed, but {only}")
        return self._hit(product)

    @staticmethod
    def _hit(product: str) -> _texts.Said:
        return _texts.Said("yes", f"{product} is among the affected products")

    def _other(self, several: bool) -> _texts.Said:
        """No storage product is listed: does the text name one?

        A list of `several` is all there is; one product may stand for more that the text tells of.
        """
        said = _texts.of_other([*self._told_texts, self._title])
        named = any(name.lower() not in WHOLE for name in self._products())
        if said.storage == "unclear" and named and (several or not said.wide):
            return _texts.NOTHING
        if said is _texts.NOTHING and not named:
            return _texts.Said("unclear", "speaks of Google Cloud without naming products")
        return said

    def _signal(self, service: str, said: _texts.Said, updates: tuple[Update, ...]) -> Signal:
        return Signal(
            self._feed.name,
            self._feed.vendor,
            service=service,
            state=self._state,
            storage=said.storage,
            why=said.why,
            updates=updates,
            **self._common,
        )

    def _told(self) -> dict[str, Any]:
        """What is the same in all signals of the incident."""
        incident = self._incident
        times = [time_of(incident.get(key)) for key in ("begin", "created")]
        newest = self._updates[0] if self._updates else None
        merged = bool(newest and _MERGED.search(newest.text))
        over = "resolved" if self._state == "operational" else newest.phase if newest else ""
        return {
            "region": self._region(),
            "phase": "merged" if merged else over or "open",
            "title": self._title,
            "vendor_id": _id(incident),
            "started_at": min((at for at in times if at), default=None),
            "updated_at": newest.at if newest else time_of(incident.get("modified")),
            "link": _link(incident),
        }

    def _region(self) -> str:
        """The ids of all places that are affected now; in old schemas the one in the text."""
        places = entries(self._incident, "currently_affected_locations")
        if not places and self._updates:
            places = [
                place
                for update in entries(self._incident, "updates")[:1]
                for place in entries(update, "affected_locations")
            ]
        ids = [text_of(place.get("id")) for place in places[:MOST_PRODUCTS]]
        return ", ".join(code for code in ids if code) or region_in(self._title)


_ANOTHER = _texts.Said("no", "another product of an incident that lists storage for itself")


def _id(incident: dict[str, Any]) -> str:
    number = incident.get("number")
    text = str(number) if isinstance(number, int) else text_of(number)
    return text_of(incident.get("id")) or text


def _link(incident: dict[str, Any]) -> str:
    uri = text_of(incident.get("uri")).lstrip("/")
    return SITE + uri if uri and "://" not in uri else uri
