"""The doctor beside the real bot and the real databases: it looks, and nobody notices."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from incidentbot.app import App
from incidentbot.settings import load
from incidentbot.store import Store, migrate
from incidentbot.store.lease import held
from incidentbot.watching import known
from tests.contracts.doctor_kit import Clinic, Findings, clinic
from tests.stories.conftest import free_port

__all__ = ["free_port"]  # a fixture

SECRET = "5f4dcc3b5aa765d61d8327deb882cf99"


@pytest.fixture
async def ward(tmp_path: Path, database_url: str) -> AsyncIterator[Clinic]:
    async with clinic(tmp_path) as made:
        made.env["DATABASE_URL"] = database_url
        yield made


def texts(found: Findings, name: str = "database") -> str:
    return "; ".join(one.text for one in found.of(name))


async def test_an_empty_database_is_fine_and_stays_empty(ward: Clinic) -> None:
    found = await ward.examine()
    assert found.bad("database") == []
    assert "incidentbot run" in texts(found)
    assert not (ward.folder / "incidentbot.db").exists()


async def test_a_database_that_a_bot_holds_is_seen_and_not_disturbed(
    ward: Clinic, store: Store
) -> None:
    assert "newest shape" in texts(await ward.examine())
    assert "is running" not in texts(await ward.examine())
    async with held(store):
        found = await ward.examine()
        assert "a bot is running on this database" in texts(found)
        assert found.bad("database") == []
    async with held(store):  # what was looked at is not held by who looked
        pass


def at_revision(session: Session, name: str) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = :name"), {"name": name})


async def test_a_shape_that_is_older_and_one_that_nobody_knows(ward: Clinic, store: Store) -> None:
    assert migrate.is_known("0001")
    store.run(at_revision, "0001")
    told = (await ward.examine()).the("database")
    assert (told.level, "incidentbot migrate" in told.next) == ("warning", True)
    store.run(at_revision, "ffff")
    told = (await ward.examine()).the("database")
    assert (told.level, "does not know" in told.text) == ("fault", True)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_user_who_may_only_read(ward: Clinic, store: Store) -> None:
    def weak(session: Session) -> None:
        session.execute(text("DROP ROLE IF EXISTS reader"))
        session.execute(text("CREATE ROLE reader LOGIN"))
        session.execute(text("GRANT SELECT ON alembic_version TO reader"))

    store.run(weak)
    url = store.engine.url.set(username="reader").render_as_string(hide_password=False)
    ward.env["DATABASE_URL"] = url
    told = (await ward.examine()).the("database")
    assert told.level == "fault"
    for right in ("create tables", "create a schema", "write in its tables"):
        assert right in told.text


async def test_a_server_that_is_not_there_shows_no_password(ward: Clinic) -> None:
    ward.env["DATABASE_URL"] = "postgresql://bot:hunter22@127.0.0.1:9/incidents"
    told = (await ward.examine()).the("database")
    assert (told.level, "refused" in told.text) == ("fault", True)
    assert "hunter22" not in f"{told}"


async def test_a_file_that_is_no_database(ward: Clinic) -> None:
    (ward.folder / "broken.db").write_bytes(b"not a database, by any means" * 100)
    ward.env["DATABASE_URL"] = f"sqlite:///{ward.folder}/broken.db"
    assert "not a database" in (await ward.examine()).the("database").text
    ward.env["DATABASE_URL"] = f"sqlite:///{ward.folder}/no/folder/x.db"
    assert "mkdir -p" in (await ward.examine()).the("database").next


@asynccontextmanager
async def bot(ward: Clinic) -> AsyncIterator[None]:
    """The bot of this set-up, running."""
    ward.file.write_text(ward.text, encoding="utf-8")
    app = App(load(ward.file, ward.env, known()))
    task = asyncio.create_task(app.run())
    try:
        async with asyncio.timeout(60):
            while not await answers(ward):
                assert not task.done(), task.exception()
                await asyncio.sleep(0.02)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def answers(ward: Clinic) -> bool:
    listen = ward.text.partition('listen: "')[2].partition('"')[0]
    host, _, port = listen.partition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    return True


SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@SQLITE
async def test_a_bot_that_runs_is_said_to_run(ward: Clinic, free_port: int) -> None:
    ward.put('listen: "127.0.0.1:0"', f'listen: "127.0.0.1:{free_port}"')
    assert "is free" in texts(await ward.examine(), "running")
    async with bot(ward):
        found = await ward.examine()
        assert "the bot is running" in texts(found, "running")
        assert "a bot is running on this database" in texts(found)
        assert [one for one in found.bad() if one.level == "fault"] == []


@SQLITE
async def test_over_http_the_door_is_tried_as_slack_tries_it(ward: Clinic, free_port: int) -> None:
    del ward.env["SLACK_APP_TOKEN"]
    ward.env["SLACK_SIGNING_SECRET"] = SECRET
    here = f"127.0.0.1:{free_port}"
    ward.put("127.0.0.1:0", here)
    ward.put("127.0.0.1:8080", here)
    levels = {one.about: one.level for one in (await ward.examine()).bad("signing")}
    door = f"http://{here}/slack/events"
    assert levels == {"web.public_url": "fault", door: "warning"}
    async with bot(ward):
        found = await ward.examine()
        assert "answers what is signed with this secret" in texts(found, "signing")
        assert [one.about for one in found.bad("signing")] == ["web.public_url"]
        ward.env["SLACK_SIGNING_SECRET"] = hashlib.md5(b"another").hexdigest()
        told = (await ward.examine()).bad("signing")[-1]
        assert (told.level, "does not take" in told.text) == ("fault", True)
