"""A Slack user group: whoever is in it when it is asked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from incidentbot.paging.contract import Desk, Someone
from incidentbot.settings import SettingsModel
from incidentbot.settings.values import Matching

TITLE = "the user group"

Group = Annotated[
    str,
    Matching(
        r"@[a-z0-9][a-z0-9._-]{0,79}|S[A-Z0-9]{6,}",
        "a user group",
        '"@oncall" (the quotes are needed), or an id such as S0123ABCD',
    ),
]


class Options(SettingsModel):
    group: Group = Field(description="Handle or id of the group.")


def knows(_options: Options) -> bool:
    return True


def pages(_options: Options) -> bool:
    return False


async def on_call(options: Options, _at: datetime, desk: Desk) -> list[Someone]:
    return [desk.roster.find(one) for one in await desk.chat.members(options.group)]


async def changes(_options: Options, _at: datetime, _desk: Desk) -> datetime | None:
    return None
