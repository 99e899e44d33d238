"""Pingdom's webhook for uptime and transaction checks."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, shaped, words
from incidentbot.signals.hooks.proof import UrlSecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("check_id",),
    state=("current_state",),
    firing=words("DOWN", "UNCONFIRMED_DOWN", "FAILING"),
    resolved=words("UP", "SUCCESS"),
    worst=words("DOWN", "FAILING"),
    unseen=words("UNKNOWN", "PAUSED"),
    title=("check_name", "long_description"),
    service=("check_name",),
    link=("check_params.full_url", "check_params.url"),
    started_at=("state_changed_timestamp", "state_changed_utc_time"),
    updated_at=("state_changed_timestamp", "state_changed_utc_time"),
    labels={
        "check": "check_name",
        "type": "check_type",
        "host": "check_params.hostname",
        "importance": "importance_level",
        "description": "description",
    },
)


def recognises(body: Body) -> bool:
    return isinstance(body.json, dict) and {"check_id", "current_state"} <= set(body.json)


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)
