"""Every gesture of the table as a person does it, in one house for each way that Slack comes."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy.orm import Session

from incidentbot import clock
from incidentbot.rehearsal.app_manifest import install
from incidentbot.rehearsal.workspace.options import Options
from incidentbot.rehearsal.workspace.server import running as workspace
from incidentbot.slack.gestures import table
from incidentbot.slack.gestures.act import Form
from incidentbot.slack.setup import manifest
from incidentbot.store.models import Readiness
from tests.contracts.aws_wire import ENV
from tests.stories.gestures import events, looking, running, runs, telling
from tests.stories.gestures.walk import Walk
from tests.stories.house import CONFIG, living, settings_for
from tests.stories.status_wire import status_page

READING = {"incident.take"}  # the form of which only the buttons are pressed
DEEDS = [*running.does.all, *runs.does.all, *telling.does.all, *looking.does.all, *events.does.all]
SHOP = """\
policy: {{break_glass: {{people: [jonas]}}}}
statuspages:
  - {{name: shop-status, page_id: shop1234, api_key: HOOK_SECRET, api_url: "PAGE",
     allow_private: true, components: {{pictures: comp1}}, url: "https://status.shop.example"}}
origins:
  - {{name: us-east-1, kind: s3, region: us-east-1, bucket: east, endpoint_url: "http://127.0.0.1:1"}}
  - {{name: us-west-2, kind: s3, region: us-west-2, bucket: west, endpoint_url: "http://127.0.0.1:1"}}
dependencies:
  - name: pictures
    title: Acme pictures
    vendor: acme
    service: storage
    region: us-east-1
    every: 1s
    feeds: []
    checks: [{{name: canary, kind: s3, origin: us-east-1, key: a.svg, timeout: 1s}}]
assets:
  - name: shop-images
    title: Shop images
    primary: us-east-1
    backup: us-west-2
    dependency: pictures
    switch:
      kind: ssm_parameter
      parameter: /shop/origin
      region: us-west-2
      endpoint_url: "SSM"
      values: {{us-east-1: us-east-1, us-west-2: us-west-2}}
    verify:
      url: "http://127.0.0.1:1/{{key}}"
      allow_private: true
      header: x-asset-origin
      keys: [a.svg]
    readiness: {{every: 1h, max_age: 2h}}
"""


def test_each_act_of_the_table_is_done_and_nothing_else() -> None:
    there = {(act.kind, act.name) for act in table.table().values()}
    done = [name for names, _ in DEEDS for name in names]
    assert not there - set(done), "gestures without a function in tests/stories/gestures"
    assert not set(done) - there, "functions of gestures that are not there"
    assert len(done) == len(set(done)), "each gesture has one function"


@pytest.fixture
async def walk(
    tmp_path: Path,
    database_url: str,
    free_port: int,
    transport: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Walk]:
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    config = (
        CONFIG.replace(
            "oncall: [jonas]",
            "private: true, rights: {{admin: [jonas, '@oncall']}}, oncall: [jonas]",
        )
        + SHOP
    )
    async with (
        parameter() as ssm,
        status_page() as wire,
        workspace(options=Options(rate_limits=False)) as slack,
    ):
        config = config.replace("PAGE", wire.url).replace("SSM", ssm)
        settings = settings_for(slack, tmp_path, database_url, config, free_port, transport)
        install(
            slack.workspace.app, written(tmp_path / "manifest.yaml", manifest.text(settings.slack))
        )
        for name in ("ana", "tom"):
            slack.workspace.add_person(name, name.capitalize())
        async with living(slack, settings, tmp_path) as bot:
            # A hundred gestures in half a minute are more than Slack takes: it is patient here.
            bot.app.slack._client.budget.scale = 100.0
            yield Walk(bot, wire)


def written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


@asynccontextmanager
async def parameter() -> AsyncIterator[str]:
    """A parameter store that holds the primary."""

    async def read(request: web.Request) -> web.Response:
        kept = {"Name": "/shop/origin", "Type": "String", "Value": "us-east-1", "Version": 1}
        body = json.dumps({"Parameter": kept})
        return web.Response(text=body, content_type="application/x-amz-json-1.1")

    app = web.Application()
    app.router.add_post("/", read)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


def ready(session: Session) -> None:
    """The backup is proven; nothing answers there in this story."""
    row = session.get_one(Readiness, ("shop-images", "us-west-2"))
    row.state, row.reason, row.proven_at, row.checked_at = "ready", "", clock.now(), clock.now()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("transport", ["socket", "http"], indirect=True)
async def test_every_gesture_is_done_by_a_person_and_seen(walk: Walk) -> None:
    bot = walk.bot
    await bot.until(lambda: any("pictures" in c.name and c.pins for c in bot.rooms()))
    await bot.until(lambda: bot.app.store.run(seen_to_be_unproven))
    await bot.app.store.tx(ready)
    for names, deed in DEEDS:
        try:
            await deed(walk)
        except BaseException as error:
            error.add_note(f"while {deed.__name__} did {names}")
            raise
    opened = {str(c["args"]["view"]["callback_id"]) for c in bot.calls("views.open") if c["ok"]}
    acts = table.table().values()
    forms = {act.name for act in acts if isinstance(act, Form)}
    assert opened == forms | READING
    views = [c for c in bot.slack.hub.gate.lines() if c["method"].startswith("views.")]
    # A Home tab may be brought up to date while the walk has the token taken back.
    late = [c for c in views if (c["method"], c["error"]) == ("views.publish", "token_revoked")]
    assert {c["error"] for c in views if c not in late} <= {"", None}


def seen_to_be_unproven(session: Session) -> bool:
    return session.get(Readiness, ("shop-images", "us-west-2")) is not None
