"""Each place of anchors keeps the contract: it adds, may be told twice, and is read back."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from incidentbot import clock, ids, plugins
from incidentbot.audit import begin
from incidentbot.audit.heads import Anchor
from incidentbot.audit.service import ANCHORS, Anchorer
from incidentbot.audit.verify import verify
from incidentbot.errors import Temporary
from incidentbot.settings import load, starter
from incidentbot.settings.audit import AuditBucket, AuditFile, AuditSettings, AuditSlack
from incidentbot.settings.secrets import Secret
from incidentbot.slack.outside import anchoring
from incidentbot.store import Store
from incidentbot.store.models import AuditRow, Delivery
from incidentbot.watching import known
from tests.contracts import aws_wire
from tests.unit.audit_cases import fill, head, rewrite, sqlite
from tests.unit.settings_cases import ENV, write

HASH = "ab" * 32
AT = "2026-03-02T17:40:00.000000Z"
ONE, TWO = Anchor(8, HASH, AT), Anchor(12, "cd" * 32, AT)


@dataclass
class Stage:
    module: Any
    options: Any
    spoil: Callable[[], None]
    mend: Callable[[], None]


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with aws_wire.moto() as url:
        yield url


def of_file(folder: Path, _: aws_wire.Proxy) -> Stage:
    path = folder / "there" / "anchors.jsonl"
    path.parent.mkdir()

    def spoil() -> None:
        path.parent.rename(folder / "away")

    def mend() -> None:
        (folder / "away").rename(path.parent)

    return Stage(plugins.get(ANCHORS, "file"), AuditFile(path=path), spoil, mend)


def of_bucket(folder: Path, proxy: aws_wire.Proxy) -> Stage:
    options = AuditBucket(bucket=folder.name.replace("_", "-"), region="us-west-2",
                          endpoint_url=proxy.url)  # fmt: skip

    def away(now: bool) -> Callable[[], None]:
        return lambda: setattr(proxy, "away", now)

    return Stage(plugins.get(ANCHORS, "bucket"), options, away(True), away(False))


STAGES = {"file": of_file, "bucket": of_bucket}


@pytest.fixture(params=sorted(plugins.found(ANCHORS)))
async def stage(
    request: pytest.FixtureRequest, moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    for name, value in aws_wire.ENV.items():
        monkeypatch.setenv(name, value)
    async with aws_wire.proxy(moto) as proxy:
        made = STAGES[request.param](tmp_path, proxy)
        if isinstance(made.options, AuditBucket):
            place: Any = {"LocationConstraint": "us-west-2"}
            s3 = aws_wire.client("s3", moto, "us-west-2")
            s3.create_bucket(Bucket=made.options.bucket, CreateBucketConfiguration=place)
        yield made


async def read(stage: Stage) -> list[tuple[int, str]]:
    found = await asyncio.to_thread(stage.module.read, stage.options)
    assert all(one.source for one in found)
    return [(one.n, one.hash) for one in found]


async def test_what_is_added_is_read_back_and_told_twice_is_no_other(stage: Stage) -> None:
    assert await read(stage) == []
    await stage.module.write(stage.options, ONE)
    await stage.module.write(stage.options, ONE)
    await stage.module.write(stage.options, TWO)
    assert sorted(set(await read(stage))) == [(8, HASH), (12, "cd" * 32)]


async def test_a_place_that_is_away_says_so_and_takes_it_later(stage: Stage) -> None:
    stage.spoil()
    with pytest.raises(Temporary):
        await stage.module.write(stage.options, ONE)
    stage.mend()
    await stage.module.write(stage.options, ONE)
    assert await read(stage) == [(8, HASH)]


async def test_what_is_anchored_stays_when_the_bot_fails_and_nothing_is_lost(
    stage: Stage, tmp_path: Path
) -> None:
    """The service, from the first head to the alarm about a log that was rewritten."""
    name = "file" if isinstance(stage.options, AuditFile) else "bucket"
    settings = AuditSettings.model_construct(
        rows=3, every=timedelta(minutes=10), **{"file": None, "bucket": None, name: stage.options}
    )
    with sqlite(tmp_path) as store:
        store.run(fill)
        anchorer = Anchorer(store, settings, tick=0.01)
        (place,) = anchorer._places
        stage.spoil()
        await anchorer.look(place)
        await anchorer.look(place)
        told: Any = anchorer.health()[name]
        assert (told["anchored"], told["rows_waiting"]) == (0, 8)
        assert told["error"]
        stage.mend()
        running = asyncio.create_task(anchorer.run())
        try:
            await until(lambda: "error" not in anchorer.health()[name])  # type: ignore[operator]
            await store.tx(fill, 2)
            await store.tx(fill, 1)
            await until(lambda: place.anchored == 11)
        finally:
            running.cancel()
        assert [n for n, _ in await read(stage)] == [8, 11]
        anchors = await asyncio.to_thread(stage.module.read, stage.options)
        assert verify(store, anchors).compared == 2
        await store.tx(rewrite)
        await store.tx(fill, 5)
        await anchorer.look(place)
        assert "row 11 of the audit log is not the one" in place.error
        assert [n for n, _ in await read(stage)] == [8, 11]
        fault = verify(store, anchors).fault
        assert fault is not None
        assert (fault.row, fault.what) == (8, "anchor")


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_line_that_a_full_disk_cut_short_spoils_no_other(tmp_path: Path) -> None:
    options = AuditFile(path=tmp_path / "anchors.jsonl")
    module = plugins.get(ANCHORS, "file")
    await module.write(options, ONE)
    with options.path.open("ab") as file:
        file.write(ids.canonical(TWO.as_dict())[:-20])
    await module.write(options, TWO)
    assert [one.n for one in module.read(options)] == [8, 12]
    assert not stat.S_IMODE(options.path.stat().st_mode) & stat.S_IRWXO


async def test_nobody_puts_another_object_in_the_place_of_an_anchor(
    moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in aws_wire.ENV.items():
        monkeypatch.setenv(name, value)
    s3 = aws_wire.client("s3", moto, "us-west-2")
    place: Any = {"LocationConstraint": "us-west-2"}
    s3.create_bucket(Bucket="only-adds", CreateBucketConfiguration=place)
    options = AuditBucket(bucket="only-adds", region="us-west-2", endpoint_url=moto, prefix="a/b-")
    module = plugins.get(ANCHORS, "bucket")
    await module.write(options, ONE)
    await module.write(options, Anchor(8, HASH, "2027-01-01T00:00:00.000000Z"))
    (row,) = s3.list_objects_v2(Bucket="only-adds")["Contents"]
    assert row["Key"] == f"a/b-000000000008-{HASH}.json"
    body = s3.get_object(Bucket="only-adds", Key=row["Key"])["Body"].read()
    assert body == ids.canonical({"n": 8, "hash": HASH, "at": AT})
    lost = AuditBucket(bucket="never-made", region="us-west-2", endpoint_url=moto)
    with pytest.raises(Temporary, match="NoSuchBucket"):
        await module.write(lost, ONE)
    with pytest.raises(Temporary, match="NoSuchBucket"):
        module.read(lost)


def test_slack_gets_one_line_per_head_and_hears_once_of_a_rewritten_log(tmp_path: Path) -> None:
    slack = AuditSlack(channel="#audit")
    settings = AuditSettings(rows=3, slack=slack)

    def lines(store: Store) -> list[str]:
        sent = store.run(lambda s: s.scalars(select(Delivery).order_by(Delivery.seq)).all())
        assert {one.target for one in sent} <= {"#audit"}
        return [str(one.args["text"]) for one in sent]

    with sqlite(tmp_path) as store:
        store.run(anchoring.queue, settings, slack)
        assert lines(store) == []
        store.run(fill)
        for _ in range(3):
            store.run(anchoring.queue, settings, slack)
        (line,) = lines(store)
        assert line.startswith(f"Audit head 8 {store.run(head).hash} 20")
        store.run(fill, 3)
        store.run(anchoring.queue, settings, slack)
        assert lines(store)[1].startswith("Audit head 11 ")
        store.run(rewrite)
        for _ in range(3):
            store.run(anchoring.queue, settings, slack)
        assert lines(store)[2].startswith("The audit log was changed: row 11")
        assert len(lines(store)) == 3


def test_each_start_names_its_version_its_configuration_and_its_runbooks(tmp_path: Path) -> None:
    path = write(tmp_path, starter())
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "one.yaml").write_text("title: One\n")
    settings = load(path, ENV, known())
    first = begin.digests(settings)
    assert len(first["configuration"]) == len(first["runbooks"]) == 64
    (tmp_path / "runbooks" / "one.yaml").write_text("title: Two\n")
    second = begin.digests(settings)
    assert second["configuration"] == first["configuration"]
    assert second["runbooks"] != first["runbooks"]
    with sqlite(tmp_path) as store:
        store.run(begin.started, second)
        row = store.run(lambda s: s.scalars(select(AuditRow)).one())
        assert (row.kind, ids.read_canonical(row.data)) == ("started", second)
        assert row.at <= clock.iso(clock.now())


def test_a_key_of_the_bucket_is_whole_or_not_there() -> None:
    with pytest.raises(ValueError, match="go together"):
        AuditBucket(bucket="b", region="us-west-2", access_key_id=Secret("A_KEY"))
