"""Zabbix, media type "Webhook": fields that the user names, mostly after Zabbix's macros.

`{EVENT.ID}` becomes `event_id` with some and stays `EVENT.ID` with others, so all are read alike.
"""

import re
from dataclasses import replace
from typing import Any

from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, first, shaped, words
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "recognises"]

SHAPE = Shape(
    key=("key",),
    state=("event_status", "trigger_status", "status", "event_value", "trigger_value"),
    firing=words("PROBLEM", "UPDATE", "1"),
    resolved=words("RESOLVED", "OK", "RECOVERY", "0"),
    severity=("event_severity", "trigger_severity", "severity", "event_nseverity"),
    title=("event_name", "trigger_name", "trigger", "item"),
    service=("hostname", "host_name", "host"),
    link=("link", "trigger_url"),
    labels={"host": "hostname", "item": "item", "trigger": "trigger"},
)
HOSTS = ("host", "hostname", "host_name")
TRIGGERS = ("trigger", "trigger_id", "trigger_name", "event_name")
NUMBER = re.compile(r"[?&]triggerid=(\d{1,20})(?!\d)")


def recognises(body: Body) -> bool:
    page = _alike(body.json)
    return any(key in page for key in TRIGGERS) and any(key in page for key in HOSTS)


def parse(body: Body, feed: Feed) -> list[Signal]:
    page = _alike(body.json)
    return shaped(replace(body, json={**page, "key": _key(page)}), feed, SHAPE)


def _alike(page: Any) -> dict[str, Any]:
    if not isinstance(page, dict):
        return {}
    return {str(key).strip("{}").lower().replace(".", "_"): value for key, value in page.items()}


def _key(page: dict[str, Any]) -> str:
    """Host and trigger, by its number if there is one: its name may tell of its state.

    The link's eventid is no key: the recovery has another.
    """
    link = NUMBER.search(first((page.get("link"), page.get("trigger_url"))))
    trigger = first((page.get("trigger_id"), link[1] if link else ""))
    trigger = trigger or first(page.get(key) for key in TRIGGERS)
    host = ":".join(filter(None, (first((page.get(key),)) for key in HOSTS)))
    return f"{host}:{trigger}" if trigger else ""
