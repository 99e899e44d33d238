"""Graylog: an event of today, or the stream alert of old. It never tells that it is over."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, at, shaped, words
from incidentbot.signals.hooks.proof import UrlSecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("event_definition_id", "event.key", "stream.id"),
    state=("check_result.triggered", "event.alert"),
    firing=words("true"),
    resolved=words("false"),
    title=("event_definition_title", "check_result.result_description", "event.message"),
    service=("event_definition_title", "stream.title"),
    started_at=("check_result.triggered_at", "event.timestamp"),
    updated_at=("check_result.triggered_at", "event.timestamp"),
    labels={"stream": "stream.title", "event": "event_definition_title"},
    named=("event_definition_title", "stream.title"),  # "stream" is a word of its own there
)


def recognises(body: Body) -> bool:
    page = body.json
    return (
        at(page, "check_result", "triggered") is not None
        or at(page, "event_definition_id") is not None
    )


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)
