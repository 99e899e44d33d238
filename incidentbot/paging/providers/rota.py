"""A rota in the configuration: the members take turns, and hand over at a time of day.

Pure: who is on call follows from the moment alone. The handover is at the same time of the clock
on the wall all year, so a shift across a change of the clocks is an hour longer or shorter.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from incidentbot.paging.contract import Desk, Someone
from incidentbot.settings import SettingsModel
from incidentbot.settings.values import Person, refuse
from incidentbot.settings.watching import DAYS, Moment, TimeOfDay, Zone

TITLE = "the rota"

A_MONDAY = date(1970, 1, 5)  # where counting begins when no `starts` is given
NINE = time(9)


def _date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        refuse("is not a date", "a day such as 2026-03-02")


Day = Annotated[
    date,
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}),
]


class Override(SettingsModel):
    model_config = ConfigDict(populate_by_name=True)

    start: Moment = Field(alias="from", description="When somebody else takes over.")
    end: Moment = Field(alias="until", description="When the rota goes on.")
    who: Person = Field(description="Who is on call between.")

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.end <= self.start:
            refuse("is not after `from`", at="until")
        return self


class Options(SettingsModel):
    members: tuple[Person, ...] = Field(
        min_length=1, description="Who takes turns, in their order; names as for `people`."
    )
    handover: Literal[DAYS] = Field(  # type: ignore[valid-type]
        "monday", description="Weekday of the handover, for shifts of whole weeks."
    )
    at: TimeOfDay = Field(
        NINE, json_schema_extra={"default": "09:00"}, description="Time of the handover."
    )
    timezone: Zone = Field("UTC", description="Zone of the handover.")
    days: Annotated[int, Field(strict=True, ge=1, le=366)] = Field(
        7, description="Length of a shift in days."
    )
    starts: Day | None = Field(
        None, description="Day on which the first member's turn begins; needed to change members."
    )
    overrides: tuple[Override, ...] = Field((), description="Times in which somebody else is on.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        given = "handover" in self.model_fields_set
        if given and self.days % 7:
            refuse("belongs to shifts of whole weeks; give `starts` instead", at="handover")
        if given and self.starts and DAYS[self.starts.weekday()] != self.handover:
            refuse(f"is a {DAYS[self.starts.weekday()]}, not a {self.handover}", at="starts")
        ordered = sorted(self.overrides, key=lambda one: one.start)
        for one, other in pairwise(ordered):
            if other.start < one.end:
                refuse("overlap: two people would be on call at once", at="overrides")
        return self


def handover(options: Options, number: int) -> datetime:
    """The beginning of turn `number` (0 is the first member's first turn), in UTC."""
    first = options.starts
    if first is None:
        first = A_MONDAY
        if options.days % 7 == 0:
            first += timedelta(days=DAYS.index(options.handover))
    day = first + timedelta(days=options.days * number)
    local = datetime.combine(day, options.at, ZoneInfo(options.timezone))
    return local.astimezone(UTC)


def turn(options: Options, at: datetime) -> int:
    """The number of the turn that this moment falls into; below 0 before the first."""
    days = (at - handover(options, 0)) // timedelta(days=1)
    number: int = days // options.days
    while handover(options, number) > at:
        number -= 1
    while handover(options, number + 1) <= at:
        number += 1
    return number


def who(options: Options, at: datetime) -> str:
    """Who is on call at that moment: always exactly one."""
    for one in options.overrides:
        if one.start <= at < one.end:
            return one.who
    return options.members[turn(options, at) % len(options.members)]


def next_change(options: Options, at: datetime) -> datetime | None:
    """When somebody else comes on call; None when that never happens."""
    now = who(options, at)
    edges = [edge for one in options.overrides for edge in (one.start, one.end)]
    last = max([at, *edges])
    left = len(options.members)  # turns to look at once no override is left
    while left > 0:
        at = min([handover(options, turn(options, at) + 1), *(e for e in edges if e > at)])
        if who(options, at) != now:
            return at
        left -= at > last
    return None


def knows(_options: Options) -> bool:
    return True


def pages(_options: Options) -> bool:
    return False


async def on_call(options: Options, at: datetime, desk: Desk) -> list[Someone]:
    return [desk.roster.find(who(options, at))]


async def changes(options: Options, at: datetime, _desk: Desk) -> datetime | None:
    return next_change(options, at)
