"""The doctor and AWS: who we are, and dry reads of what a switch needs; nothing is ever written."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.contracts import aws_wire
from tests.contracts.doctor_kit import Clinic, clinic
from tests.contracts.wire import serving

ORIGINS = """
origins:
  - {{name: us-east-1, kind: s3, region: us-east-1, bucket: east, endpoint_url: "{url}"}}
  - {{name: us-west-2, kind: s3, region: us-west-2, bucket: west, endpoint_url: "{url}"}}
assets:
  - name: images
    title: Images
    primary: us-east-1
    backup: us-west-2
    dependency: pictures
    switch:
      kind: ssm_parameter
      parameter: /shop/origin
      region: us-west-2
      endpoint_url: "{ssm}"
      values: {{us-east-1: us-east-1, us-west-2: us-west-2}}
    verify: {{url: "https://edge.example.com/{{key}}", header: x-asset-origin, keys: [a]}}
    readiness: {{critical: [a.svg]}}
"""


LISTING = (
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Contents><Key>a.svg</Key><Size>6</Size></Contents></ListBucketResult>"
)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with aws_wire.moto() as url:
        for region, bucket in (("us-east-1", "east"), ("us-west-2", "west")):
            place = {"LocationConstraint": region} if region != "us-east-1" else None
            extra = {"CreateBucketConfiguration": place} if place else {}
            s3 = aws_wire.client("s3", url, region)
            s3.create_bucket(Bucket=bucket, **extra)
            s3.put_object(Bucket=bucket, Key="a.svg", Body=b"<svg/>")
        ssm = aws_wire.client("ssm", url, "us-west-2")
        ssm.put_parameter(Name="/shop/origin", Value="us-east-1", Type="String")
        yield url


@pytest.fixture
async def proxy(moto: str) -> AsyncIterator[aws_wire.Proxy]:
    async with aws_wire.proxy(moto) as made:
        yield made


@pytest.fixture
async def ward(
    tmp_path: Path, proxy: aws_wire.Proxy, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Clinic]:
    for name, value in aws_wire.ENV.items():
        monkeypatch.setenv(name, value)
    async with clinic(tmp_path) as made:
        made.text += ORIGINS.format(url=proxy.url, ssm=proxy.url)
        yield made


async def test_all_that_a_switch_needs_can_be_read_and_nothing_is_written(
    ward: Clinic, proxy: aws_wire.Proxy
) -> None:
    found = await ward.examine()
    assert found.bad() == []
    told = [one.text for one in found.of("aws")]
    assert told.count("can be listed and read") == 2
    assert any("names us-east-1" in line for line in told)
    assert proxy.calls
    assert not [call for call in proxy.calls if call.lower().startswith(("put", "post", "delete"))]


async def test_at_aws_itself_it_says_who_we_are(
    ward: Clinic, proxy: aws_wire.Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward.put(f'      endpoint_url: "{proxy.url}"\n', "")
    for service in ("STS", "SSM"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", proxy.url)
    told = {one.about: one.text for one in (await ward.examine()).of("aws")}
    assert "arn:aws:sts::" in told["AWS credentials"]


async def test_without_credentials_nothing_else_is_tried(
    ward: Clinic, proxy: aws_wire.Proxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ward.put(f'      endpoint_url: "{proxy.url}"\n', "")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    told = (await ward.examine()).the("aws")
    assert (told.about, told.level) == ("AWS credentials", "fault")
    assert "aws sts get-caller-identity" in told.next


async def test_a_profile_that_is_not_there(ward: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    told = (await ward.examine()).the("aws")
    assert (told.about, "nobody" in told.text) == ("AWS credentials", True)


async def test_a_parameter_that_is_not_there_or_holds_something_else(ward: Clinic) -> None:
    ward.put("parameter: /shop/origin", "parameter: /shop/other")
    told = (await ward.examine()).the("aws")
    assert ("ParameterNotFound" in told.text, "aws ssm get-parameter" in told.next) == (True, True)
    ward.put("parameter: /shop/other", "parameter: /shop/origin")
    ward.put("values: {us-east-1: us-east-1,", "values: {us-east-1: east,")
    told = (await ward.examine()).the("aws")
    assert "'us-east-1', which is the value of neither" in told.text


async def test_buckets_that_are_not_as_the_file_says(ward: Clinic) -> None:
    ward.put("bucket: west", "bucket: nowhere-at-all")
    assert "no such bucket" in (await ward.examine()).the("aws").text
    ward.put("bucket: nowhere-at-all", "bucket: west")
    ward.put("critical: [a.svg]", "critical: [b.svg]")
    assert {one.text for one in (await ward.examine()).bad("aws")} == {
        "a critical object is not there"
    }


async def test_a_refusal_names_the_permission(ward: Clinic, proxy: aws_wire.Proxy) -> None:
    proxy.plan["GetParameter"] = ["denied"]
    told = (await ward.examine()).the("aws")
    assert (told.level, "incidentbot aws policy" in told.next) == ("fault", True)
    proxy.away = True
    assert {one.level for one in (await ward.examine()).bad("aws")} <= {"fault", "warning"}


async def test_a_bucket_that_may_not_be_read_names_the_right_and_where_it_is_missing(
    ward: Clinic, proxy: aws_wire.Proxy
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            return web.Response(text=LISTING, content_type="application/xml")
        return web.Response(status=403)

    async with serving(answer) as url:
        west = f'bucket: west, endpoint_url: "{proxy.url}"'
        ward.put(west, f'bucket: west, endpoint_url: "{url}"')
        told = (await ward.examine()).the("aws")
    assert (told.about, told.text) == ("us-west-2 (bucket west)", "s3:GetObject is refused")
    assert "arn:aws:s3:::west/*" in told.next


async def test_a_check_that_writes_is_made_without_its_writing(
    ward: Clinic, proxy: aws_wire.Proxy, moto: str
) -> None:
    origin = "origin: us-east-1, key: a.svg, write_prefix: tmp/"
    ward.put("    checks:\n", f"    checks:\n      - {{name: two, kind: s3, {origin}}}\n")
    found = await ward.examine()
    assert found.bad() == []
    assert {one.about for one in found.of("checks")} == {"pictures/one", "pictures/two"}
    keys = aws_wire.client("s3", moto, "us-east-1").list_objects_v2(Bucket="east")["Contents"]
    assert [row["Key"] for row in keys] == ["a.svg"]
    assert not [call for call in proxy.calls if "PUT" in call or call.startswith("Put")]


async def test_a_role_that_is_not_given_is_said_with_the_region_that_was_asked(
    ward: Clinic,
) -> None:
    async def refuse(_: web.Request) -> web.Response:
        body = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
        return web.Response(status=403, text=body, content_type="text/xml")

    async with serving(refuse) as sts:
        arn = "arn:aws:iam::123456789012:role/reader"
        ward.text += f'aws: {{reader_role: "{arn}", region: us-west-2, endpoint_url: "{sts}"}}\n'
        found = await ward.examine()
    told = [one for one in found.bad("aws") if "STS in us-west-2" in one.text]
    assert told
    assert all(arn in one.text for one in told)
