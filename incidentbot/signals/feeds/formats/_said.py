"""What the formats of status pages share: how to name, date and judge what a page says."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Any

from incidentbot.signals import ORDER
from incidentbot.signals.feeds.contract import (
    Feed,
    Signal,
    State,
    Storage,
    Update,
    entries,
    names_storage,
    place_of_storage,
    region_in,
    text_of,
)

MOST = 20_000  # members of one list that are looked at
MOST_UPDATES = 50  # of one incident
OVER = frozenset(("resolved", "postmortem", "completed", "closed", "canceled", "cancelled"))

COMPONENT: Mapping[str, State] = {
    "operational": "operational",
    "degraded_performance": "degraded",
    "partial_outage": "partial_outage",
    "major_outage": "major_outage",
    "full_outage": "major_outage",
    "under_maintenance": "maintenance",
    # Of pages that copy the schema and not its words.
    "degraded": "degraded",
    "minor_outage": "partial_outage",
    "disrupted": "partial_outage",
    "outage": "major_outage",
    "down": "major_outage",
    "maintenance": "maintenance",
}

# Work at one of many edge sites, which are re-routed meanwhile: "OSL (Oslo) on 2026-03-02".
EDGE_WORK = re.compile(r"^[A-Z]{3} \(.+\) on \d{4}-\d\d-\d\d")

TAG = re.compile(r"<[^<>]{0,500}>")
# Whose fault it is said to be: the ground that everything of a page may stand on.
BLAMED = re.compile(
    r"\b(?:cloud|hosting|infrastructure|hosted) provider|\bAWS\b|\bnetwork infrastructure",
    re.IGNORECASE,
)
# A whole place or page, where no service is named.
WHOLE = re.compile(
    r"\bregional?\b|\b(?:all|multiple|several|many|some) (?:\w+ )?(?:services|products)\b"
    r"|\b(?:global|broad|widespread|company-wide) (?:\w+ )?(?:outage|disruption|issue|incident)",
    re.IGNORECASE,
)
# Words that are a product's name only when they are written like one.
COMMON = re.compile(r"\b(?:images|streams?|volumes|spaces)\b")
# Names that mean storage wherever they stand; words such as "volumes" or "images" do not.
STORES = re.compile(
    r"\b(?:Amazon S3|AWS S3|S3|R2|[Oo]bject [Ss]torage|[Bb]lock [Ss]torage|[Ff]ile [Ss]torage"
    r"|Cloud Storage|[Bb]lob [Ss]torage|[Ss]torage (?:accounts?|buckets?|service)|[Bb]uckets?"
    r"|EBS|EFS|CloudFront|Persistent Disk)\b"
)
NOT_HIT = re.compile(
    r"\b(?:un(?:affected|impacted)|not (?:been )?(?:affected|impacted)|no impact|normal(?:ly)?"
    r"|recovered|restored|resolved)\b",
    re.IGNORECASE,
)


def say(
    feed: Feed,
    state: State,
    *,
    service: str = "",
    group: str = "",
    region: str = "",
    title: str = "",
    said: Iterable[str] = (),
    **rest: Any,
) -> Signal:
    """One signal. `said` are the texts about it, newest first; they help to judge storage."""
    service = f"{group} / {service}" if group and service else service
    storage, why = judged(state, service, title, said)
    if storage != "yes" and bad(state) and place_of_storage(feed.vendor, service or title):
        storage, why = (
            "yes",
            f"{feed.vendor} only stores, and {service or title!r} is a place of it",
        )
    return Signal(
        feed.name,
        feed.vendor,
        service=service,
        region=region or region_in(service) or region_in(title),
        state=state,
        title=title or f"{service}: {state.replace('_', ' ')}",
        **{"storage": storage, "why": why} | rest,
    )


def judged(state: State, service: str, title: str, said: Iterable[str]) -> tuple[Storage, str]:
    """Whether storage is touched, by the name of the service, then the title, then the texts."""
    if state == "operational":
        return "no", "nothing is impaired"
    if names_storage(service):
        return "yes", f"the component {service!r} is storage"
    if names_storage(COMMON.sub(" ", title)):
        return "yes", f"the title {title!r} names storage"
    texts = list(said)
    stores = next(filter(None, (_stores(text) for text in texts[:1])), "")
    if stores:
        return ("unclear" if service else "yes"), f"the text names {stores!r}"
    about = " ".join((service, title, *texts))
    wide = BLAMED.search(about) or (None if service else WHOLE.search(about))
    if wide:
        return "unclear", f"speaks of {wide[0]!r} without naming storage"
    return "no", "no storage is named"


def _stores(text: str) -> str:
    """The storage that a sentence names, unless it says that it keeps working."""
    for sentence in re.split(r"[.!?]\s", text):
        named = STORES.search(sentence)
        if named and not NOT_HIT.search(sentence):
            return named[0]
    return ""


def quiet(feed: Feed, title: str) -> Signal:
    """The page in its own words: all is well."""
    return Signal(feed.name, feed.vendor, state="operational", title=title, storage="no")


def light(feed: Feed, state: State, title: str) -> Signal:
    """Only the light of a whole page is known, which names nothing."""
    if state == "operational":
        return quiet(feed, title)
    why = "only the page's light"
    return Signal(feed.name, feed.vendor, state=state, title=title, storage="unclear", why=why)


def listed(value: Any, key: str) -> list[dict[str, Any]]:
    """The objects in the list under `key`, not more than anybody has."""
    return entries(value, key)[:MOST]


def object_of(value: Any, *keys: str) -> dict[str, Any]:
    """The object under these keys, or an empty one."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def word_of(value: Any) -> str:
    """A word of a vocabulary as vendors write it: `Under-Maintenance` is `under_maintenance`."""
    return text_of(value, 60).lower().replace("-", "_").replace(" ", "_")


def number_of(value: Any) -> int | None:
    """An int, also one that came as a text; a flag is none."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def plain(html: Any, limit: int = 2000) -> str:
    """The text of a piece of HTML in one line."""
    if not isinstance(html, str):
        return ""
    return text_of(unescape(TAG.sub(" ", html[: limit * 8])), limit)


def link_of(value: Any) -> str:
    """An address a person may follow, or nothing."""
    text = text_of(value, 500)
    return text if text.startswith(("https://", "http://")) else ""


def utc_of(value: Any) -> datetime | None:
    """A time that bears no zone and means UTC."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def newest_first(updates: Iterable[Update]) -> tuple[Update, ...]:
    """Updates in the order of our normal form, whatever order they came in."""
    long_ago = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(updates, key=lambda u: u.at or long_ago, reverse=True))[:MOST_UPDATES]


def worst(states: Iterable[State]) -> State:
    """The worst of them; `operational` when there is none that is known."""
    return max((s for s in states if s in ORDER), key=ORDER.index, default="operational")


def bad(state: State) -> bool:
    return state not in ("operational", "unknown")
