"""Reader and writer apart at AWS, on the wire: who asks under which name, and who can write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs

import boto3
import pytest
from aiohttp import web
from freezegun import freeze_time

from incidentbot import clock, plugins
from incidentbot.errors import Permanent, Temporary
from incidentbot.http import Http
from incidentbot.runbooks.contract import Goal, Request, Way
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.runbooks.wires.roles import sts_of
from incidentbot.runbooks.wires.wires import Reader, Wires
from incidentbot.settings.aws import AwsSettings
from tests.contracts import aws_wire
from tests.contracts.wire import serving

REGION, PARAMETER = "us-west-2", "/shop/origin"
ARN = "arn:aws:iam::123456789012:role/incidentbot-"
ANSWER = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
<SessionToken>token</SessionToken><Expiration>{until}</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"""


@dataclass
class Sts:
    """An STS that notes what it was asked; its passes are named ASIA1, ASIA2, ..."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    refuse: tuple[int, str] | None = None

    async def answer(self, request: web.Request) -> web.Response:
        form = parse_qs(await request.text())
        wish = {key: values[0] for key, values in form.items()}
        if self.refuse is not None:
            status, code = self.refuse
            body = f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"
            return web.Response(status=status, text=body, content_type="text/xml")
        self.asked.append(wish)
        lasts = timedelta(seconds=int(wish["DurationSeconds"]))
        until = clock.now() + lasts
        name = "READ" if "reader" in wish["RoleSessionName"] else "WRIT"
        id = f"ASIA{name}{len(self.asked):012d}"
        text = ANSWER.format(id=id, until=until.strftime("%Y-%m-%dT%H:%M:%SZ"))
        return web.Response(text=text, content_type="text/xml")


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with aws_wire.moto() as url:
        ssm = aws_wire.client("ssm", url, REGION)
        ssm.put_parameter(Name=PARAMETER, Value="one", Type="String")
        yield url


@dataclass
class House:
    sts: Sts
    proxy: aws_wire.Proxy
    wires: Wires
    aws: Aws

    @property
    def way(self) -> Way:
        return Way(self.proxy.url)


def put(value: str) -> Request:
    return Request("ssm", "PutParameter", REGION, {"Name": PARAMETER, "Value": value,
                                                   "Overwrite": True})  # fmt: skip


GET = Request("ssm", "GetParameter", REGION, {"Name": PARAMETER})


@pytest.fixture
async def house(moto: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    for name, value in aws_wire.ENV.items():
        monkeypatch.setenv(name, value)
    sts = Sts()
    async with serving(sts.answer) as url, aws_wire.proxy(moto) as proxy:
        sts.url = url
        settings = AwsSettings(
            reader_role=f"{ARN}reader",
            writer_role=f"{ARN}writer",
            external_id="shop",
            region=REGION,
            endpoint_url=url,
        )
        http = Http()
        aws = Aws(settings=settings)
        wires = Wires(http, aws)
        yield House(sts, proxy, wires, aws)
        wires.close()
        await http.close()


def number(id: str) -> int:
    return int(id[8:])


async def test_each_plan_writes_under_a_name_and_tag_of_its_own_for_a_quarter_of_an_hour(
    house: House,
) -> None:
    reader, writer = house.wires.reader, house.wires.writer("P-1a2b3c4d")
    await reader.read(GET, house.way)
    await writer.write(put("two"), house.way)
    await house.wires.writer("P-ffffffff").write(put("three"), house.way)
    await writer.write(put("four"), house.way)
    await reader.read(GET, house.way)
    assert [key[:8] for key in house.proxy.keys] == [
        "ASIAREAD", "ASIAWRIT", "ASIAWRIT", "ASIAWRIT", "ASIAREAD",
    ]  # fmt: skip
    assert [number(key) for key in house.proxy.keys] == [1, 2, 3, 2, 1]
    first, second, third = house.sts.asked
    assert (first["RoleArn"], first["RoleSessionName"]) == (f"{ARN}reader", "incidentbot-reader")
    assert "Tags.member.1.Key" not in first
    assert (second["RoleArn"], second["RoleSessionName"], second["DurationSeconds"]) == (
        f"{ARN}writer", "incidentbot-P-1a2b3c4d", "900",
    )  # fmt: skip
    tag = (second["Tags.member.1.Key"], second["Tags.member.1.Value"])
    assert tag == ("incidentbot-plan", "P-1a2b3c4d")
    assert third["Tags.member.1.Value"] == "P-ffffffff"
    assert {one["ExternalId"] for one in house.sts.asked} == {"shop"}


async def test_a_pass_is_renewed_before_it_ends_and_kept_while_sts_is_away(house: House) -> None:
    writer = house.wires.writer("P-1a2b3c4d")
    with freeze_time(clock.now(), tick=True) as frozen:
        await writer.write(put("two"), house.way)
        frozen.tick(timedelta(minutes=12))
        await writer.write(put("three"), house.way)
        assert len(house.sts.asked) == 1
        frozen.tick(timedelta(seconds=90))
        house.sts.refuse = (503, "ServiceUnavailable")
        await writer.write(put("four"), house.way)  # with the old pass, which is good for 90 s more
        house.sts.refuse = None
        frozen.tick(timedelta(seconds=40))
        await writer.write(put("five"), house.way)
        assert len(house.sts.asked) == 2
        assert [number(key) for key in house.proxy.keys] == [1, 1, 1, 2]
        house.sts.refuse = (503, "ServiceUnavailable")
        frozen.tick(timedelta(minutes=20))
        with pytest.raises(Temporary, match="STS in us-west-2"):
            await writer.write(put("six"), house.way)
        assert len(house.proxy.keys) == 4


@pytest.mark.parametrize(
    ("refusal", "error"),
    [((403, "AccessDenied"), Permanent), ((500, "InternalFailure"), Temporary),
     ((400, "RegionDisabledException"), Temporary)],
)  # fmt: skip
async def test_a_role_that_is_not_given_is_never_a_write_in_doubt(
    house: House, refusal: tuple[int, str], error: type[Exception]
) -> None:
    house.sts.refuse = refusal
    with pytest.raises(error, match="STS in us-west-2"):
        await house.wires.writer("P-1a2b3c4d").write(put("two"), house.way)
    assert house.proxy.calls == []


async def test_where_there_is_a_writers_role_nothing_writes_without_a_plan(house: House) -> None:
    with pytest.raises(Permanent, match="no plan is named"):
        await house.aws.write(put("two"), house.way)
    assert house.proxy.calls == []


WRITES = [
    put("two"),
    Request("ssm", "DeleteParameter", REGION, {"Name": PARAMETER}),
    Request("s3", "PutObject", REGION, {"Bucket": "b", "Key": "k", "Body": b""}),
    Request("s3", "DeleteObject", REGION, {"Bucket": "b", "Key": "k"}),
    Request("route53", "ChangeResourceRecordSets", REGION, {
        "HostedZoneId": "Z1", "ChangeBatch": {"Changes": [{"Action": "DELETE", "ResourceRecordSet":
        {"Name": "a.example.com", "Type": "A"}}]}}),
    Request("http", "PUT", "", {"url": "http://127.0.0.1:9/"}),
    Request("http", "POST", "", {"url": "http://127.0.0.1:9/"}),
    Request("haproxy", "command", "127.0.0.1:9", {"command": "set server a/b weight 0"}),
]  # fmt: skip


@pytest.mark.parametrize("roles", [True, False])
async def test_a_write_through_a_reader_is_impossible(house: House, roles: bool) -> None:
    aws = house.aws if roles else Aws()
    wires = house.wires if roles else Wires(Http(), aws)
    assert not hasattr(wires.reader, "write")
    assert isinstance(wires.reader, Reader)
    for request in WRITES:
        with pytest.raises(Permanent, match="is no read"):
            await wires.reader.read(request, house.way)
        with pytest.raises(Permanent, match="is no read"):  # not even in the hands of a writer
            await wires.writer("P-1a2b3c4d").read(request, house.way)
    client = await asyncio.to_thread(aws.client, "ssm", REGION, house.proxy.url, 1.0, 1)
    with pytest.raises(Permanent, match="DeleteParameter is no read"):
        await asyncio.to_thread(lambda: client.delete_parameter(Name=PARAMETER))
    assert house.proxy.calls == []
    if not roles:
        await wires.writer("P-1a2b3c4d").write(put("two"), house.way)
        assert house.proxy.calls == ["PutParameter"]
        wires.close()


async def test_planning_makes_no_call_but_reads(house: House) -> None:
    """The dry run is the same way to the last line before the write."""
    action = plugins.get("incidentbot.runbooks.actions", "ssm_parameter")
    options = action.Options(parameter=PARAMETER, region=REGION, endpoint_url=house.proxy.url)
    live = await action.observe(options, house.wires.reader)
    planned = action.plan(options, live, Goal("elsewhere"))
    action.undo(options, live, planned.after)
    assert planned.requests[0].operation == "PutParameter"
    assert house.proxy.calls == ["GetParameter"]
    assert house.proxy.keys[0].startswith("ASIAREAD")


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("us-west-2", "https://sts.us-west-2.amazonaws.com"),
        ("eu-central-1", "https://sts.eu-central-1.amazonaws.com"),
        ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_sts_is_asked_in_its_region(region: str, url: str) -> None:
    assert sts_of(region, boto3.session.Session()) == url
