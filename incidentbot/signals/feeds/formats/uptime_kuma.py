"""Uptime Kuma: the heartbeats of a status page, and the page itself.

The page names the monitors, the heartbeats have their states: two documents. Times are UTC.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from incidentbot.signals.feeds.contract import Body, Feed, Signal, State, text_of, unknown
from incidentbot.signals.feeds.formats._said import (
    MOST,
    bad,
    listed,
    number_of,
    object_of,
    plain,
    quiet,
    say,
    utc_of,
    word_of,
)

BEATS: dict[int | None, State] = {
    0: "major_outage",
    1: "operational",
    2: "degraded",
    3: "maintenance",
}
STYLES: dict[str, State] = {"danger": "major_outage", "warning": "degraded"}


def recognises(body: Body) -> bool:
    """A list of heartbeats, or a page with groups of monitors."""
    page = body.json
    return isinstance(page, dict) and ("heartbeatList" in page or "publicGroupList" in page)


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per monitor that is not up, and per pinned incident and maintenance."""
    page = body.json
    if not isinstance(page, dict):
        return unknown(feed, "JSON, but not of Uptime Kuma")
    names = {
        str(monitor.get("id")): (text_of(group.get("name")), text_of(monitor.get("name")))
        for group in listed(page, "publicGroupList")
        for monitor in listed(group, "monitorList")
    }
    found = [*_pinned(page, feed), *_planned(page, feed)]
    beats = object_of(page, "heartbeatList")
    states = []
    for monitor in list(beats)[:MOST]:
        last = max(listed(beats, monitor), key=_time, default={})
        states.append(BEATS.get(number_of(last.get("status")), "unknown"))
        if bad(states[-1]):
            group, name = names.get(monitor, ("", f"monitor {monitor}"))
            found.append(_down(group, name, monitor, last, states[-1], feed))
    if found:
        return found
    if any(state != "unknown" for state in states):
        return [quiet(feed, "All monitors are up")]
    if "heartbeatList" in page or not names:
        return unknown(feed, "no heartbeat in it")
    why = "the page names its monitors; their states are in its heartbeat document"
    return [Signal(feed.name, feed.vendor, state="unknown", storage="no", why=why)]


def _time(beat: dict[str, Any]) -> datetime:
    return utc_of(beat.get("time")) or datetime.min.replace(tzinfo=UTC)


def _down(
    group: str, name: str, monitor: str, last: dict[str, Any], state: State, feed: Feed
) -> Signal:
    message = text_of(last.get("msg"))
    return say(
        feed,
        state,
        group=group,
        service=name,
        title=f"{name}: {message}" if message else "",
        vendor_id=monitor,
        updated_at=utc_of(last.get("time")),
    )


def _pinned(page: dict[str, Any], feed: Feed) -> Iterator[Signal]:
    """What somebody pinned to the page; a style that is neither red nor yellow is a notice."""
    for incident in [object_of(page, "incident"), *listed(page, "incidents")]:
        state = STYLES.get(word_of(incident.get("style")), "unknown")
        if bad(state) and incident.get("active") is not False:
            said = plain(incident.get("content"))
            yield say(
                feed,
                state,
                title=text_of(incident.get("title")),
                said=[said],
                phase="open",
                vendor_id=str(number_of(incident.get("id")) or ""),
                started_at=utc_of(incident.get("createdDate")),
                updated_at=utc_of(incident.get("lastUpdatedDate") or incident.get("createdDate")),
            )


def _planned(page: dict[str, Any], feed: Feed) -> Iterator[Signal]:
    for work in listed(page, "maintenanceList"):
        if word_of(work.get("status")) == "under_maintenance":
            slots = listed(work, "timeslotList")
            yield say(
                feed,
                "maintenance",
                title=text_of(work.get("title")),
                said=[plain(work.get("description"))],
                phase="under_maintenance",
                vendor_id=str(number_of(work.get("id")) or ""),
                started_at=utc_of(slots[0].get("startDate")) if slots else None,
            )
