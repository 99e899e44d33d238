"""StatusGator, which watches vendors' status pages; it posts a form."""

from typing import ClassVar

from incidentbot.settings import Weight
from incidentbot.signals.hooks.contract import (
    Body,
    Feed,
    Request,
    Shape,
    Signal,
    fields,
    shaped,
    words,
)
from incidentbot.signals.hooks.proof import UrlSecretOptions, by_secret

SHAPE = Shape(
    key=("service_name", "component_name"),
    state=("current_status",),
    firing=words("warn", "down", "maintenance"),
    resolved=words("up"),
    unseen=words("unknown", ""),
    severity=("current_status",),
    title=("details", "message", "service_name"),
    service=("service_name",),
    link=("status_page_url",),
    started_at=("occurred_at",),
    updated_at=("occurred_at",),
    labels={"vendor": "service_name", "component": "component_name", "before": "last_status"},
)


class Options(UrlSecretOptions):
    WEIGHT: ClassVar[Weight] = "feed"


def authenticate(request: Request, options: Options) -> str:
    """StatusGator can be given an address and nothing else."""
    return by_secret(request, options)


def recognises(body: Body) -> bool:
    sent = fields(body)
    return isinstance(sent, dict) and {"service_name", "current_status"} <= set(sent)


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)
