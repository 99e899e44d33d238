"""incident.io: the summary inside a page, the widget's summary, and a page's bare component list.

What is absent is the text "$undefined" or null. Only affected components have a state. Flashduty's
widget is the same with other names for the title and the phase.
"""

from collections.abc import Iterator
from typing import Any

from incidentbot.signals.feeds.contract import (
    Body,
    Feed,
    Signal,
    State,
    Update,
    text_of,
    time_of,
    unknown,
)
from incidentbot.signals.feeds.formats._said import (
    COMPONENT,
    OVER,
    bad,
    link_of,
    listed,
    newest_first,
    object_of,
    plain,
    quiet,
    say,
    word_of,
)

UNDER_WAY = ("maintenance_in_progress", "in_progress", "verifying")


def recognises(body: Body) -> bool:
    """Ongoing incidents beside a page's title or structure, or components of a status page id."""
    page = _page(body.json)
    if _ongoing(page):
        return True
    parts = listed(page, "components")[:1]
    return "status" not in page and any("status_page_id" in part for part in parts)


def parse(body: Body, feed: Feed) -> list[Signal]:
    """One signal per affected component of an ongoing incident or maintenance."""
    page = _page(body.json)
    if not _ongoing(page):
        if not listed(page, "components"):
            return unknown(feed, "JSON, but not a summary of incident.io")
        why = "a list of components without any state"
        return [Signal(feed.name, feed.vendor, state="unknown", storage="no", why=why)]
    return _Reader(page, feed).signals()


def _page(value: Any) -> dict[str, Any]:
    return object_of(value, "summary") or (value if isinstance(value, dict) else {})


def _ongoing(page: dict[str, Any]) -> bool:
    """Whether it has the list of ongoing incidents; null is one without members."""
    found = page.get("ongoing_incidents", "")
    return isinstance(found, list) or (found is None and "scheduled_maintenances" in page)


class _Reader:
    def __init__(self, page: dict[str, Any], feed: Feed) -> None:
        self._page = page
        self._feed = feed
        self._names: dict[str, tuple[str, str]] = {}  # id -> (group, name)
        for part in listed(page, "components"):
            self._names[_text(part.get("id"))] = ("", _text(part.get("name")))
        for item in listed(object_of(page, "structure"), "items"):
            group = object_of(item, "group")
            for part in listed(group, "components"):
                name = (_text(group.get("name")), _text(part.get("name")))
                self._names[_text(part.get("component_id"))] = name

    def signals(self) -> list[Signal]:
        found = [s for i in listed(self._page, "ongoing_incidents") for s in self._event(i)]
        for work in listed(self._page, "in_progress_maintenances"):
            found += self._event(work, "maintenance", begun=True)
        for work in listed(self._page, "scheduled_maintenances"):
            if _phase(work) in UNDER_WAY:
                found += self._event(work, "maintenance", begun=True)
        told = {signal.service for signal in found}
        for part in listed(self._page, "affected_components"):
            group, name = self._name(part)
            state = _state(part)
            if bad(state) and (f"{group} / {name}" if group else name) not in told:
                found.append(say(self._feed, state, group=group, service=name))
        return found or [quiet(self._feed, "No ongoing incident")]

    def _event(
        self, about: dict[str, Any], least: State = "degraded", *, begun: bool = False
    ) -> Iterator[Signal]:
        phase = _phase(about)
        if phase in OVER:
            return
        if _text(about.get("type")) == "maintenance":
            least = "maintenance"
        named = listed(about, "affected_components")
        faulty = [part for part in named if bad(_state(part))]
        for part in faulty:
            yield self._signal(about, part, _state(part))
        if faulty:
            return
        worst = about.get("current_worst_impact") or about.get("impact")
        impact = COMPONENT.get(word_of(worst), least)
        calm = phase == "monitoring" or (least == "degraded" and _all_well(named))
        if least == "maintenance" and not begun and phase not in (*UNDER_WAY, ""):
            return
        state: State = "operational" if calm else impact if bad(impact) else least
        yield self._signal(about, named[0] if named else {}, state)

    def _name(self, part: dict[str, Any]) -> tuple[str, str]:
        known = self._names.get(_text(part.get("component_id")) or _text(part.get("id")))
        return known or (_text(part.get("group_name")), _text(part.get("name")))

    def _signal(self, about: dict[str, Any], part: dict[str, Any], state: State) -> Signal:
        updates = newest_first(_updates(about))
        last = object_of(about, "last_update")
        newest = plain(about.get("last_update_message")) or plain(last.get("message"))
        said = [update.text for update in updates] or [newest]
        changed = [about.get("last_update_at"), last.get("at"), about.get("updated_at")]
        starts = [time_of(about.get(key)) for key in ("published_at", "started_at", "starts_at")]
        starts += [update.at for update in updates[-1:]]  # it may be dated before the publication
        group, name = self._name(part)
        return say(
            self._feed,
            state,
            group=group,
            service=name,
            title=_text(about.get("name")) or _text(about.get("title")),
            said=said,
            phase=_phase(about),
            vendor_id=_text(about.get("id")),
            started_at=min(filter(None, starts), default=None),
            updated_at=(updates[0].at if updates else None)
            or next(filter(None, map(time_of, changed)), None),
            updates=updates,
            link=link_of(about.get("url")) or link_of(self._page.get("public_url")),
        )


def _text(value: Any) -> str:
    text = text_of(value)
    return "" if text == "$undefined" else text


def _phase(about: dict[str, Any]) -> str:
    return word_of(about.get("status")) or word_of(about.get("phase"))


def _state(part: dict[str, Any]) -> State:
    """The state now; `status` is the worst of the incident and counts only without it."""
    now = _text(part.get("current_status")) or _text(part.get("status"))
    return COMPONENT.get(word_of(now), "unknown")


def _all_well(named: list[dict[str, Any]]) -> bool:
    """Whether each named component says itself that it is operational again."""
    return bool(named) and all(_text(part.get("current_status")) == "operational" for part in named)


def _updates(about: dict[str, Any]) -> Iterator[Update]:
    for update in listed(about, "updates"):
        text = plain(_text(update.get("message_string")) and update.get("message_string"))
        yield Update(time_of(update.get("published_at")), word_of(update.get("to_status")), text)
