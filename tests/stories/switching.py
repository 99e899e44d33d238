"""A shop with two buckets, a parameter and an edge, and the runbooks that switch it: on the wire.

What a story breaks or heals is what the bot sees; the checks' states are written as the watcher
writes them.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot import clock, ids, plugins, timeline
from incidentbot.app import known
from incidentbot.durable import Durable
from incidentbot.http import Http
from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.runbooks import load as runbook_files
from incidentbot.runbooks.execute import Executor
from incidentbot.runbooks.job import Pace
from incidentbot.runbooks.load import ACTIONS
from incidentbot.runbooks.readiness.prover import Prover
from incidentbot.runbooks.service import Runbooks
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.runbooks.wires.copying import Copying
from incidentbot.runbooks.wires.wires import Wires
from incidentbot.settings import AssetSettings, Settings, load
from incidentbot.store import Store
from incidentbot.store.models import Attempt, CheckState, Incident, Plan
from tests.contracts.aws_wire import Proxy, client, moto, proxy

MAYA = Person("U1", "Maya", approver=True)
JONAS = Person("U2", "Jonas", approver=True)
GUEST = Person("U3", "Kim")
EAST, WEST = "us-east-1", "us-west-2"
PARAMETER = "/shop/asset-origin"
KEYS = [f"{letter}.svg" for letter in "abcdefgh"]
RUNBOOKS = Path(__file__).parents[2] / "runbooks"
TO_BACKUP, TO_PRIMARY = "serve-from-backup", "serve-from-primary"

CONFIG = """\
name: Shop
slack: {{announce: "#incidents", oncall: [maya], approvers: [maya, jonas]}}
storage: {{database: "sqlite:///unused.db"}}
runbooks: {runbooks}
origins:
  - {{name: us-east-1, kind: s3, region: us-east-1, bucket: shop-east, endpoint_url: "{east}"}}
  - {{name: us-west-2, kind: s3, region: us-west-2, bucket: shop-west, endpoint_url: "{west}"}}
dependencies:
  - name: s3-us-east-1
    title: Amazon S3 in us-east-1
    vendor: aws
    service: s3
    region: us-east-1
    every: 5s
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
      endpoint_url: "{west}"
      values: {{us-east-1: us-east-1, us-west-2: us-west-2}}
    verify:
      url: "{edge}/assets/{{key}}"
      header: x-asset-origin
      keys: [a.svg, b.svg]
      within: 1s
      allow_private: true
    readiness: {{every: 10s, sample: 4, critical: [a.svg], max_age: 5m}}
    healthy_for: 10m
policy: {{cooldown: {{same: 1ms, opposite: 1ms}}, rates: {{person: 20, runbook: 20, writes: 100}}}}
"""


@dataclass
class Edge:
    """Serves from the origin that the parameter names, unless it is stuck on one."""

    aws: str
    url: str = ""
    stuck_on: str = ""
    away: bool = False  # it answers nobody
    parameter: str = PARAMETER
    kind: str = "image/svg+xml"
    served: list[str] = field(default_factory=list)

    def origin(self) -> str:
        if self.stuck_on:
            return self.stuck_on
        ssm = client("ssm", self.aws, WEST)
        return str(ssm.get_parameter(Name=self.parameter)["Parameter"]["Value"])

    async def asset(self, request: web.Request) -> web.Response:
        if self.away and request.transport is not None:
            request.transport.abort()
        origin = await asyncio.to_thread(self.origin)
        self.served.append(origin)
        headers = {"x-asset-origin": origin}
        return web.Response(body=b"<svg/>", content_type=self.kind, headers=headers)


@dataclass
class Shop:
    store: Store
    settings: Settings
    east: Proxy
    west: Proxy
    edge: Edge
    aws_url: str
    http: Http
    aws: Aws
    durable: Durable
    runbooks: Runbooks
    incident: str = ""

    @property
    def asset(self) -> AssetSettings:
        return self.settings.assets[0]

    # the world

    def put(self, value: str) -> None:
        """Somebody writes the parameter by hand."""
        client("ssm", self.aws_url, WEST).put_parameter(
            Name=PARAMETER, Value=value, Type="String", Overwrite=True
        )

    def live(self) -> tuple[str, int]:
        found = client("ssm", self.aws_url, WEST).get_parameter(Name=PARAMETER)["Parameter"]
        return str(found["Value"]), int(found["Version"])

    def writes(self) -> int:
        return self.west.count("PutParameter")

    async def breaks(self) -> str:
        """The primary fails, as its check sees it, and an incident is open."""
        self.east.away = True
        await self.seen("down", clock.now())
        self.incident = await self.store.tx(_open)
        return self.incident

    async def heals(self, ago: timedelta = timedelta(minutes=11)) -> None:
        self.east.away = False
        await self.seen("up", clock.now() - ago)

    async def seen(self, state: str, since: datetime) -> None:
        await self.store.tx(_seen, state, since)

    async def prove(self) -> None:
        await Prover(self.store, self.settings, self.http, self.aws).prove(self.asset)

    # people

    async def plan(self, runbook: str = TO_BACKUP, person: Person = MAYA) -> Plan:
        plan_id = await self.runbooks.plan(self.incident, runbook, self.asset.name, person)
        return await self.row(plan_id)

    async def approved(self, runbook: str = TO_BACKUP) -> Plan:
        plan = await self.plan(runbook)
        await self.approve(plan, JONAS)
        return plan

    async def approve(self, plan: Plan, person: Person) -> str:
        """As somebody does who has read it: the target's name is typed."""
        return await self.runbooks.approve(plan.id, plan.hash, person, self.asset.name)

    async def run(self, plan: Plan, seconds: float = 20) -> Plan:
        """Start the workflow, as the application does on an approval, and wait for its end."""
        await self.durable.start("run", plan.id, plan.id)
        await self.ended(plan, seconds)
        return await self.row(plan.id)

    async def ended(self, plan: Plan, seconds: float = 20) -> None:
        async def over() -> bool:
            return await self.durable.finished("run", plan.id)

        await until(over, seconds)

    # what is written down

    async def row(self, plan_id: str) -> Plan:
        return await self.store.tx(lambda session: session.get_one(Plan, plan_id))

    async def attempt(self, plan: Plan) -> Attempt | None:
        return await self.store.tx(lambda s: s.get(Attempt, (plan.id, "1")))

    async def status(self) -> str:
        return await self.store.tx(lambda s: s.get_one(Incident, self.incident).status)

    async def story(self) -> list[timeline.Entry]:
        return await self.store.tx(timeline.read, self.incident)

    async def events(self) -> list[str]:
        return [e.data["event"] for e in await self.story() if e.kind == "runbook"]

    async def text_of(self, event: str) -> str:
        told = [e for e in await self.story() if e.data.get("event") == event]
        return " | ".join(entry.text for entry in told)

    async def change(self, plan: Plan, **values: Any) -> None:
        """Somebody changes the stored row behind our back."""

        def write(session: Session) -> None:
            row = session.get_one(Plan, plan.id)
            for name, value in values.items():
                setattr(row, name, value)

        await self.store.tx(write)

    # the process

    def start(self, settings: Settings | None = None) -> None:
        """As the application starts: the workflow registered, unfinished ones resumed."""
        used = settings or self.settings
        catalog = runbook_files.load(used.runbooks, plugins.found(ACTIONS))
        doors = Copying(used, self.http, self.aws).doors
        wires = Wires(self.http, self.aws, doors)
        pace = Pace(look=0.05, settled=0.1, proof=0.02, spread=0.0)
        executor = Executor(self.store, used, catalog, wires, self.http, pace)
        self.durable = Durable(self.store.url, "main")
        self.durable.register("run", executor.run)
        self.durable.launch()


