"""Another monitor pushes an alert to the running bot."""

from pathlib import Path

import aiohttp
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidentbot.store.models import HookDelivery
from tests.contracts.pushed import PAIRS
from tests.stories.house import CONFIG, HOOK_SECRET, house

PUSHED = """\
dependencies:
  - name: s3
    title: S3
    vendor: aws
    service: s3
    every: 1h
    checks: [{{name: canary, kind: http, url: "http://127.0.0.1:{port}/", allow_private: true}}]
hooks:
  - {{name: prometheus, kind: alertmanager, secret: HOOK_SECRET, dependencies: [s3]}}
"""


def states(session: Session) -> list[str]:
    return list(session.scalars(select(HookDelivery.state)))


async def test_an_alert_is_taken_in_and_worked_off(
    tmp_path: Path, database_url: str, free_port: int
) -> None:
    config = CONFIG + PUSHED
    async with house(tmp_path, database_url, config=config, port=free_port) as bot:
        web, raw = bot.app.settings.web.public_url, PAIRS["alertmanager"].bodies()[0]
        for secret, status in ((HOOK_SECRET, 202), ("another", 401)):
            headers = {"Authorization": f"Bearer {secret}"}
            async with (
                aiohttp.ClientSession() as http,
                http.post(f"{web}/hooks/prometheus", data=raw, headers=headers) as answer,
            ):
                assert answer.status == status
        await bot.until(lambda: bot.app.store.run(states) == ["done"])
        assert (await bot.app.health())["alerts_waiting"] == 0
