"""A shop in front of any stage: an asset whose switch is that of an action's strict stand-in, an
edge that serves from whatever that stand-in holds, and the shipped runbooks.

The stand-ins and the edge are servers on loopback; the checks' states and the proof of readiness
are written down as the watcher and the prover write them.
"""

import asyncio
import importlib
import itertools
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, plugins, timeline
from incidentbot.app import known
from incidentbot.durable import Durable
from incidentbot.http import Http
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.runbooks import approve, load
from incidentbot.runbooks.contract import Request
from incidentbot.runbooks.execute import Executor
from incidentbot.runbooks.job import Pace
from incidentbot.runbooks.load import ACTIONS
from incidentbot.runbooks.service import Runbooks
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.runbooks.wires.haproxy import Haproxy
from incidentbot.runbooks.wires.web import Web
from incidentbot.runbooks.wires.wires import House, Wire, Wires
from incidentbot.settings import AssetSettings, Settings, SwitchSettings
from incidentbot.settings import load as load_settings
from incidentbot.settings.policy import (
    CapsSettings,
    CooldownSettings,
    GuardPolicy,
    RatesSettings,
)
from incidentbot.store import Store, migrate
from incidentbot.store.models import Attempt, CheckState, Plan, Readiness
from tests.contracts.aws_wire import ENV
from tests.contracts.doubles.faults import Asked, Double, Reply
from tests.contracts.stages.stage import Stage
from tests.stories.switching import JONAS, MAYA, until

EAST, WEST = "us-east-1", "us-west-2"
ASSET = "shop-images"
SHIPPED = Path(__file__).parents[2] / "runbooks"
STAGES = Path(__file__).parents[1] / "contracts" / "stages"
KINDS = sorted(p.stem for p in STAGES.glob("*.py") if p.stem not in ("__init__", "stage"))
READ, WRITE = 1.0, 0.4  # seconds of patience
PACE = Pace(look=0.02, settled=0.05, proof=0.01)
MOMENT = timedelta(microseconds=1)

CONFIG = """\
name: Shop
slack: {{announce: "#incidents", oncall: [maya], approvers: [maya, jonas]}}
storage: {{database: "sqlite:///unused.db"}}
runbooks: {runbooks}
origins:
  - {{name: us-east-1, kind: s3, region: us-east-1, bucket: shop-east}}
  - {{name: us-west-2, kind: s3, region: us-west-2, bucket: shop-west}}
dependencies:
  - name: s3-us-east-1
    title: Amazon S3 in us-east-1
    vendor: aws
    service: s3
    region: us-east-1
    every: 5m
    feeds: []
    checks:
      - {{name: bucket-canary, kind: s3, origin: us-east-1, key: a.svg, timeout: 2s}}
assets:
  - name: shop-images
    title: Shop images
    primary: us-east-1
    backup: us-west-2
    dependency: s3-us-east-1
    switch:
      kind: ssm_parameter
      parameter: /shop/asset-origin
      region: us-west-2
      values: {{us-east-1: one, us-west-2: two}}
    verify:
      url: "{edge}/assets/{{key}}"
      header: x-asset-origin
      keys: [a.svg, b.svg]
      within: 10s
      allow_private: true
    readiness: {{every: 10s, sample: 4, critical: [a.svg], max_age: 5m}}
    healthy_for: 10m
"""


