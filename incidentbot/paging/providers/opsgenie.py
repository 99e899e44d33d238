"""Opsgenie: pages by the Alert API, knows who is on call by the Schedule API.

Field names and bounds are those of docs.opsgenie.com. A second alert with the same open `alias`
only counts up, so each call may be sent again. Its words are taken up later (202), so that an
alert which was just made may not be found yet.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Self
from urllib.parse import quote, urlencode

from pydantic import Field, model_validator

from incidentbot import clock
from incidentbot.errors import Permanent
from incidentbot.paging.contract import Alert, Answer, Desk, Someone, What
from incidentbot.paging.wire import WireOptions, call
from incidentbot.settings import Flag, HttpUrl, SettingsModel, Text
from incidentbot.settings.secrets import Secret
from incidentbot.settings.values import is_private, refuse

TITLE = "Opsgenie"

MESSAGE, DESCRIPTION = 130, 15_000  # characters at most
VERBS = {"acknowledged": "acknowledge", "resolved": "close"}


class Responder(SettingsModel):
    type: Literal["team", "user", "schedule", "escalation"] = Field(description="What it is.")
    name: Text = Field(description="Its name; of a user, the user name.")


class Options(WireOptions):
    key: Secret = Field(description="Variable with the key of an API integration.")
    alerts: Flag = Field(True, description="Whether it is to page; else it only tells who is on.")
    responders: tuple[Responder, ...] = Field(
        (), description="Whom an alert goes to; left out: whom the integration names."
    )
    schedules: tuple[Text, ...] = Field(
        (), description="Names of the schedules whose on-call people are asked in Slack too."
    )
    api_url: HttpUrl = Field(
        "https://api.opsgenie.com", description="Its API; in the EU https://api.eu.opsgenie.com."
    )

    @model_validator(mode="after")
    def _can_do_something(self) -> Self:
        if not self.alerts and not self.schedules:
            refuse("is missing: with `alerts: false` there is nothing else to do", at="schedules")
        if is_private(self.api_url) and not self.allow_private:
            refuse("is a private address; add `allow_private: true` if that is meant", at="api_url")
        return self


def knows(options: Options) -> bool:
    return bool(options.schedules)


def pages(options: Options) -> bool:
    return options.alerts


async def on_call(options: Options, at: datetime, desk: Desk) -> list[Someone]:
    """Whom the schedules name, each once."""
    found: dict[str, Someone] = {}
    for schedule in options.schedules:
        wanted = {"scheduleIdentifierType": "name", "flat": "true", "date": clock.iso(at)}
        path = f"/v2/schedules/{quote(schedule, safe='')}/on-calls"
        data = (await _call(options, desk, "GET", path, wanted)).get("data")
        for user in (data.get("onCallRecipients") if isinstance(data, dict) else None) or []:
            if isinstance(user, str) and user:
                found.setdefault(user, _someone(user, desk))
    return list(found.values())


async def changes(_options: Options, _at: datetime, _desk: Desk) -> datetime | None:
    return None


async def page(options: Options, alert: Alert, desk: Desk) -> str:
    body = {
        "message": alert.title[:MESSAGE],
        "alias": alert.key,
        "description": alert.text[:DESCRIPTION],
        "priority": f"P{alert.severity}",
        "source": alert.source,
        "entity": alert.dependency,
        "details": {"link": alert.link},
        **({"responders": [_responder(one) for one in options.responders]} if options.responders
           else {}),
    }  # fmt: skip
    answer = await _call(options, desk, "POST", "/v2/alerts", {}, body)
    return str(answer.get("requestId") or "")


async def tell(options: Options, alert: Alert, what: What, desk: Desk) -> None:
    path = f"/v2/alerts/{quote(alert.key, safe='')}/{VERBS[what]}"
    body = {"source": alert.source, "note": f"{what} in Incidentbot"}
    await _call(options, desk, "POST", path, {"identifierType": "alias"}, body)


async def answer(options: Options, alert: Alert, desk: Desk) -> Answer:
    path = f"/v2/alerts/{quote(alert.key, safe='')}"
    try:
        data = (await _call(options, desk, "GET", path, {"identifierType": "alias"})).get("data")
    except Permanent as error:
        if "answered 404" in error.message:
            return Answer("open")  # not taken up yet
        raise
    data = data if isinstance(data, dict) else {}
    if data.get("status") == "closed":
        return Answer("resolved")
    if data.get("acknowledged") is not True:
        return Answer("open")
    report = data.get("report")
    by = (report.get("acknowledgedBy") if isinstance(report, dict) else "") or data.get("owner")
    return Answer("acknowledged", _someone(by, desk) if isinstance(by, str) and by else None)


def _someone(user: str, desk: Desk) -> Someone:
    """By `people`, or else by the user name, which in Opsgenie is an e-mail address."""
    person = desk.roster.outside("opsgenie", user) or desk.roster.outside("email", user)
    email = user if "@" in user else ""
    return person or Someone(user.partition("@")[0], email=email, id=f"opsgenie:{user}")


def _responder(one: Responder) -> dict[str, str]:
    return {"type": one.type, ("username" if one.type == "user" else "name"): one.name}


async def _call(
    options: Options,
    desk: Desk,
    method: str,
    path: str,
    wanted: dict[str, str],
    body: Any = None,
) -> dict[str, Any]:
    query = f"?{urlencode(wanted)}" if wanted else ""
    headers = {"Authorization": f"GenieKey {options.key.reveal()}"}
    url = f"{options.api_url.rstrip('/')}{path}{query}"
    return await call(desk.http, options, method, url, headers, body)
