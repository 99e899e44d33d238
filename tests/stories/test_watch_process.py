"""`incidentbot watch` as people start it: a process without Slack, killed and started again."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.stories.receivers import receiving, until

CONFIG = """\
name: Shop
storage: {{database: "sqlite:///incidentbot.db"}}
web: {{listen: "127.0.0.1:{port}"}}
webhooks: [{{name: pager, url: "{hook}", allow_private: true, on: [check]}}]
dependencies:
  - name: shop
    title: The shop
    vendor: nobody
    service: web
    every: 200ms
    confirm: {{failures: 3, apart: 100ms}}
    checks: [{{name: page, kind: http, url: "{target}", timeout: 2s, allow_private: true}}]
"""
LIGHT = """
import asyncio, sys
from pathlib import Path
from incidentbot import cli
from incidentbot.cli import watching
from incidentbot.cli.common import load
from incidentbot.watching import Watch

async def build():
    watch = Watch(load(Path("incidentbot.yaml"), need_slack=False))
    watch.store.close()
    await watch.http.close()

asyncio.run(build())
heavy = "boto3 botocore slack_bolt slack_sdk dbos moto psycopg rich".split()
heavy += ["incidentbot.slack", "incidentbot.app", "incidentbot.runbooks.service"]
print([name for name in heavy if name in sys.modules])
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("SLACK_", "AWS_"))}


@asynccontextmanager
async def watching(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process; killed hard at the end, as a machine that fails does it."""
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "incidentbot", "watch"], cwd=folder, env=environment(),
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def target() -> AsyncIterator[tuple[str, list[int]]]:
    """An address, and a list whose only entry is the status it answers."""
    status = [200]

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status[0])

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}/", status
    finally:
        await runner.cleanup()


async def test_killed_in_the_middle_it_tells_once_more_or_once_but_never_a_new_alarm(
    tmp_path: Path,
) -> None:
    port = free_port()
    async with receiving(usual="503") as receiver, target() as (url, status):
        config = CONFIG.format(port=port, hook=receiver.url, target=url)
        (tmp_path / "incidentbot.yaml").write_text(config)
        async with watching(tmp_path):
            status[0] = 503
            await until(lambda: receiver.came)
        receiver.usual = "200"
        async with watching(tmp_path) as process:
            await until(lambda: receiver.taken)
            said = await healthz(port)
            assert (said["ok"], said["dependencies"]) == (True, {"shop": "down"})
            assert await no_http(port) == b"HTTP/1.0 400 Bad Request\r\n"
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
        async with watching(tmp_path):
            status[0] = 200
            await until(lambda: "page up" in receiver.taken)
    assert receiver.taken == ["page down", "page up"]
    assert receiver.came[0].body["url"] == url
    log = (tmp_path / "log").read_text()
    assert "running (process" in log
    assert "Traceback" not in log
    assert "half-a-secret" not in log
    assert len({one.id for one in receiver.came if one.word == "page down"}) == 1


async def no_http(port: int) -> bytes:
    """What is answered to a request with a header that is none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /hooks/x HTTP/1.1\r\nAuthorization: Bearer half-a-secret\x00\r\n\r\n")
    answer = await reader.readline()
    writer.close()
    return answer


async def healthz(port: int) -> dict[str, object]:
    """What it says once it listens: what was left to tell may go out before that."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{port}/healthz") as answer:
                    found: dict[str, object] = await answer.json()
                    return found
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)


def test_watching_loads_nothing_of_slack_runbooks_and_clouds(tmp_path: Path) -> None:
    text = CONFIG.format(port=0, hook="http://127.0.0.1:9/x", target="http://127.0.0.1:9/")
    (tmp_path / "incidentbot.yaml").write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", LIGHT], cwd=tmp_path, env=environment(), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("watch", "incidentbot.yaml:4: webhooks[pager].secret: HOOK_SECRET is not set"),
        ("run", "slack: is missing; `incidentbot watch` needs none"),
    ],
)
def test_what_is_lacking_is_said(tmp_path: Path, command: str, words: str) -> None:
    text = CONFIG.format(port=0, hook="http://127.0.0.1:9/x", target="http://127.0.0.1:9/")
    text = text.replace("on: [check]", "secret: HOOK_SECRET")
    (tmp_path / "incidentbot.yaml").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "incidentbot", command], cwd=tmp_path, env=environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_schema_and_the_check_of_a_file_know_watching(tmp_path: Path) -> None:
    text = CONFIG.format(port=0, hook="http://127.0.0.1:9/x", target="http://127.0.0.1:9/")
    (tmp_path / "incidentbot.yaml").write_text(text)
    words = [sys.executable, "-m", "incidentbot"]
    done = subprocess.run(
        [*words, "check-config"], cwd=tmp_path, env=environment(), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.stdout.endswith("incidentbot.yaml is fine; without slack it is one for `watch`.\n")
    schema = subprocess.run([*words, "config-schema"], capture_output=True, text=True, check=True)
    assert "slack" not in json.loads(schema.stdout)["required"]