class Edge(Double):
    """Serves from whom `names` gives for the live value; from both in turn while that is nobody's
    alone. `count()` is what users fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.live: Callable[[], str] = str
        self.names: Mapping[str, str] = {}
        self._turns = itertools.cycle((EAST, WEST))

    def operation(self, asked: Asked) -> str:
        return "fetch"

    def answer(self, operation: str, asked: Asked) -> Reply:
        origin = self.names.get(self.live()) or next(self._turns)
        headers = {"x-asset-origin": origin, "Content-Type": "image/svg+xml"}
        return Reply(200, b"<svg/>", headers)


class Impatient(Wires):
    """The real ways out with less patience."""

    def __init__(self, http: Http, aws: Aws, doors: House) -> None:
        super().__init__(http, aws, doors)
        self._quick: dict[str, Wire] = {
            "http": Web(http, read=READ, write=WRITE),
            "haproxy": Haproxy(answer=WRITE),
        }

    def of(self, request: Request, plan_id: str = "") -> Wire:
        return self._quick.get(request.service) or super().of(request, plan_id)


# Nothing that this is not about stands in the way: no rest between two switches, no rates.
FREE = GuardPolicy(
    caps=CapsSettings(percent=100, points=100, in_window=1000),
    cooldown=CooldownSettings(same=MOMENT, opposite=MOMENT),
    rates=RatesSettings(person=1000, runbook=1000, writes=1000, running=1),
)


def settings_for(
    stage: Stage | None, kind: str, folder: Path, edge: Edge, runbooks: Path, policy: GuardPolicy
) -> Settings:
    """The shop's settings, its switch that of the stage."""
    file = folder / "incidentbot.yaml"
    file.write_text(CONFIG.format(edge=edge.url, runbooks=runbooks), encoding="utf-8")
    env = {"SLACK_BOT_TOKEN": "xoxb-1-1-a", "SLACK_APP_TOKEN": "xapp-1-A1-1-a"}
    settings = load_settings(file, env, known())
    (asset,) = settings.assets
    if stage is not None and not hasattr(stage.action, "Arguments"):
        one, two = stage.values
        switch = SwitchSettings(kind=kind, values={EAST: one, WEST: two}, options=stage.options)
        asset = asset.model_copy(update={"switch": switch})
    return settings.model_copy(update={"assets": (asset,), "policy": policy})


def quick_copy(folder: Path, kind: str = "") -> Path:
    """The shipped runbooks (those of one kind of switch), whose shares are watched for a moment
    only."""
    made = folder / "runbooks"
    made.mkdir()
    for path in SHIPPED.glob("*.yaml"):
        if kind and f"action: {kind}\n" not in path.read_text(encoding="utf-8"):
            continue
        text = path.read_text(encoding="utf-8").replace("soak: 2m", "soak: 20ms")
        (made / path.name).write_text(text, encoding="utf-8")
    return made


@dataclass
class Scene:
    """One bot without Slack, on a database of its own."""

    stage: Stage
    edge: Edge
    settings: Settings
    store: Store
    http: Http
    aws: Aws
    runbooks: Runbooks
    durable: Durable
    incident: str = ""

    @property
    def asset(self) -> AssetSettings:
        return self.settings.assets[0]

    def writes(self) -> int:
        return self.stage.double.count(*self.stage.writes)

    # the world

    async def breaks(self) -> None:
        """The primary fails, and an incident is open."""
        await self.store.tx(_seen, "down", clock.now())
        self.incident = await self.store.tx(_open)

    async def heals(self) -> None:
        await self.store.tx(_seen, "up", clock.now() - timedelta(minutes=11))
        await self.ready_for_all()

    async def ready_for_all(self) -> None:
        """Every asset is proven ready at both of its origins."""
        for asset in self.settings.assets:
            await self.store.tx(_ready, asset)

    # people

    async def plan(self, runbook: str, person: Person = MAYA, target: str = ASSET) -> Plan:
        plan_id = await self.runbooks.plan(self.incident, runbook, target, person)
        return await self.row(plan_id)

    async def approve(self, plan: Plan, by: Person = JONAS) -> str:
        """With the target's name typed, where the plan asks for it."""
        typed = str(approve.shown(plan)["confirm"])
        said: str = await self.runbooks.approve(plan.id, plan.hash, by, typed)
        return said

    async def run(self, plan: Plan, key: str = "") -> Plan:
        """Start the workflow, as the application does on an approval, and wait for its end."""
        key = key or plan.id
        await self.durable.start("run", key, plan.id)

        async def over() -> bool:
            return await self.durable.finished("run", key)

        await until(over, 30)
        return await self.row(plan.id)

    # what is written down

    async def row(self, plan_id: str) -> Plan:
        return await self.store.tx(lambda session: session.get_one(Plan, plan_id))

    async def attempts(self, plan: Plan) -> list[Attempt]:
        mine = select(Attempt).filter_by(plan_id=plan.id)
        return await self.store.tx(lambda session: list(session.scalars(mine)))

    async def story(self) -> list[timeline.Entry]:
        assert await self.store.tx(timeline.verify, self.incident) is None
        return await self.store.tx(timeline.read, self.incident)


