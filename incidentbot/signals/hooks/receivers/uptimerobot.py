"""UptimeRobot's webhook: a JSON or form of its variables, under their names or with underscores."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, fields, shaped, words
from incidentbot.signals.hooks.proof import UrlSecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("monitorID", "monitor_id", "monitorURL", "monitor_url"),
    state=("alertType", "alert_type", "alertTypeFriendlyName", "alert_type_friendly_name"),
    firing=words("3", "SSL expiry"),
    worst=words("1", "Down"),
    resolved=words("2", "Up"),
    title=("alertDetails", "alert_details", "monitorFriendlyName", "monitor_friendly_name"),
    service=("monitorFriendlyName", "monitor_friendly_name"),
    link=("monitorURL", "monitor_url"),
    started_at=("alertDateTime", "alert_date_time"),
    updated_at=("alertDateTime", "alert_date_time"),
    labels={"monitor": "monitorFriendlyName", "url": "monitorURL"},
)


def recognises(body: Body) -> bool:
    sent = fields(body)
    return isinstance(sent, dict) and any(
        set(names) <= set(sent)
        for names in (("monitorFriendlyName", "alertType"), ("monitor_friendly_name", "alert_type"))
    )


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)
