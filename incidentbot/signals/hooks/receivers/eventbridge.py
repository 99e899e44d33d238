"""Amazon EventBridge through an API destination: CloudWatch alarms and AWS Health events."""

from typing import ClassVar

from incidentbot.settings import Weight
from incidentbot.signals.hooks.contract import Body, Feed, Request, Signal, mute
from incidentbot.signals.hooks.proof import SecretOptions, by_secret
from incidentbot.signals.hooks.receivers._aws import event

KEYS = {"detail-type", "source", "detail"}


class Options(SecretOptions):
    WEIGHT: ClassVar[Weight] = "feed"


def authenticate(request: Request, options: Options) -> str:
    """The API key of the connection, in the header that `header` names, or Basic."""
    return by_secret(request, options)


def recognises(body: Body) -> bool:
    return isinstance(body.json, dict) and set(body.json) >= KEYS


def parse(body: Body, feed: Feed) -> list[Signal]:
    if not recognises(body):
        return mute(feed, "not an event: detail-type, source or detail is missing")
    return event(body.json, feed)
