"""Private incidents: nobody hears of one who was not let in, whatever they look at."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from incidentbot.incidents import lifecycle
from incidentbot.incidents.people import Person
from incidentbot.rehearsal.workspace.server import running
from tests.stories.house import CONFIG, House, living, settings_for

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WORD = "zarquon"  # in the title and in every update: wherever it shows, something leaks
GROUPS = {"groups:write", "groups:read", "groups:history"}
PRIVATE = CONFIG.replace("oncall: [jonas]", "private: true, oncall: [jonas]").replace(
    "approvers: [maya, jonas]", "approvers: [jonas], rights: {{admin: [jonas]}}"
)
HEARS = "webhooks: [{{name: other, url: '{url}', allow_private: true, on: [incident]}}]\n"


class Ear:
    """Another system that follows incidents."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def hear(self, request: web.Request) -> web.Response:
        self.heard.append(await request.text())
        return web.Response()


@pytest.fixture
async def ear() -> AsyncIterator[tuple[Ear, str]]:
    made, app = Ear(), web.Application()
    app.router.add_post("/", made.hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield made, f"http://{host}:{port}/"
    await runner.cleanup()


@pytest.fixture
async def bot(
    tmp_path: Path, database_url: str, free_port: int, ear: tuple[Ear, str], granted: bool
) -> AsyncIterator[House]:
    async with running() as slack:
        app = slack.workspace.app
        app.scopes = app.scopes | (GROUPS if granted else set())
        app.events = app.events | {"message.groups", "group_archive", "group_rename"}
        slack.workspace.add_person("ana", "Ana Lima")
        slack.workspace.add_person("tom", "Tom Berg")
        config = PRIVATE + HEARS.replace("{url}", ear[1]).replace("{{", "{").replace("}}", "}")
        config = PRIVATE + HEARS.format().replace("{url}", ear[1].replace("{", "{{"))
        settings = settings_for(slack, tmp_path, database_url, config, free_port)
        async with living(slack, settings, tmp_path) as made:
            yield made
