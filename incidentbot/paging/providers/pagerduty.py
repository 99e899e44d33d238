"""PagerDuty: pages by the Events API v2, knows who is on call by the REST API.

Field names and bounds are those of developer.pagerduty.com (Events API v2, REST API v2). An event
with a `dedup_key` that is known opens nothing new, so each may be sent again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode

from pydantic import Field, model_validator

from incidentbot import clock
from incidentbot.errors import Permanent
from incidentbot.paging.contract import Alert, Answer, Desk, Someone, What
from incidentbot.paging.wire import WireOptions, call
from incidentbot.settings import HttpUrl, Text
from incidentbot.settings.secrets import Secret
from incidentbot.settings.values import is_private, refuse

TITLE = "PagerDuty"

SEVERITIES = {1: "critical", 2: "error", 3: "warning", 4: "info", 5: "info"}
SUMMARY = 1024  # characters at most
EVENTS = {"acknowledged": "acknowledge", "resolved": "resolve"}
A_MOMENT = timedelta(seconds=1)


class Options(WireOptions):
    routing_key: Secret | None = Field(
        None, description="Variable with the integration key of a service (Events API v2)."
    )
    schedules: tuple[Text, ...] = Field(
        (), description="Ids of the schedules whose on-call people are asked in Slack too."
    )
    token: Secret | None = Field(
        None, description="Variable with a REST API key, for schedules and to see who acknowledged."
    )
    events_url: HttpUrl = Field(
        "https://events.pagerduty.com",
        description="Events API; in the EU https://events.eu.pagerduty.com.",
    )
    api_url: HttpUrl = Field(
        "https://api.pagerduty.com", description="REST API; in the EU https://api.eu.pagerduty.com."
    )

    @model_validator(mode="after")
    def _can_do_something(self) -> Self:
        if self.routing_key is None and not self.schedules:
            refuse("is missing: give it, or `schedules`, or both", at="routing_key")
        if self.schedules and self.token is None:
            refuse("is missing: schedules are read with it", at="token")
        for key in ("events_url", "api_url"):
            if is_private(getattr(self, key)) and not self.allow_private:
                refuse("is a private address; add `allow_private: true` if that is meant", at=key)
        return self


def knows(options: Options) -> bool:
    return bool(options.schedules)


def pages(options: Options) -> bool:
    return options.routing_key is not None


async def on_call(options: Options, at: datetime, desk: Desk) -> list[Someone]:
    """Whom the schedules name, each once, in the order of the answer."""
    found: dict[str, Someone] = {}
    for row in await _on_calls(options, at, desk):
        user = row.get("user")
        if isinstance(user, dict) and isinstance(user.get("id"), str):
            found.setdefault(user["id"], _someone(user, desk))
    return list(found.values())


async def changes(options: Options, at: datetime, desk: Desk) -> datetime | None:
    ends = []
    for row in await _on_calls(options, at, desk):
        if isinstance(row.get("end"), str):
            try:
                ends.append(clock.parse(row["end"]))
            except ValueError:
                continue
    return min(ends, default=None)


async def page(options: Options, alert: Alert, desk: Desk) -> str:
    payload = {
        "summary": alert.title[:SUMMARY],
        "source": alert.source,
        "severity": SEVERITIES[alert.severity],
        "timestamp": clock.iso(alert.at),
        "custom_details": {"text": alert.text},
        **({"component": alert.dependency} if alert.dependency else {}),
    }
    more = {
        "payload": payload,
        "links": [{"href": alert.link, "text": "Incidentbot's pages"}],
        "client": "Incidentbot",
        "client_url": alert.link,
    }
    answer = await _event(options, desk, "trigger", alert.key, more)
    return str(answer.get("dedup_key") or alert.key)


async def tell(options: Options, alert: Alert, what: What, desk: Desk) -> None:
    await _event(options, desk, EVENTS[what], alert.key, {})


async def answer(options: Options, alert: Alert, desk: Desk) -> Answer:
    """Asked of the REST API; without a token nobody can tell, and it stays open."""
    if options.token is None:
        return Answer("open")
    wanted = [
        ("incident_key", alert.key),
        ("include[]", "acknowledgers"),
        *(("statuses[]", state) for state in STATES),
    ]
    found = await _get(options, desk, "/incidents", wanted)
    rows = [row for row in found.get("incidents") or [] if isinstance(row, dict)]
    ours = [row for row in rows if row.get("incident_key") in (None, alert.key)]
    taken = next((row for row in ours if row.get("status") == "acknowledged"), None)
    if taken is None:
        over = bool(ours) and all(row.get("status") == "resolved" for row in ours)
        return Answer("resolved") if over else Answer("open")
    for one in reversed(taken.get("acknowledgements") or []):
        by = one.get("acknowledger") if isinstance(one, dict) else None
        if isinstance(by, dict) and str(by.get("type", "")).startswith("user"):
            return Answer("acknowledged", _someone(by, desk))
    return Answer("acknowledged")


STATES = ("triggered", "acknowledged", "resolved")


def _someone(user: dict[str, Any], desk: Desk) -> Someone:
    """By `people`, or else as PagerDuty calls them, with the e-mail address that Slack may know."""
    id, email = str(user.get("id") or ""), str(user.get("email") or "")
    for key, value in (("pagerduty", id), ("email", email)):
        person = desk.roster.outside(key, value)  # type: ignore[arg-type]
        if person is not None:
            return person
    name = str(user.get("name") or user.get("summary") or id)
    return Someone(name, email=email, id=f"pagerduty:{id}")


async def _on_calls(options: Options, at: datetime, desk: Desk) -> list[dict[str, Any]]:
    wanted = [
        *(("schedule_ids[]", schedule) for schedule in options.schedules),
        ("include[]", "users"),
        ("since", clock.iso(at)),
        ("until", clock.iso(at + A_MOMENT)),
        ("limit", "100"),
    ]
    found = await _get(options, desk, "/oncalls", wanted)
    rows = found.get("oncalls")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


async def _get(
    options: Options, desk: Desk, path: str, wanted: list[tuple[str, str]]
) -> dict[str, Any]:
    if options.token is None:
        raise Permanent("the configuration names no `token` for its REST API")
    headers = {
        "Accept": "application/vnd.pagerduty+json;version=2",
        "Authorization": f"Token token={options.token.reveal()}",
    }
    url = f"{options.api_url.rstrip('/')}{path}?{urlencode(wanted)}"
    return await call(desk.http, options, "GET", url, headers)


async def _event(
    options: Options, desk: Desk, action: str, key: str, more: dict[str, Any]
) -> dict[str, Any]:
    if options.routing_key is None:
        raise Permanent("the configuration names no `routing_key`")
    body = {
        "routing_key": options.routing_key.reveal(),
        "event_action": action,
        "dedup_key": key,
        **more,
    }
    return await call(
        desk.http, options, "POST", f"{options.events_url.rstrip('/')}/v2/enqueue", {}, body
    )
