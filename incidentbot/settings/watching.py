"""When what is seen becomes an incident: anchors, maintenance windows, flapping, severity."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from incidentbot.settings.base import SettingsModel, WebTarget
from incidentbot.settings.values import Count, Duration, Name, Severity, Text, refuse

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# Four companies that do not share a network. Any answer will do: it shows that we are online.
ANCHORS = (
    "https://www.google.com/generate_204",
    "https://www.cloudflare.com/cdn-cgi/trace",
    "https://captive.apple.com/hotspot-detect.html",
    "https://www.wikipedia.org/",
)


def _moment(value: object) -> datetime:
    allowed = "a date and time with its zone such as 2026-03-02T22:00Z"
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        refuse("is not a date and time", allowed)
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        refuse("is not a date and time", allowed)
    if at.tzinfo is None:
        refuse("has no zone", allowed)
    return at.astimezone(UTC)


def _time_of_day(value: object) -> time:
    allowed = 'hours and minutes in quotes such as "02:00"'
    if isinstance(value, time):
        return value
    if not isinstance(value, str) or len(value) != 5:
        refuse("is not a time of day", allowed)
    try:
        return time.fromisoformat(value)
    except ValueError:
        refuse("is not a time of day", allowed)


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        refuse("is no time zone of this machine", "a name such as UTC or Europe/Berlin")
    return value


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d"}),
]
TimeOfDay = Annotated[
    time,
    BeforeValidator(_time_of_day),
    WithJsonSchema({"type": "string", "pattern": r"^\d\d:\d\d$"}),
]
Zone = Annotated[str, AfterValidator(_zone)]


class AnchorSettings(WebTarget):
    """One place outside that is asked whether we are online at all."""


class SightSettings(SettingsModel):
    anchors: tuple[AnchorSettings, ...] = Field(
        tuple(AnchorSettings(url=url) for url in ANCHORS),
        description="Independent places outside; when none answers, the fault may be ours.",
    )
    timeout: Duration = Field(timedelta(seconds=3), description="Longest wait for one of them.")
    trusted_for: Duration = Field(
        timedelta(seconds=5), description="How long an answer counts before they are asked again."
    )


class FlappingSettings(SettingsModel):
    failures: Count = Field(3, description="Outages of one check that make it flapping.")
    within: Duration = Field(timedelta(minutes=30), description="The time they are counted in.")
    settle: Duration = Field(
        timedelta(minutes=5), description="How long a flapping check must be well to count as well."
    )


class SeverityRule(SettingsModel):
    when: Literal[
        "users_affected", "all_checks_down", "vendor_confirms", "others_down", "lasts"
    ] = Field(description="What has to be the case.")
    count: Count = Field(2, description="others_down: how many other dependencies are down.")
    longer_than: Duration = Field(
        timedelta(minutes=30), description="lasts: how long it has been down."
    )
    severity: Severity = Field(description="Severity then; the worst of those that fit counts.")

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        for key, owner in (("count", "others_down"), ("longer_than", "lasts")):
            if key in self.model_fields_set and self.when != owner:
                refuse(f"is of no use here: it goes with `when: {owner}`", at=key)
        return self


class WindowSettings(SettingsModel):
    """A planned time in which failures open nothing: once, or again and again."""

    name: Name = Field(description="Name of the window, as it is shown.")
    reason: Text | None = Field(None, description="What people read about it.")
    dependencies: tuple[Name, ...] = Field((), description="Whom it is about; left out: everybody.")
    starts: Moment | None = Field(None, description="Beginning of a window that comes once.")
    ends: Moment | None = Field(None, description="End of a window that comes once.")
    days: tuple[Literal[DAYS], ...] = Field(  # type: ignore[valid-type]
        (), description="Days on which it comes again; left out: every day."
    )
    at: TimeOfDay | None = Field(None, description="Time of day at which it comes again.")
    lasts: Duration | None = Field(None, description="How long it lasts then.")
    timezone: Zone = Field("UTC", description="Zone of `at` and `days`.")

    @model_validator(mode="after")
    def _once_or_again(self) -> Self:
        once = self.starts is not None or self.ends is not None
        again = self.at is not None or self.lasts is not None or bool(self.days)
        if once == again:
            refuse("needs either starts and ends, or at and lasts", at="name")
        if once and (self.starts is None or self.ends is None):
            refuse("needs both starts and ends", at="starts" if self.starts else "ends")
        if again and (self.at is None or self.lasts is None):
            refuse("needs both at and lasts", at="at" if self.at else "lasts")
        if self.starts and self.ends and self.ends <= self.starts:
            refuse("is not after starts", at="ends")
        if self.lasts and self.lasts > timedelta(days=1):
            refuse("is longer than a day; write a window with starts and ends", at="lasts")
        return self
