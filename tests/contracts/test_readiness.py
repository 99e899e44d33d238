"""What is proven of two buckets, from the first look to what people read, against moto."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from botocore.exceptions import ClientError
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from incidentbot import clock
from incidentbot.cli import cli
from incidentbot.runbooks.readiness import replication, telling
from incidentbot.runbooks.readiness.prover import Prover
from incidentbot.settings import Settings
from incidentbot.store import Store, migrate
from incidentbot.store.models import Notice, Readiness
from tests.contracts import aws_wire
from tests.contracts.aws_wire import client
from tests.contracts.origin_world import OBJECTS, at_moto, double, fill, settings, ways
from tests.contracts.wire import serving

TOTAL = len(OBJECTS)
Prove = Callable[..., Awaitable[Readiness]]


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with aws_wire.moto() as url:
        yield url


@pytest.fixture
def url(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in aws_wire.ENV.items():
        monkeypatch.setenv(name, value)
    fill(moto)
    return moto


def database(folder: Path) -> Store:
    store = Store(f"sqlite:///{folder}/incidentbot.db")
    migrate.upgrade(store)
    return store


@asynccontextmanager
async def proving(store: Store, config: Settings) -> AsyncIterator[Prove]:
    """A prover whose clients are made once."""
    async with ways() as (http, aws):
        prover = Prover(store, config, http, aws)

        async def prove(times: int = 1) -> Readiness:
            for _ in range(times):
                await prover.prove(config.assets[0])
            return row(store)

        yield prove


async def prove(store: Store, config: Settings) -> Readiness:
    async with proving(store, config) as look:
        return await look()


def row(store: Store, origin: str = "two") -> Readiness:
    return store.run(lambda session: session.get_one(Readiness, ("shop-images", origin)))


def notices(store: Store) -> list[str]:
    def read(session: Session) -> list[str]:
        return [one.text for one in session.scalars(select(Notice).order_by(Notice.id))]

    return store.run(read)


async def test_the_whole_of_it_is_proven_dropped_told_once_and_proven_again(
    url: str, tmp_path: Path
) -> None:
    store, config = database(tmp_path), settings(tmp_path, at_moto(url))
    async with proving(store, config) as look:
        found = await look()
        assert (found.state, found.told) == ("ready", "ready")
        assert found.reason.startswith(f"{TOTAL} of {TOTAL} objects the same; 1")
        assert row(store, "one").state == "ready"
        assert [point["number"] for point in found.points] == list(range(1, 16))
        assert all(point["evidence"] for point in found.points)
        west = client("s3", url, "us-west-2")
        west.delete_object(Bucket="two-bucket", Key="img/05.png")
        found = await look()
        assert found.state == "not_ready" and not notices(store)  # one look is no news
        found = await look(2)
        assert f"1 of {TOTAL} objects missing or different: img/05.png" in found.reason
        (told,) = notices(store)
        assert told.startswith(
            "Heads-up: two, the backup of Shop images, is not ready: 1 of 13 objects"
        )
        assert "It was last proven" in told
        west.put_object(Bucket="two-bucket", Key="img/05.png", Body=OBJECTS["img/05.png"])
        assert (await look()).state == "ready"
        (back,) = notices(store)[1:]
        assert back.startswith(
            f"two is proven ready again for Shop images: {TOTAL} of {TOTAL} objects"
        )
    store.close()


def test_the_command_says_it_with_its_age_and_looks_at_once(url: str, tmp_path: Path) -> None:
    settings(tmp_path, at_moto(url))
    database(tmp_path).close()
    config = ["--config", str(tmp_path / "incidentbot.yaml")]
    told = CliRunner().invoke(cli, ["readiness", *config])
    assert told.exit_code == 1
    assert "Shop images: backup two was never looked at" in told.output
    told = CliRunner().invoke(cli, ["readiness", "shop-images", "--now", *config])
    assert told.exit_code == 0, told.output
    assert "Shop images: backup two is ready" in told.output
    assert f"ago: {TOTAL} of {TOTAL} objects" in told.output
    assert " 1 no Versioning" in told.output
    found = json.loads(CliRunner().invoke(cli, ["readiness", "--json", *config]).output)
    assert [(one["origin"], one["role"], one["state"]) for one in found] == [
        ("two", "backup", "ready"),
        ("one", "primary", "ready"),
    ]
    assert found[0]["objects"]["total"] == TOTAL and len(found[0]["checklist"]) == 15
    shown = CliRunner().invoke(cli, ["map", *config])
    assert shown.exit_code == 0, shown.output
    assert (
        f"last proven 0 s ago: {TOTAL} of {TOTAL} objects" in shown.output or "1 s" in shown.output
    )
    mapped = json.loads(CliRunner().invoke(cli, ["map", "--json", *config]).output)
    assert mapped["assets"][0]["backup"]["region"] == "us-west-2"


def results(found: Readiness) -> dict[int, tuple[str, str]]:
    return {one["number"]: (one["result"], one["evidence"]) for one in found.points}


async def test_what_the_buckets_say_is_judged(url: str, tmp_path: Path) -> None:
    store, config = database(tmp_path), settings(tmp_path, at_moto(url))
    east, west = (client("s3", url, region) for region in ("us-east-1", "us-west-2"))
    kms = client("kms", url, "us-west-2")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    for s3, bucket in ((east, "one-bucket"), (west, "two-bucket")):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "ID": "x"}]}
    east.put_bucket_cors(Bucket="one-bucket", CORSConfiguration=cors)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    west.put_bucket_encryption(
        Bucket="two-bucket",
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": default}]
        },
    )
    try:
        async with proving(store, config) as look:
            found = await look()
            seen = results(found)
            assert found.state == "ready"
            assert seen[1] == ("ready", "on for both")
            assert seen[4][0] == "not_ready" and "differ" in seen[4][1]
            assert seen[6] == ("ready", f"KMS key {key} is enabled in us-west-2")
            assert seen[14] == ("not_ready", "this switch was never practised")
            assert seen[15][0] == "ready"
            kms.disable_key(KeyId=key)
            found = await look()
            assert found.state == "not_ready"
            assert f"Encryption: KMS key {key} is Disabled" in found.reason
            deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
            kms.enable_key(KeyId=key)
            west.put_bucket_policy(Bucket="two-bucket", Policy=json.dumps({"Statement": [deny]}))
            found = await look()
            assert "Access: the policy refuses everybody s3:GetObject" in found.reason
    finally:
        west.delete_bucket_policy(Bucket="two-bucket")
        west.delete_bucket_encryption(Bucket="two-bucket")
        east.delete_bucket_cors(Bucket="one-bucket")
        store.close()


async def test_a_side_that_is_away_leaves_the_last_proof(url: str, tmp_path: Path) -> None:
    store, config = database(tmp_path), settings(tmp_path, at_moto(url))
    await prove(store, config)
    gone = settings(tmp_path, at_moto(url).replace(url, "http://127.0.0.1:9", 1))
    found = await prove(store, gone)
    assert found.state == "ready"
    assert "when last compared at" in found.reason and "cannot be compared now" in found.reason
    assert row(store, "one").state == "unknown"
    store.close()


async def test_only_the_critical_ones_are_looked_at_in_between(url: str, tmp_path: Path) -> None:
    store, config = database(tmp_path), settings(tmp_path, at_moto(url))
    await prove(store, config)
    west = client("s3", url, "us-west-2")
    west.delete_object(Bucket="two-bucket", Key="img/00.png")
    async with ways() as (http, aws):
        prover = Prover(store, config, http, aws)
        await prover.glance(config.assets[0])
        found = row(store)
        assert (found.state, found.detail["total"]) == ("not_ready", TOTAL)
        assert "1 cannot be fetched whole: img/00.png" in found.reason
        west.put_object(Bucket="two-bucket", Key="img/00.png", Body=OBJECTS["img/00.png"])
        await prover.glance(config.assets[0])
        assert row(store).state == "ready"
    store.close()


async def test_a_directory_without_a_list_is_sampled(url: str, tmp_path: Path) -> None:
    store = database(tmp_path)
    short = {key: body for key, body in OBJECTS.items() if key != "img/00.png"}
    for objects, state in ((OBJECTS, "ready"), (short, "not_ready")):
        async with double("directory", objects) as (there, _):
            two = f'  - {{name: two, kind: http, url: "{there}/pictures", allow_private: true}}'
            config = settings(tmp_path, at_moto(url).splitlines()[0] + "\n" + two)
            found = await prove(store, config)
        assert found.state == state, found.reason
        assert "objects of a sample" in found.reason or state == "not_ready"
    store.close()


@pytest.mark.parametrize(
    ("header", "served", "state", "says"),
    [
        ("x-origin", "two", "ready", "over the way users take"),
        ("x-origin", "one", "not_ready", "x-origin says one, not two"),
    ],
)
async def test_the_backup_is_fetched_over_the_way_users_take(
    url: str, tmp_path: Path, header: str, served: str, state: str, says: str
) -> None:

    async def edge(request: web.Request) -> web.Response:
        wanted = request.headers.get("x-ask") == "two"
        key = request.path.removeprefix("/")
        if key not in OBJECTS:
            return web.Response(status=404)
        return web.Response(
            body=OBJECTS[key],
            headers={header: served if wanted else "one", "Content-Type": "image/png"},
        )

    store = database(tmp_path)
    async with serving(edge) as there:
        way = (
            f', through: {{url: "{there}/{{key}}", header: x-ask, value: two, allow_private: true}}'
        )
        found = await prove(store, settings(tmp_path, at_moto(url), way))
    assert found.state == state, found.reason
    assert says in found.reason
    store.close()


class Asked:
    """S3 and CloudWatch with fixed answers; an exception is raised."""

    def __init__(self, rules: Any, points: Any = ()) -> None:
        self.rules, self.points = rules, points

    def get_bucket_replication(self, **_: Any) -> Any:
        if isinstance(self.rules, Exception):
            raise self.rules
        return {"ReplicationConfiguration": {"Rules": self.rules}}

    def get_metric_statistics(self, **_: Any) -> Any:
        if isinstance(self.points, Exception):
            raise self.points
        return {"Datapoints": self.points}


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "Get")


RULE = {
    "ID": "r",
    "Status": "Enabled",
    "Destination": {"Bucket": "arn:aws:s3:::b", "Metrics": {"Status": "Enabled"}},
}
AT = datetime(2026, 3, 2, 17, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rules", "points", "rule", "lag", "says"),
    [
        ([RULE], [{"Timestamp": AT, "Maximum": 42.0}], "on", 42.0, ""),
        ([RULE], [], "on", None, "has no data"),
        ([RULE], refusal("AccessDenied"), "on", None, "cannot be read (AccessDenied)"),
        ([{**RULE, "Status": "Disabled"}], [], "off", None, ""),
        ([{**RULE, "Destination": {"Bucket": "arn:aws:s3:::b"}}], [], "on", None, "no metrics"),
        ([{**RULE, "Destination": {"Bucket": "arn:aws:s3:::c"}}], [], "none", None, ""),
        (refusal("ReplicationConfigurationNotFoundError"), [], "none", None, ""),
        (refusal("AccessDenied"), [], "", None, "cannot be read (AccessDenied)"),
    ],
)
def test_a_lag_that_nobody_knows_is_no_zero(
    rules: Any, points: Any, rule: str, lag: float | None, says: str
) -> None:
    asked = Asked(rules, points)
    found = replication.read(asked, asked, "a", "b", AT)
    assert (found.rule, found.lag) == (rule, lag)
    assert says in found.why and bool(says) == bool(found.why)


def test_what_was_never_looked_at_says_so(tmp_path: Path) -> None:
    store, config = database(tmp_path), settings(tmp_path, at_moto("http://127.0.0.1:9"))
    found = store.run(telling.proof, config.assets[0], "two", clock.now())
    assert (found.state, found.words, found.stale) == ("", "never proven", True)
    store.close()
