"""Prometheus Alertmanager, webhook versions 3 and 4."""

from incidentbot.signals.hooks.contract import Body, Feed, Signal, mute
from incidentbot.signals.hooks.proof import SecretOptions as Options
from incidentbot.signals.hooks.proof import by_secret as authenticate
from incidentbot.signals.hooks.receivers._prometheus import alerts_of

__all__ = ["Options", "authenticate", "parse", "recognises"]

KEYS = {"alerts", "groupKey", "receiver", "version"}
GRAFANAS = {"orgId", "numFiring", "title", "state"}


def recognises(body: Body) -> bool:
    page = body.json
    return isinstance(page, dict) and set(page) >= KEYS and not set(page) & GRAFANAS


def parse(body: Body, feed: Feed) -> list[Signal]:
    page = body.json
    if not isinstance(page, dict) or not isinstance(page.get("alerts"), list):
        return mute(feed, "not an Alertmanager webhook: there is no list of alerts")
    return alerts_of(page, feed)
