"""A watcher beside a real database, and looks and polls to tell it, second by second."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from incidentbot import timeline
from incidentbot.incidents import lifecycle
from incidentbot.incidents.watch import Watcher
from incidentbot.settings import (
    CheckSettings,
    DependencySettings,
    FeedSettings,
    Settings,
    SlackSettings,
)
from incidentbot.signals import Observation, Reason, Signal, State
from incidentbot.signals.probes.checks import http, s3
from incidentbot.store import Store
from incidentbot.store.models import Incident

START = datetime(2026, 3, 2, 17, 37, tzinfo=UTC)
S3 = "s3-us-east-1"
FEED = "aws-status"
CANARY, SHOP = "bucket-canary", "shop-image"

WELL: tuple[bool | None, Reason, str] = (True, "ok", "")
FAILS: tuple[bool | None, Reason, str] = (False, "http_5xx", "answered 503")
SLOW: tuple[bool | None, Reason, str] = (True, "slow", "took 1.8 s, more than 1 s")
BLIND: tuple[bool | None, Reason, str] = (None, "access_denied", "answered 403: our own")


def dependency(**changes: Any) -> DependencySettings:
    values: dict[str, Any] = {
        "name": S3,
        "title": "Amazon S3 in us-east-1",
        "vendor": "aws",
        "service": "s3",
        "region": "us-east-1",
        "severity": 2,
        "every": timedelta(seconds=5),
        "quorum": 2,
        "feeds": (FEED,),
        "checks": (
            CheckSettings(
                name=CANARY,
                kind="s3",
                options=s3.Options(origin="us-east-1", key="canary.txt"),
            ),
            CheckSettings(
                name=SHOP,
                kind="http",
                users_path=True,
                options=http.Options(url="https://shop.example.com/assets/a.svg"),
            ),
        ),
    }
    return DependencySettings(**values | changes)


def settings(*dependencies: DependencySettings) -> Settings:
    feed = FeedSettings(
        name=FEED, vendor="aws", format="statuspage", url="https://status.example.com/summary.json"
    )
    return Settings(
        name="Shop",
        slack=SlackSettings(announce="#incidents", oncall=("maya",), approvers=("jonas",)),
        feeds=(feed,),
        dependencies=dependencies or (dependency(),),
        source=Path("incidentbot.yaml"),
    )


class World:
    """Time is told by hand: `second` counts from the start."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.second = 0.0
        self.watcher = Watcher(store, settings)

    async def start(self) -> "World":
        """As after a restart of the process: a new watcher on what was written."""
        self.watcher = Watcher(self.store, self.settings)
        await self.watcher.load(self.now)
        return self

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.second)

    async def look(self, check: str, seen: tuple[bool | None, Reason, str], of: str = S3) -> bool:
        ok, reason, detail = seen
        look = Observation(check, of, self.now, ok, reason, detail, 12.5)
        return await self.watcher.observed(look)

    async def looks(
        self,
        seen: tuple[bool | None, Reason, str],
        times: int = 3,
        checks: Sequence[str] = (CANARY, SHOP),
        apart: float = 2,
    ) -> None:
        """So many looks of each check, `apart` seconds between them."""
        for _ in range(times):
            for check in checks:
                await self.look(check, seen)
            self.second += apart

    async def hear(self, state: State, title: str, vendor_id: str = "v1") -> None:
        service = "Amazon S3 (us-east-1)" if state not in ("operational", "unknown") else ""
        why = "the body is empty" if state == "unknown" else ""
        said = Signal(FEED, "aws", service, state=state, title=title, vendor_id=vendor_id, why=why)
        await self.watcher.heard(FEED, [said], self.now)

    async def incidents(self) -> list[Incident]:
        return await self.store.tx(lifecycle.listed)

    async def incident(self) -> Incident:
        (only,) = await self.incidents()
        return only

    async def story(self, kind: str = "") -> list[timeline.Entry]:
        """The entries of the only incident, in the order they were recorded."""
        incident = await self.incident()
        entries = await self.store.tx(timeline.read, incident.id)
        broken = await self.store.tx(timeline.verify, incident.id)
        assert broken is None
        return [entry for entry in entries if kind in ("", entry.kind)]

    async def rows(self, read: Any) -> Any:
        def run(session: Session) -> Any:
            return list(session.scalars(read))

        return await self.store.tx(run)
