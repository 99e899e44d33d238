"""Copying what a backup lacks: it only ever adds, and may be sent again. Against moto."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from incidentbot.errors import InDoubt, Permanent, Refused
from incidentbot.runbooks.actions import copy_missing_assets as action
from incidentbot.runbooks.actions.copy_missing_assets import Arguments, Options
from incidentbot.runbooks.contract import Goal, Live, Request, Way
from incidentbot.runbooks.wires.copying import Copying
from incidentbot.runbooks.wires.wires import Wires
from incidentbot.settings import Settings
from tests.contracts import aws_wire
from tests.contracts.aws_wire import client, proxy
from tests.contracts.origin_world import OBJECTS, at_moto, fill, settings, ways

GOAL = Goal("two", "one")
GONE = ("img/03.png", "img/05.png", "a b+c/ü.css")


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with aws_wire.moto() as url:
        yield url


@pytest.fixture
def url(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in aws_wire.ENV.items():
        monkeypatch.setenv(name, value)
    fill(moto)
    west = client("s3", moto, "us-west-2")
    for key in GONE:
        west.delete_object(Bucket="two-bucket", Key=key)
    east = client("s3", moto, "us-east-1")
    east.put_object(
        Bucket="one-bucket", Key="img/03.png", Body=OBJECTS["img/03.png"], ContentType="image/png",
        CacheControl="max-age=60", Metadata={"made-by": "shop"},
    )  # fmt: skip
    return moto


def bound(config: Settings, most: Any = 100) -> Options:
    return action.bind(config, config.assets[0], "INC-1", Arguments(most=most))


@asynccontextmanager
async def wired(config: Settings) -> AsyncIterator[Wires]:
    async with ways() as (http, aws):
        yield Wires(http, aws, Copying(config, http, aws).doors)


def other_endpoint(url: str, folder: Path) -> Settings:
    """The backup at another name of the same moto: no copy from within."""
    one, two = at_moto(url).splitlines()
    return settings(folder, f"{one}\n{two.replace('127.0.0.1', 'localhost')}")


@pytest.mark.parametrize("carried", [False, True])
async def test_what_is_missing_is_copied_with_what_belongs_to_it(
    url: str, tmp_path: Path, carried: bool
) -> None:
    config = other_endpoint(url, tmp_path) if carried else settings(tmp_path, at_moto(url))
    options = bound(config)
    async with wired(config) as wires:
        live = await action.observe(options, wires.reader)
        assert (live.value, live.document["count"]) == ("3 missing", 3)
        planned = action.plan(options, live, GOAL)
        assert action.plan(options, live, GOAL) == planned
        assert [one.params["key"] for one in planned.requests] == sorted(GONE, key=str.encode)
        assert "3 of 3 objects that two lacks" in planned.what
        assert not any("secret" in str(one.as_dict()) for one in planned.requests)
        fine, said = await action.verify(options, planned.after, wires.reader)
        assert not fine and said.startswith("two has 3 missing, not 0 missing: ")
        calls = wires.writer("P-1")
        for _ in range(2):  # sent again, it changes nothing
            await action.apply(options, planned.requests, live, calls)
        fine, said = await action.verify(options, planned.after, wires.reader)
        assert fine and said == "two has 0 missing"
        after = await action.observe(options, wires.reader)
        assert after.value == planned.after.value == "0 missing"
        assert after.document == planned.after.document
        with pytest.raises(Refused, match="lacks nothing"):
            action.plan(options, after, GOAL)
    head = client("s3", url, "us-west-2").head_object(Bucket="two-bucket", Key="img/03.png")
    assert (head["ContentType"], head["CacheControl"]) == ("image/png", "max-age=60")
    assert head["Metadata"] == {"made-by": "shop"}


async def test_what_somebody_put_there_meanwhile_is_left_alone(url: str, tmp_path: Path) -> None:
    config = settings(tmp_path, at_moto(url))
    options = bound(config)
    west = client("s3", url, "us-west-2")
    async with wired(config) as wires:
        live = await action.observe(options, wires.reader)
        planned = action.plan(options, live, GOAL)
        west.put_object(Bucket="two-bucket", Key="img/05.png", Body=b"theirs")
        with pytest.raises(Permanent, match=r"img/05\.png is there already with 6 bytes"):
            await action.apply(options, planned.requests, live, wires.writer("P-1"))
        assert west.get_object(Bucket="two-bucket", Key="img/05.png")["Body"].read() == b"theirs"
        left = await action.observe(options, wires.reader)
        assert left.value == "0 missing"  # what came before it was copied


async def test_a_source_that_changed_is_not_copied(url: str, tmp_path: Path) -> None:
    config = settings(tmp_path, at_moto(url))
    options = bound(config)
    async with wired(config) as wires:
        live = await action.observe(options, wires.reader)
        planned = action.plan(options, live, GOAL)
        client("s3", url, "us-east-1").put_object(
            Bucket="one-bucket", Key="img/03.png", Body=b"longer than it was"
        )
        with pytest.raises(Permanent, match="not 9 as planned"):
            await action.apply(options, planned.requests[1:], live, wires.writer("P-1"))


async def test_a_plan_takes_so_many_and_tells_of_the_rest(url: str, tmp_path: Path) -> None:
    west = client("s3", url, "us-west-2")
    for key in OBJECTS:
        west.delete_object(Bucket="two-bucket", Key=key)
    config = settings(tmp_path, at_moto(url))
    options = bound(config, 10)
    async with wired(config) as wires:
        live = await action.observe(options, wires.reader)
    planned = action.plan(options, live, GOAL)
    assert len(planned.requests) == 10 and planned.after.value == "3 missing"
    assert "10 of 13 objects" in planned.what and "3 more are left" in planned.what


@pytest.mark.parametrize(
    ("fault", "meant"),
    [("denied", Permanent), ("503", InDoubt), ("dropped", InDoubt), ("lost", InDoubt)],
)
async def test_a_copy_that_fails_says_what_that_means_and_can_be_sent_again(
    url: str, tmp_path: Path, fault: aws_wire.Fault, meant: type[Exception]
) -> None:
    async with proxy(url) as between:
        config = settings(tmp_path, at_moto(between.url))
        options = bound(config)
        async with wired(config) as wires:
            live = await action.observe(options, wires.reader)
            planned = action.plan(options, live, GOAL)
            between.plan["PUT /two-bucket/img/03.png"] = [fault]
            calls, last = wires.writer("P-1"), planned.requests[1:2]
            assert last[0].params["key"] == "img/03.png"
            with pytest.raises(meant):
                await action.apply(options, last, live, calls)
            await action.apply(options, last, live, calls)
            assert between.count("PUT /two-bucket/img/03.png") == (1 if fault == "lost" else 2)


@pytest.mark.parametrize("operation", ["copy_delete", "copy_object", "delete_look"])
async def test_a_reader_cannot_write_and_nothing_deletes(
    url: str, tmp_path: Path, operation: str
) -> None:
    config = settings(tmp_path, at_moto(url))
    request = Request("house", operation, "", {"from": "one", "to": "two", "key": "x", "size": 1})
    async with wired(config) as wires:
        with pytest.raises(Permanent):
            await wires.reader.read(request, Way())
        if operation != "copy_object":
            with pytest.raises(Permanent):
                await wires.writer("P-1").write(request, Way())


def test_it_goes_to_the_backup_only_and_between_buckets_only(tmp_path: Path) -> None:
    config = settings(tmp_path, at_moto("http://127.0.0.1:9"))
    options = bound(config)
    assert (options.source, options.backup) == ("one", "two")
    assert action.plane(options).region == "us-west-2"
    assert action.by_hand(options) == "incidentbot readiness shop-images --now"
    assert action.undo(options, Live("3 missing"), Live("0 missing")) == ()
    (write,) = [right for right in action.rights(options, ()) if right.write]
    assert (write.actions, write.resources) == (("s3:PutObject",), ("arn:aws:s3:::two-bucket/*",))
    with pytest.raises(ValueError, match="most"):
        Arguments.model_validate({"most": 5})
    two = "  - {name: two, kind: gcs, bucket: b}"
    mixed = settings(tmp_path, at_moto("http://127.0.0.1:9").splitlines()[0] + "\n" + two)
    with pytest.raises(Refused, match="only S3 can be copied"):
        bound(mixed)
