"""One event of AWS Health, from its API or from EventBridge: what it is about and how it stands."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidentbot.signals.feeds.contract import Feed, Signal, State, text_of
from incidentbot.signals.feeds.formats import _aws, _texts

# About the customer's account; says nothing of how a service does.
ACCOUNT = re.compile(r"^(?:AWS_)?(?:ABUSE|RISK)(?:_|$)", re.IGNORECASE)
INFORMATION = ("accountnotification", "investigation")
MOST_ENTITIES = 20


@dataclass(frozen=True, slots=True)
class Event:
    """An event in the API's words, texts cut; times in UTC, `status` as the vendor writes it."""

    arn: str
    service: str
    code: str
    category: str
    region: str
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    updated_at: datetime | None
    text: str
    entities: Sequence[str] = ()

    @property
    def informs(self) -> bool:
        """Whether it is a notice, or a matter of the account: no word on a service."""
        account = ACCOUNT.match(self.service) or ACCOUNT.match(self.code)
        return bool(account) or self.category.lower() in INFORMATION


def when(value: Any) -> datetime | None:
    """ISO 8601, epoch seconds or an RFC 1123 date."""
    return _aws.moment(value) or _texts.rfc822(value)


def service_of(event: Event) -> str:
    return _aws.short(event.service or event.code.removeprefix("AWS_").partition("_")[0])


def state_of(event: Event, read_at: datetime) -> State:
    """By the status; an event without one is over when its end is past. Severity is in no field."""
    status = event.status.lower()
    over = status == "closed"
    if not status and event.ended_at is not None:
        over = event.ended_at <= read_at
    if over:
        return "operational"
    return "maintenance" if event.category.lower() == "scheduledchange" else "degraded"


def ahead(event: Event, read_at: datetime) -> bool:
    """Whether it is planned and has not begun: some changes are announced months before."""
    if event.category.lower() != "scheduledchange":
        return False
    later = event.started_at is not None and event.started_at > read_at
    return event.status.lower() == "upcoming" or (not event.status and later)


def signals(event: Event, feed: Feed) -> Iterator[Signal]:
    """The signals of an event that is not mere information."""
    state = state_of(event, feed.read_at)
    more: dict[str, Any] = {}
    if ahead(event, feed.read_at):
        more = {"storage": "no", "why": "planned, and not under way yet"}
    updates = _aws.blob_updates(event.text, event.started_at or event.updated_at)
    service = service_of(event)
    yield from _aws.signals(
        feed,
        service,
        "" if event.region.lower() == "global" else event.region,
        state,
        updates,
        phase=event.status or ("closed" if state == "operational" else "open"),
        title=title_of(event),
        vendor_id=event.arn or _aws.key(f"{service}-{event.region}", event.started_at),
        started_at=event.started_at,
        updated_at=event.updated_at or event.ended_at or event.started_at,
        labels=labels_of(event),
        **more,
    )


def title_of(event: Event) -> str:
    words = event.code.removeprefix("AWS_").replace("_", " ").strip().lower()
    return text_of(words[:1].upper() + words[1:]) or event.service or "An event of AWS Health"


def labels_of(event: Event) -> dict[str, str]:
    if not event.entities:
        return {}
    shown = ", ".join(event.entities[:MOST_ENTITIES])
    more = len(event.entities) - MOST_ENTITIES
    return {"entities": f"{shown} and {more} more" if more > 0 else shown}
