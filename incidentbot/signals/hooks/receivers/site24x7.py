"""Site24x7, whose times bear names of zones; those that are numbers are read."""

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, fields, shaped, words
from incidentbot.signals.hooks.proof import UrlSecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("MONITORNAME", "MONITORURL"),
    state=("STATUS",),
    firing=words("TROUBLE", "CRITICAL", "DOWN"),
    worst=words("DOWN"),
    resolved=words("UP"),
    severity=("STATUS",),
    title=("INCIDENT_REASON", "MONITORNAME"),
    service=("MONITORNAME",),
    link=("MONITOR_DASHBOARD_LINK",),
    started_at=("INCIDENT_TIME_ISO", "OUTAGE_TIME_UNIX_FORMAT"),
    updated_at=("INCIDENT_TIME_ISO", "ct"),
    labels={
        "monitor": "MONITORNAME",
        "type": "MONITORTYPE",
        "group": "MONITOR_GROUPNAME",
        "failed_from": "FAILED_LOCATIONS",
    },
)


def recognises(body: Body) -> bool:
    page = fields(body)
    return isinstance(page, dict) and {"MONITORNAME", "STATUS"} <= set(page)


def parse(body: Body, feed: Feed) -> list[Signal]:
    return shaped(body, feed, SHAPE)
