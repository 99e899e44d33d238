"""Prometheus Alertmanager, webhook versions 3 and 4, and what relays make of them.

Some pass on each alert by itself, and what people send to try it out has the alerts and no more.
"""

from typing import Any

from incidentbot.signals.hooks.contract import Body, Feed, Signal, mute
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate
from incidentbot.signals.hooks.receivers._prometheus import alerts_of

__all__ = ["Options", "authenticate", "parse", "recognises"]

KEYS = {"alerts", "groupKey", "receiver", "version"}
ALERT = {"labels", "status"}
GRAFANAS = {"orgId", "numFiring", "title", "state"}


def recognises(body: Body) -> bool:
    page = body.json
    if not isinstance(page, dict) or set(page) & GRAFANAS:
        return False
    items = page.get("alerts")
    if not isinstance(items, list):
        return _is_alert(page)
    return set(page) >= KEYS or (bool(items) and all(_is_alert(item) for item in items))


def _is_alert(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("labels"), dict)
        and item.get("status") in ("firing", "resolved")
    )


def parse(body: Body, feed: Feed) -> list[Signal]:
    page = body.json
    if _is_alert(page) and "alerts" not in page:
        page = {"alerts": [page]}
    if not isinstance(page, dict) or not isinstance(page.get("alerts"), list):
        return mute(feed, "not an Alertmanager webhook: there is no list of alerts")
    return alerts_of(page, feed)
