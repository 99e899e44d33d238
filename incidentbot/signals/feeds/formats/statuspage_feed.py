"""Incident histories: one entry per incident or maintenance with all its updates.

Statuspage's `history.atom` and `history.rss`, and those of Instatus and others that do it alike.
An entry names no impact; Instatus names the components in its text. What `published` (`pubDate`)
means differs: the newest update of a Statuspage, the start at Instatus.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from incidentbot.signals.feeds.contract import Body, Feed, Signal, State, unknown
from incidentbot.signals.feeds.formats._prose import judge, severity
from incidentbot.signals.feeds.formats._said import EDGE_WORK, OVER, plain, quiet, say
from incidentbot.signals.feeds.formats._stages import Stages, stages
from incidentbot.signals.feeds.formats._xml import Channel, Item, channel_of, head_of, kind_of

PLANNED = ("scheduled", "in_progress", "verifying")
RECENT = timedelta(days=1)  # how long a resolved incident is still told
STALE = timedelta(days=7)  # an entry without any phase tells nothing after that
WORK = re.compile(r"Type:\s{0,5}Maintenance\b")
AFFECTED = re.compile(r"Affected Components:(?:\s{0,9}</strong>)?[ \t]{0,9}([^\s<>][^\n<>]{0,500})")
MOST_PARTS = 20


def recognises(body: Body) -> bool:
    """An incident history by its title, its id or its one-word description."""
    kind = kind_of(body)
    if not kind:
        return False
    title, about = head_of(body)
    return (
        title.lower().endswith("incident history")
        or ",2005:/history" in about
        or (kind == "rss" and about == "Statuspage")
    )


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per open incident and maintenance under way; one if there is none."""
    channel = channel_of(body)
    if channel is None or not (channel.title or channel.items):
        return unknown(feed, "XML, but not an incident history")
    found = [signal for item in channel.items for signal in _told(item, feed)]
    if any(signal.phase not in OVER for signal in found):
        return found
    return [quiet(feed, _calm(channel)), *found]


def _told(item: Item, feed: Feed) -> Iterator[Signal]:
    """The incident, unless it is history or a work that is only announced."""
    html = item.html
    read = stages(html, item.at)
    if read is None:
        yield from _unstaged(item, feed)
        return
    work = "Type:" in html and bool(WORK.search(plain(html[:500])))
    planned = "THIS IS A SCHEDULED EVENT" in html or read.phase in PLANNED or work
    newest = read.newest() or item.updated or item.at
    if read.phase in OVER:
        if newest and feed.read_at - newest < RECENT:
            yield from _signals(item, read, "operational", feed)
        return
    state = _state(item, read, planned, begun=work and _begun(item, feed.read_at))
    edge = planned and EDGE_WORK.match(item.title)
    if (not planned or state == "maintenance") and not edge:
        yield from _signals(item, read, state, feed)


def _unstaged(item: Item, feed: Feed) -> Iterator[Signal]:
    """An entry whose text has another form: judged by its words, and history after some days."""
    text = plain(item.html)
    state, phase = judge(item.title, item.html, text)
    at = item.updated or item.at
    age = feed.read_at - at if at else timedelta(0)
    if age > STALE or (phase in OVER and age > RECENT):
        return
    state = "degraded" if state == "unknown" else state
    if phase != "scheduled":
        yield from _signals(item, Stages(phase), state, feed)


def _calm(channel: Channel) -> str:
    return "No open incident" if channel.items else "No incident in the history"


def _begun(item: Item, now: datetime) -> bool:
    """Whether announced work has started: such an entry is dated when it does."""
    return item.at is not None and item.at <= now


def _state(item: Item, read: Stages, planned: bool, *, begun: bool) -> State:
    if read.phase == "monitoring" and not begun:
        return "operational"
    if planned:
        return "maintenance" if begun or read.phase in PLANNED[1:] else "operational"
    return severity(item.title) or "degraded"


def _signals(item: Item, read: Stages, state: State, feed: Feed) -> Iterator[Signal]:
    """One per component that the entry names, else one."""
    updates = read.updates()
    for part in _parts(item):
        yield say(
            feed,
            state,
            service=part,
            title=item.title,
            said=[update.text for update in updates] or [plain(item.html)],
            phase=read.phase or "open",
            vendor_id=item.id,
            started_at=updates[-1].at if updates else item.at,
            updated_at=updates[0].at if updates else item.updated or item.at,
            updates=updates,
            link=item.link,
        )


def _parts(item: Item) -> list[str]:
    texts = (text for text in (item.html, item.brief) if "Affected Components:" in text)
    found = next(filter(None, map(AFFECTED.search, texts)), None)
    names = [name.strip() for name in found[1].split(",")] if found else []
    return list(filter(None, names))[:MOST_PARTS] or [""]
