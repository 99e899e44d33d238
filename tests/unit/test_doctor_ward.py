"""What the examinations stand on: things looked at side by side, and threads nobody waits for."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from incidentbot.doctor.ward import Ward, admit, blocking
from incidentbot.doctor.workspace import Reply
from incidentbot.http import Http
from incidentbot.watching import known
from tests.unit.test_cli import SMALL


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    made = Http()
    yield made
    await made.close()


def admitted(folder: Path, http: Http, text: str, **env: str) -> Ward:
    (folder / "runbooks").mkdir()
    (folder / "incidentbot.yaml").write_text(text, encoding="utf-8")
    return admit(folder / "incidentbot.yaml", env, known(), http)


async def test_what_does_not_end_in_time_keeps_nobody_else_waiting(
    tmp_path: Path, http: Http
) -> None:
    ward = admitted(tmp_path, http, SMALL)

    async def look(thing: str) -> str:
        if thing == "hangs":
            await asyncio.Event().wait()
        return f"{thing} seen"

    found = await ward.each(["a", "hangs", "b"], look, lambda thing: f"{thing} late", 0.2)
    assert found == ["a seen", "hangs late", "b seen"]
    assert await ward.each([], look, str) == []


async def test_a_blocking_call_gives_its_result_or_its_error_and_can_be_left_behind() -> None:
    assert await blocking(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await blocking(lambda: 1 / 0)
    gate = threading.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await blocking(gate.wait)
    gate.set()


async def test_secrets_are_hidden_wherever_they_stand(tmp_path: Path, http: Http) -> None:
    ward = admitted(
        tmp_path, http, SMALL, SLACK_SIGNING_SECRET="sesame-open", SLACK_APP_TOKEN="odd"
    )
    assert ward.hidden("it said sesame-open to odd") == "it said (hidden) to (hidden)"
    assert ward.mode == "http"
    assert "SLACK_APP_TOKEN" not in ward.tokens


async def test_a_secret_from_a_file_counts_and_one_that_is_missing_is_named(
    tmp_path: Path, http: Http
) -> None:
    (tmp_path / "secret").write_text("from-a-file\n", encoding="utf-8")
    text = (
        SMALL
        + """\
webhooks:
  - {name: one, url: "https://a.example/", secret: ONE_SECRET}
  - {name: two, url: "https://b.example/", secret: TWO_SECRET}
"""
    )
    ward = admitted(tmp_path, http, text, ONE_SECRET_FILE=str(tmp_path / "secret"))
    assert ward.settings is not None
    one, two = ward.settings.webhooks
    assert (ward.lacks(one), ward.lacks(two)) == ("", "TWO_SECRET")
    assert one.secret is not None
    assert one.secret.reveal() == "from-a-file"
    assert ward.hidden("from-a-file") == "(hidden)"
    assert ward.named == {"webhooks[0].secret": "ONE_SECRET", "webhooks[1].secret": "TWO_SECRET"}


def test_an_answer_without_a_date_tells_no_skew() -> None:
    assert Reply(headers={"date": "yesterday"}).skew is None
    assert Reply().skew is None
    assert Reply(headers={"x-oauth-scopes": "a:b, c:d,"}).scopes == {"a:b", "c:d"}
