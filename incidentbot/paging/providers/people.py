"""A plain list: all of them are on call, always."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from incidentbot.paging.contract import Desk, Someone
from incidentbot.settings import SettingsModel
from incidentbot.settings.values import Person

TITLE = "the list"


class Options(SettingsModel):
    people: tuple[Person, ...] = Field(
        min_length=1, description="Who: names from `people`, or user names or ids in Slack."
    )


def knows(_options: Options) -> bool:
    return True


def pages(_options: Options) -> bool:
    return False


async def on_call(options: Options, _at: datetime, desk: Desk) -> list[Someone]:
    return [desk.roster.find(one) for one in options.people]


async def changes(_options: Options, _at: datetime, _desk: Desk) -> datetime | None:
    return None