@contextmanager
def stage_of(kind: str) -> Iterator[Stage]:
    with importlib.import_module(f"tests.contracts.stages.{kind}").stage() as made:
        yield made


def begin(stage: Stage, edge: Edge) -> None:
    """The first value, and nothing remembered; the edge follows this stage."""
    stage.double.forget()
    stage.reset()
    stage.double.forget()
    edge.forget()
    edge.live = stage.live
    edge.names = dict(zip(stage.values, (EAST, WEST), strict=True))


@contextmanager
def aws_of_tests() -> Iterator[Aws]:
    """One for all scenes of a module, because making clients takes longest."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENV.items():
            patch.setenv(name, value)
        made = Aws(read=READ, write=WRITE)
        yield made
        made.close()


def empty_database(folder: Path) -> Path:
    """A migrated SQLite file to copy."""
    path = folder / "empty.db"
    store = Store(f"sqlite:///{path}")
    migrate.upgrade(store)
    store.close()
    return path


@asynccontextmanager
async def scene(
    stage: Stage, edge: Edge, settings: Settings, database: str, aws: Aws, *, launched: bool = True
) -> AsyncIterator[Scene]:
    """A healthy shop, proven ready. Unless it is `launched`, nothing here runs plans."""
    begin(stage, edge)
    store, http = Store(database), Http()
    runbooks = Runbooks(store, settings, http, aws, stage.doors)
    made = Scene(stage, edge, settings, store, http, aws, runbooks, Durable(database, "main"))
    await store.tx(_seen, "up", clock.now() - timedelta(hours=1))
    await made.ready_for_all()
    if launched:
        executor = executor_of(store, settings, http, aws, stage.doors)
        made.durable.register("run", executor.run)
        made.durable.launch()
    try:
        yield made
    finally:
        if launched:
            await made.durable.close()
        await http.close()
        await asyncio.to_thread(store.close)


def executor_of(store: Store, settings: Settings, http: Http, aws: Aws, doors: House) -> Executor:
    catalog = load.load(settings.runbooks, plugins.found(ACTIONS))
    return Executor(store, settings, catalog, Impatient(http, aws, doors), http, PACE)


def new_database(empty: Path, folder: Path) -> str:
    path = folder / "incidentbot.db"
    shutil.copy(empty, path)
    return f"sqlite:///{path}"


def _seen(session: Session, state: str, since: datetime) -> None:
    row = session.scalar(select(CheckState)) or CheckState(
        dependency="s3-us-east-1", check="bucket-canary", latency_ms=None
    )
    row.state, row.reason, row.detail = state, "ok" if state == "up" else "http_5xx", ""
    row.since, row.seen_at = since, clock.now()
    session.add(row)


def _ready(session: Session, asset: AssetSettings) -> None:
    now = clock.now()
    for origin in (asset.primary, asset.backup):
        detail: dict[str, Any] = {"total": 8, "present": 8, "missing": [], "different": []}
        session.merge(
            Readiness(
                asset=asset.name, origin=origin, state="ready", proven_at=now, checked_at=now,
                reason="8 of 8 objects the same; 5 fetched", detail=detail,
            )
        )  # fmt: skip


def _open(session: Session) -> str:
    now = clock.now()
    incident_id, _ = lifecycle.open_incident(
        session,
        key=f"outage-{len(lifecycle.listed(session)) + 1}",
        title="Amazon S3 in us-east-1 fails",
        severity=2,
        opened_by="incidentbot",
        started_at=now,
        detected_at=now,
        text="It fails.",
        dependency="s3-us-east-1",
    )
    return incident_id
