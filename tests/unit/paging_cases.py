"""An incident nobody has taken, people in memory, and time told by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from freezegun.api import (
    FrozenDateTimeFactory,
    StepTickTimeFactory,
    TickingDateTimeFactory,
)
from pydantic import SecretStr
from sqlalchemy import select

from incidentbot import timeline
from incidentbot.errors import Temporary
from incidentbot.http import Http
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import BOT, Person
from incidentbot.paging.providers import opsgenie, pagerduty, people
from incidentbot.paging.service import Paging
from incidentbot.settings import (
    AskSettings,
    LevelSettings,
    PagingSettings,
    PersonSettings,
    Settings,
    SlackSettings,
)
from incidentbot.settings.secrets import Secret
from incidentbot.store import Store
from incidentbot.store.models import Page
from tests.contracts.pager_wire import SECRETS, Opsgenie, PagerDuty

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
MAYA, JONAS = Person("U1", "Maya"), Person("U2", "Jonas")
ROSTER = (
    PersonSettings(name="Maya", slack="maya", phone="+49 30 1111"),
    PersonSettings(
        name="Jonas", slack="jonas", phone="+49 30 2222", pagerduty="PJONAS",
        opsgenie="jonas@shop.example",
    ),
)  # fmt: skip


class Chat:
    """A workspace that may be away."""

    def __init__(self) -> None:
        self.people = {"maya": "U1", "jonas": "U2", "lin": "U3", "lin@shop.example": "U3"}
        self.away = False

    async def members(self, group: str) -> list[str]:
        return ["maya", "jonas"]

    async def identify(self, handle: str, email: str) -> tuple[str, str] | None:
        if self.away:
            raise Temporary("Slack says unreachable")
        id = self.people.get(handle) or self.people.get(email)
        return (id, (handle or email).partition("@")[0].capitalize()) if id else None


def settings(paging: PagingSettings | None = None, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "name": "Shop",
        "slack": SlackSettings(announce="#incidents", oncall=("jonas",), approvers=("maya",)),
        "source": Path("incidentbot.yaml"),
        "people": ROSTER,
        "paging": paging or PagingSettings(),
    }
    return Settings(**given | more)


def of_duty(duty: PagerDuty, **more: Any) -> AskSettings:
    given: dict[str, Any] = {
        "routing_key": Secret("PD_ROUTING_KEY", SecretStr(SECRETS["PD_ROUTING_KEY"])),
        "token": Secret("PD_TOKEN", SecretStr(SECRETS["PD_TOKEN"])),
        "schedules": ("S1",),
        "events_url": duty.url,
        "api_url": duty.url,
        "allow_private": True,
    }
    return AskSettings(kind="pagerduty", options=pagerduty.Options(**given | more))


def of_genie(genie: Opsgenie) -> AskSettings:
    key = Secret("OPSGENIE_KEY", SecretStr(SECRETS["OPSGENIE_KEY"]))
    options = opsgenie.Options(key=key, api_url=genie.url, allow_private=True)
    return AskSettings(kind="opsgenie", options=options)


def of_people(*names: str) -> AskSettings:
    return AskSettings(kind="people", options=people.Options(people=names))


def later(after: str, *to: AskSettings) -> LevelSettings:
    return LevelSettings.model_validate({"after": after, "to": to})


@dataclass
class Night:
    """One incident. `turn` is one look of paging at everything that is due."""

    store: Store
    time: FrozenDateTimeFactory | StepTickTimeFactory | TickingDateTimeFactory
    http: Http
    chat: Chat = field(default_factory=Chat)
    settings: Settings = field(default_factory=settings)
    paging: Paging = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, changed: Settings | None = None) -> None:
        """As after kill -9: nothing is left but the database."""
        self.settings = changed or self.settings
        self.paging = Paging(self.store, self.settings, self.http, self.chat)

    async def open(self, severity: int = 2, by: str = BOT, dependency: str | None = None) -> str:
        incident, _ = await self.store.tx(
            lifecycle.open_incident,
            key=f"key-{START}",
            title="S3 in us-east-1 fails",
            severity=severity,
            opened_by=by,
            started_at=START,
            detected_at=START,
            text="S3 fails.",
            dependency=dependency,
        )
        await self.turn()
        return incident

    async def turn(self, seconds: float = 0) -> None:
        """After so many seconds."""
        self.time.tick(seconds)
        await self.paging.turn()

    async def told(self) -> list[str]:
        """What was said of paging: event and text."""
        entries = await self.store.tx(timeline.read, "INC-1")
        assert await self.store.tx(timeline.verify, "INC-1") is None
        return [f"{e.data['event']}: {e.text}" for e in entries if e.kind == "page"]

    async def states(self) -> dict[str, str]:
        """The state of each row, by level, provider and part."""
        rows = await self.store.tx(lambda s: list(s.scalars(select(Page).order_by(Page.id))))
        return {f"{row.number}.{row.level} {row.kind} {row.part}": row.state for row in rows}

    async def do(self, fn: Any, *args: Any, **more: Any) -> Any:
        """A change of the incident, and a look at it."""
        done = await self.store.tx(fn, "INC-1", *args, **more)
        await self.turn()
        return done
