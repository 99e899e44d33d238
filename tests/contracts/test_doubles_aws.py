"""The stand-ins are as strict as what they stand for, where the action's safety leans on it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from incidentbot.errors import InDoubt, Permanent, Temporary
from incidentbot.runbooks.contract import Request, Way
from incidentbot.runbooks.wires.aws import Aws
from tests.contracts.aws_wire import ENV
from tests.contracts.doubles.cloudfront import CloudFront, behaviors, distribution
from tests.contracts.doubles.faults import Asked, Double, Reply
from tests.contracts.doubles.keyvaluestore import KeyValueStore
from tests.contracts.doubles.route53 import Record, Route53, Zone, weighted

ID, ZONE, NAME = "E1SHOPIMAGES", "Z0SHOPEXAMPLE", "img.shop.example"
STORE = "arn:aws:cloudfront::111122223333:key-value-store/6f1f2c2e"


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENV.items():
            patch.setenv(name, value)
        made = Aws(read=1.0, write=0.4)
        yield made
        made.close()


@pytest.fixture(scope="module")
def cloudfront() -> Iterator[CloudFront]:
    with CloudFront() as made:
        yield made


@pytest.fixture(scope="module")
def route53() -> Iterator[Route53]:
    with Route53() as made:
        yield made


@pytest.fixture(scope="module")
def store() -> Iterator[KeyValueStore]:
    with KeyValueStore() as made:
        yield made


def code(call: Callable[..., Any], **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return str(caught.value.response["Error"]["Code"])


def client(aws: Aws, double: Double, service: str) -> Any:
    return aws.client(service, "us-east-1", double.url, 1.0, 1, writes_for="")


# CloudFront


def test_a_distribution_is_written_under_its_current_version_only(
    aws: Aws, cloudfront: CloudFront
) -> None:
    cloudfront.put(ID, distribution())
    boto = client(aws, cloudfront, "cloudfront")
    read = boto.get_distribution_config(Id=ID)
    config = read["DistributionConfig"]
    assert config == distribution()
    put: dict[str, Any] = {"Id": ID, "DistributionConfig": config}
    assert code(boto.update_distribution, **put) == "InvalidIfMatchVersion"
    assert code(boto.update_distribution, **put, IfMatch="nonsense") == "InvalidIfMatchVersion"
    made = boto.update_distribution(**put, IfMatch=read["ETag"])
    assert made["ETag"] != read["ETag"]
    assert made["Distribution"]["Status"] == "InProgress"
    assert code(boto.update_distribution, **put, IfMatch=read["ETag"]) == "PreconditionFailed"
    assert boto.get_distribution_config(Id=ID)["ETag"] == made["ETag"]
    statuses = [boto.get_distribution(Id=ID)["Distribution"]["Status"] for _ in range(3)]
    assert statuses == ["InProgress", "Deployed", "Deployed"]


@pytest.mark.parametrize(
    ("spoil", "refused"),
    [
        (lambda c: c["Origins"].update(Quantity=2), "InconsistentQuantities"),
        (lambda c: c["CacheBehaviors"]["Items"].pop(), "InconsistentQuantities"),
        (lambda c: c.update(CallerReference="other"), "IllegalUpdate"),
        (lambda c: behaviors(c)[2].update(TargetOriginId="four"), "NoSuchOrigin"),
        (
            lambda c: c["OriginGroups"]["Items"][0]["Members"]["Items"][0].update(OriginId="four"),
            "NoSuchOrigin",
        ),
    ],
)
def test_a_distribution_that_does_not_add_up_is_refused(
    aws: Aws, cloudfront: CloudFront, spoil: Callable[[Any], object], refused: str
) -> None:
    cloudfront.put(ID, distribution())
    boto = client(aws, cloudfront, "cloudfront")
    config = distribution()
    spoil(config)
    etag = cloudfront.distributions[ID].etag
    said = code(boto.update_distribution, Id=ID, DistributionConfig=config, IfMatch=etag)
    assert said == refused
    assert cloudfront.distributions[ID].etag == etag


def test_what_is_not_signed_is_refused(cloudfront: CloudFront, store: KeyValueStore) -> None:
    path = f"/2020-05-31/distribution/{ID}/config"
    reply = cloudfront.respond(Asked("GET", path, {}, {}, b""))
    assert reply.status == 403
    one_region = {"authorization": "AWS4-HMAC-SHA256 Credential=any"}
    path = f"/key-value-stores/{STORE.replace('/', '%2F')}"
    assert store.respond(Asked("GET", path, {}, one_region, b"")).status == 403


# KeyValueStore


def test_a_store_is_written_under_its_current_version_only(aws: Aws, store: KeyValueStore) -> None:
    store.put(STORE, origin="one")
    boto = client(aws, store, "cloudfront-keyvaluestore")
    first = boto.describe_key_value_store(KvsARN=STORE)["ETag"]
    put = {"KvsARN": STORE, "Key": "origin", "Value": "two"}
    second = boto.put_key(**put, IfMatch=first)["ETag"]
    assert second != first
    assert code(boto.put_key, **put, IfMatch=first) == "ConflictException"
    many = {"Puts": [{"Key": "a/b", "Value": "1"}], "Deletes": [{"Key": "gone"}]}
    assert code(boto.update_keys, KvsARN=STORE, IfMatch=second, **many).startswith("ResourceNotF")
    assert store.stores[STORE].values == {"origin": "two"}
    many["Deletes"] = [{"Key": "origin"}]
    third = boto.update_keys(KvsARN=STORE, IfMatch=second, **many)
    assert (third["ItemCount"], third["TotalSizeInBytes"]) == (1, 4)
    assert boto.get_key(KvsARN=STORE, Key="a/b")["Value"] == "1"
    assert store.asked[-1].headers["x-amz-region-set"] == "*"
    assert f"http://{store.asked[-1].headers['host']}" == store.url


def test_a_store_lists_its_keys_by_pages(aws: Aws, store: KeyValueStore) -> None:
    store.stores.clear()
    store.put(STORE, **{f"k{number:02}": "v" for number in range(25)})
    boto = client(aws, store, "cloudfront-keyvaluestore")
    pages = boto.get_paginator("list_keys").paginate(KvsARN=STORE)
    assert [len(page["Items"]) for page in pages] == [10, 10, 5]
    assert code(boto.list_keys, KvsARN=STORE, MaxResults=51) == "ValidationException"


# Route 53


def batch(*changes: tuple[str, Record]) -> dict[str, Any]:
    listed = [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
    return {"HostedZoneId": ZONE, "ChangeBatch": {"Changes": listed}}


ONE, TWO = weighted(NAME, "one", 100), weighted(NAME, "two", 0)
SIMPLE = {k: v for k, v in ONE.items() if k not in ("Weight", "SetIdentifier")}


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ([("DELETE", ONE | {"Weight": 99})], "InvalidChangeBatch"),
        ([("DELETE", ONE | {"TTL": 61})], "InvalidChangeBatch"),
        ([("DELETE", ONE | {"SetIdentifier": "three"})], "InvalidChangeBatch"),
        ([("CREATE", ONE)], "InvalidChangeBatch"),
        ([("UPSERT", ONE | {"Weight": 1}), ("DELETE", TWO | {"Weight": 9})], "InvalidChangeBatch"),
        ([("DELETE", ONE), ("CREATE", ONE | {"Weight": 1}), ("CREATE", TWO)], "InvalidChangeBatch"),
        ([("CREATE", SIMPLE)], "InvalidChangeBatch"),
        ([("UPSERT", ONE | {"Weight": 256})], "InvalidInput"),
    ],
)
def test_a_batch_happens_whole_or_not_at_all(
    aws: Aws, route53: Route53, changes: list[tuple[str, Record]], refused: str
) -> None:
    route53.zones = {ZONE: Zone([dict(ONE), dict(TWO)])}
    boto = client(aws, route53, "route53")
    assert code(boto.change_resource_record_sets, **batch(*changes)) == refused
    assert route53.zones[ZONE].records == [ONE, TWO]


def test_a_change_is_pending_before_it_is_in_sync(aws: Aws, route53: Route53) -> None:
    route53.zones = {ZONE: Zone([dict(ONE), dict(TWO)])}
    boto = client(aws, route53, "route53")
    new = [("DELETE", ONE), ("CREATE", ONE | {"Weight": 7})]
    made = boto.change_resource_record_sets(**batch(*new))["ChangeInfo"]
    assert made["Status"] == "PENDING"
    polls = [boto.get_change(Id=made["Id"])["ChangeInfo"]["Status"] for _ in range(3)]
    assert polls == ["PENDING", "INSYNC", "INSYNC"]
    assert code(boto.get_change, Id="C1") == "NoSuchChange"
    listed = boto.list_resource_record_sets(HostedZoneId=ZONE, StartRecordName=NAME)
    assert [r["Weight"] for r in listed["ResourceRecordSets"]] == [7, 0]


# faults, and what they mean to the one who called


READ = Request("route53", "ListResourceRecordSets", "us-east-1", {"HostedZoneId": ZONE})


class Babble(Double):
    """Answers what no service would: `status`, and a page of a proxy."""

    status = 200

    def operation(self, asked: Asked) -> str:
        return "any"

    def answer(self, operation: str, asked: Asked) -> Reply:
        return Reply(self.status, b"<html><p>Bad gateway</html>", {"Content-Type": "text/html"})


@pytest.fixture(scope="module")
def babble() -> Iterator[Babble]:
    with Babble() as made:
        yield made


CHANGE = Request("route53", "ChangeResourceRecordSets", "us-east-1", batch(("CREATE", ONE)))
PUT = Request("ssm", "PutParameter", "us-west-2", {"Name": "/x", "Value": "y"})


@pytest.mark.parametrize(
    ("request_", "status"),
    [(CHANGE, 200), (CHANGE, 500), (CHANGE, 502), (PUT, 500), (PUT, 502)],
    ids=lambda value: getattr(value, "service", value),
)
async def test_an_answer_that_nobody_can_read_is_in_doubt(
    aws: Aws, babble: Babble, request_: Request, status: int
) -> None:
    babble.forget()
    babble.status = status
    with pytest.raises(InDoubt):
        await aws.write(request_, Way(babble.url))
    assert babble.calls == ["any"]


async def test_a_call_that_cannot_be_made_is_no_doubt(aws: Aws, babble: Babble) -> None:
    babble.forget()
    for params in ({}, {"HostedZoneId": ZONE, "Nonsense": 1}):
        with pytest.raises(Permanent, match="cannot be asked"):
            await aws.write(
                Request("route53", READ.operation, "us-east-1", params), Way(babble.url)
            )
    wrong = {"KvsARN": "arn:aws:s3:::bucket", "Key": "k"}
    request = Request("cloudfront-keyvaluestore", "GetKey", "us-west-2", wrong)
    with pytest.raises(Permanent, match="cannot be asked"):
        await aws.read(request, Way(babble.url))
    assert not babble.calls


async def test_a_service_told_to_be_away_is_away_until_it_is_told_otherwise(
    aws: Aws, route53: Route53
) -> None:
    route53.forget()
    route53.zones = {ZONE: Zone([dict(ONE)])}
    route53.away = True
    with pytest.raises(InDoubt, match="503"):
        await aws.read(READ, Way(route53.url))
    route53.away = False
    assert (await aws.read(READ, Way(route53.url)))["ResourceRecordSets"] == [ONE]


async def test_a_stale_answer_on_demand_and_a_busy_service(aws: Aws, route53: Route53) -> None:
    route53.forget()
    route53.zones = {ZONE: Zone([])}
    route53.busy = 1
    route53.plan["ChangeResourceRecordSets"] = ["stale"]
    with pytest.raises(Permanent, match="InvalidChangeBatch"):
        await aws.write(CHANGE, Way(route53.url))
    with pytest.raises(Temporary, match="PriorRequestNotComplete"):
        await aws.write(CHANGE, Way(route53.url))
    await aws.write(CHANGE, Way(route53.url))
    assert route53.effects("ChangeResourceRecordSets") == 1


@pytest.mark.parametrize(("when", "effects"), [("before", 0), ("after", 1)])
def test_the_caller_is_killed_around_its_call(when: Any, effects: int, babble: Babble) -> None:
    babble.forget()
    words = (
        "import sys, time, urllib.request as r\n"
        "sys.stdin.readline()\n"
        "r.urlopen(sys.argv[1], timeout=5)\n"
        "time.sleep(5)\n"
    )
    command = [sys.executable, "-c", words, babble.url]
    env = os.environ | {"no_proxy": "*"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=env) as process:
        babble.kill(process.pid, "any", when=when)
        process.communicate(b"\n", timeout=20)
    assert process.returncode == -signal.SIGKILL
    assert (babble.count("any"), babble.effects("any")) == (1, effects)
