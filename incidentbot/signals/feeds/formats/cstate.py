"""cState's `index.json`: systems, and the issues of each that are not resolved."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from incidentbot.signals.feeds.contract import Body, Feed, Signal, State, text_of, unknown
from incidentbot.signals.feeds.formats._said import bad, light, link_of, listed, quiet, say, word_of

WORDS: dict[str, State] = {
    "ok": "operational",
    "notice": "degraded",
    "disrupted": "partial_outage",
    "down": "major_outage",
}
# As Go prints a time: 2026-03-02 18:20:02.5 +0100 CET.
GO_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?) ([+-]\d{4})\b")


def recognises(body: Body) -> bool:
    """An index with cState's version, or with its systems and a summary in its words."""
    page = body.json
    if not isinstance(page, dict):
        return False
    return "cStateVersion" in page or ("summaryStatus" in page and "systems" in page)


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per system that is not well, and per open issue of one that is."""
    page = body.json
    if not isinstance(page, dict) or not {"systems", "summaryStatus"} & set(page):
        return unknown(feed, "JSON, but not an index of cState")
    systems = listed(page, "systems")
    found = [signal for system in systems for signal in _system(system, feed)]
    if found:
        return found
    state = WORDS.get(word_of(page.get("summaryStatus")), "unknown")
    if any(word_of(system.get("status")) in WORDS for system in systems):
        return [quiet(feed, "All systems are ok")]
    if state == "unknown":
        return unknown(feed, "neither systems nor a summary that is known")
    return [light(feed, state, text_of(page.get("summaryStatus")))]


def _system(system: dict[str, Any], feed: Feed) -> Iterator[Signal]:
    state = WORDS.get(word_of(system.get("status")), "unknown")
    issues = [
        issue
        for issue in listed(system, "unresolvedIssues")
        if issue.get("resolved") is not True and issue.get("informational") is not True
    ]
    for issue in issues:
        severity = WORDS.get(word_of(issue.get("severity")), "degraded")
        yield _signal(system, issue, state if bad(state) else severity, feed)
    if bad(state) and not issues:
        yield _signal(system, {}, state, feed)


def _signal(system: dict[str, Any], issue: dict[str, Any], state: State, feed: Feed) -> Signal:
    return say(
        feed,
        state,
        group=text_of(system.get("category")),
        service=text_of(system.get("name")),
        title=text_of(issue.get("title")),
        phase="open" if issue else "",
        vendor_id=text_of(issue.get("filename")) or text_of(issue.get("permalink")),
        started_at=go_time(issue.get("createdAt")),
        updated_at=go_time(issue.get("lastMod")),
        link=link_of(issue.get("permalink")),
    )


def go_time(value: Any) -> datetime | None:
    """A time as Go prints it, in UTC; `<no value>` and the like are none."""
    found = GO_TIME.match(text_of(value, 60))
    try:
        at = datetime.fromisoformat(f"{found[1]}{found[2]}") if found else None
        return at.astimezone(UTC) if at else None
    except (ValueError, OverflowError):
        return None