@contextmanager
def cloud() -> Iterator[str]:
    """Both regions: two buckets with the same objects."""
    with moto() as url:
        for region, bucket in ((EAST, "shop-east"), (WEST, "shop-west")):
            s3 = client("s3", url, region)
            where = {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=bucket, **(where if region != EAST else {}))
            for key in KEYS:
                s3.put_object(Bucket=bucket, Key=key, Body=f"<svg>{key}</svg>".encode())
        yield url


@asynccontextmanager
async def shop(
    store: Store, aws_url: str, folder: Path, config: str = CONFIG, runbooks: Path = RUNBOOKS
) -> AsyncIterator[Shop]:
    """A healthy shop, proven ready; its parameter starts anew at version 1."""
    ssm = client("ssm", aws_url, WEST)
    for known_one in ssm.describe_parameters()["Parameters"]:
        ssm.delete_parameter(Name=known_one["Name"])
    async with proxy(aws_url) as east, proxy(aws_url) as west, _edge(aws_url) as edge:
        settings = settings_for(folder, east, west, edge, config, runbooks)
        http, aws = Http(), Aws(read=1.0, write=0.6)
        made = Shop(
            store, settings, east, west, edge, aws_url, http, aws,
            Durable(store.url, "main"), Runbooks(store, settings, http, aws),
        )  # fmt: skip
        made.put(EAST)
        await made.seen("up", clock.now() - timedelta(hours=1))
        await made.prove()
        made.start()
        try:
            yield made
        finally:
            await made.durable.close()
            await http.close()
            aws.close()


def settings_for(
    folder: Path,
    east: Proxy,
    west: Proxy,
    edge: Edge,
    config: str = CONFIG,
    runbooks: Path = RUNBOOKS,
) -> Settings:
    file = folder / "incidentbot.yaml"
    text = config.format(east=east.url, west=west.url, edge=edge.url, runbooks=runbooks)
    file.write_text(text, encoding="utf-8")
    env = {"SLACK_BOT_TOKEN": "xoxb-1-1-a", "SLACK_APP_TOKEN": "xapp-1-A1-1-a"}
    return load(file, env, known())


@asynccontextmanager
async def _edge(aws_url: str) -> AsyncIterator[Edge]:
    made = Edge(aws_url)
    app = web.Application()
    app.router.add_get("/assets/{key}", made.asset)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    made.url = f"http://{host}:{port}"
    try:
        yield made
    finally:
        await runner.cleanup()


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not await true():
        assert time.monotonic() < end, f"still not so after {seconds} s"
        await asyncio.sleep(0.02)


def _seen(session: Session, state: str, since: datetime) -> None:
    row = session.scalar(select(CheckState)) or CheckState(
        dependency="s3-us-east-1", check="bucket-canary", latency_ms=None
    )
    row.state, row.reason, row.detail = state, "ok" if state == "up" else "http_5xx", ""
    row.since, row.seen_at = since, clock.now()
    session.add(row)


def _open(session: Session) -> str:
    now = clock.now()
    number = len(lifecycle.listed(session)) + 1
    incident_id, _ = lifecycle.open_incident(
        session,
        key=f"outage-{number}",
        title="Amazon S3 in us-east-1 fails",
        severity=2,
        opened_by="incidentbot",
        started_at=now,
        detected_at=now,
        text="It fails.",
        dependency="s3-us-east-1",
    )
    return incident_id


def edited(plan: Plan, old: str, new: str) -> dict[str, str]:
    """The plan's bytes with something else in them, and the hash that these would have."""
    assert old in plan.body
    body = plan.body.replace(old, new)
    return {"body": body, "hash": ids.digest(ids.read_canonical(body))}
