"""The check `s3` tells S3's troubles from our own, and leaves nothing behind."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from freezegun import freeze_time
from pydantic import ValidationError

from incidentbot import clock
from incidentbot.runbooks.origins import s3
from incidentbot.settings import OriginSettings
from incidentbot.signals.probes.checks.s3 import Options
from incidentbot.signals.probes.contract import Context, Result
from tests.contracts import aws_wire
from tests.contracts.checking import LONG, SHORT, TINY, Case, expect, look, origin, outside
from tests.contracts.wire import HEAD, answering, nowhere, refusing, rude

SUM = hashlib.sha256(b"fine needle").hexdigest()


def error(status: int, code: str) -> Any:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode()
    head = b"HTTP/1.1 %d Whatever\r\nConnection: close\r\n" % status
    return partial(rude, head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def secure(url: str) -> str:
    return url.replace("http://", "https://")


def unknown(_url: str) -> str:
    return "http://nowhere.invalid"


GET = {"method": "GET"}
CASES = [
    Case(True, "ok"),
    Case(True, "ok", options=GET),
    Case(True, "ok", options={"sha256": SUM}),
    Case(True, "ok", options={"etag": "9a0364b9"}),
    Case(True, "slow", "slow", options={"slow": TINY}, says="more than"),
    Case(True, "ok", "slow", options={"slow": LONG}),
    Case(False, "http_5xx", "500", says="answered 500"),
    Case(False, "http_5xx", "503"),
    Case(False, "http_5xx", place=error(503, "ServiceUnavailable"), options=GET),
    Case(False, "throttled", "429"),
    Case(False, "throttled", "slow-down", says="503 Slow Down"),
    Case(False, "throttled", place=error(503, "SlowDown"), options=GET),
    Case(False, "http_4xx", "400"),
    Case(False, "timeout", "hang", options={"timeout": SHORT}, says="0.25 s"),
    Case(False, "refused", place=refusing),
    Case(False, "unreachable", place=nowhere),
    Case(False, "reset", place=partial(rude, None)),
    Case(False, "cut", place=partial(rude, b"HTTP/1.1 200 OK\r\ncontent-le")),
    Case(False, "cut", place=partial(rude, HEAD + b"Content-Length: 9\r\n\r\ncut"), options=GET),
    Case(False, "dns", url=unknown),
    Case(False, "tls", url=secure),
    Case(False, "cert_expired", place=partial(answering, "expired")),
    Case(None, "access_denied", "403", says="our own credentials"),
    Case(None, "access_denied", "401"),
    Case(None, "access_denied", "ExpiredToken", says="400 ExpiredToken"),
    Case(None, "access_denied", place=error(403, "RequestTimeTooSkewed"), options=GET),
    Case(False, "missing_key", "404", says="there is no '404'"),
    Case(False, "missing_key", place=error(404, "NoSuchBucket"), options=GET, says="no bucket"),
    Case(None, "internal", "301", says="another region"),
    Case(None, "internal", "AuthorizationHeaderMalformed", says="region"),
    Case(False, "wrong_body", "portal", says="without an ETag"),
    Case(False, "wrong_body", options={"list_prefix": "a/"}, says="not one of a bucket"),
    Case(False, "wrong_checksum", options={"sha256": "0" * 64}, says="SHA-256"),
    Case(False, "wrong_checksum", options={"etag": "other"}, says="ETag"),
    Case(False, "wrong_checksum", options={"write_prefix": "a/"}, says="not what was written"),
    Case(False, "too_large", options={**GET, "max_body": 4}, says="max_body"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_s3_tells(case: Case) -> None:
    async with case.place() as url, outside([origin(case.url(url))]) as context:
        options = {"origin": "us-east-1", "key": case.what} | case.options
        expect(case, await look("s3", context, options))


async def test_no_credentials_of_our_own_say_nothing_about_s3(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    async with answering() as url:
        bare = OriginSettings(
            name="us-east-1",
            kind="s3",
            options=s3.Options(region="us-east-1", bucket="assets", endpoint_url=url),
        )
        async with outside([bare]) as context:
            result = await look("s3", context, {"origin": "us-east-1", "key": "fine"})
    assert (result.ok, result.reason) == (None, "access_denied")
    assert "our own credentials" in result.detail


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with aws_wire.moto() as url:
        yield url


@pytest.fixture
async def store(moto: str) -> AsyncIterator[tuple[Any, aws_wire.Proxy, Context]]:
    """A bucket with a canary and nothing else, behind a proxy, and what a check needs."""
    client = aws_wire.client("s3", moto, "us-east-1")
    if not any(bucket["Name"] == "assets" for bucket in client.list_buckets()["Buckets"]):
        client.create_bucket(Bucket="assets")
    for entry in client.list_objects_v2(Bucket="assets").get("Contents", []):
        client.delete_object(Bucket="assets", Key=entry["Key"])
    client.put_object(Bucket="assets", Key="canary.txt", Body=b"canary")
    async with aws_wire.proxy(moto) as proxy, outside([origin(proxy.url)]) as context:
        yield client, proxy, context


def keys(client: Any) -> list[str]:
    return [e["Key"] for e in client.list_objects_v2(Bucket="assets").get("Contents", [])]


async def all_of_it(context: Context, **more: Any) -> Result:
    asked = {"origin": "us-east-1", "key": "canary.txt", "write_prefix": "probe/"}
    return await look("s3", context, asked | more)


async def test_the_round_trip_writes_reads_and_leaves_nothing(store: Any) -> None:
    client, proxy, context = store
    result = await all_of_it(
        context, list_prefix="canary", sha256=hashlib.sha256(b"canary").hexdigest()
    )
    assert (result.ok, result.reason, result.detail) == (True, "ok", "")
    assert {"answer", "list", "write", "read", "delete"} <= set(result.phases)
    assert keys(client) == ["canary.txt"]
    wrote = [call for call in proxy.calls if call.startswith("PUT")]
    assert (await all_of_it(context)).ok
    again = [call for call in proxy.calls if call.startswith("PUT")]
    assert len(set(again)) == len(wrote) + 1 == 2


async def test_a_list_with_nothing_in_it_is_told(store: Any) -> None:
    result = await all_of_it(store[2], list_prefix="nothing/")
    assert (result.ok, result.reason) == (False, "missing_key")
    assert "nothing under 'nothing/'" in result.detail


class Faulty(dict[str, Any]):
    """A plan of faults by the method alone: the keys of a round trip are not known before."""

    def get(self, operation: str, default: Any = None) -> Any:
        return super().get(operation.partition(" ")[0], default)


@pytest.mark.parametrize(
    ("plan", "reason", "left_at_once"),
    [
        ({"PUT": ["503"]}, "http_5xx", 0),
        ({"PUT": ["lost"]}, "reset", 0),
        ({"PUT": ["503 but done"]}, "http_5xx", 0),
        ({"PUT": ["lost"], "DELETE": ["503"]}, "reset", 1),
        ({"GET": ["503", "503"]}, "http_5xx", 0),
        ({"DELETE": ["503"]}, "ok", 1),
        ({"DELETE": ["dropped"]}, "ok", 1),
    ],
    ids=str,
)
async def test_whatever_breaks_nothing_is_left_behind(
    store: Any, plan: dict[str, Any], reason: str, left_at_once: int
) -> None:
    client, proxy, context = store
    assert (await all_of_it(context)).ok
    proxy.plan = Faulty({method: list(faults) for method, faults in plan.items()})
    result = await all_of_it(context)
    assert result.reason == reason
    assert len(keys(client)) == 1 + left_at_once
    proxy.plan = {}
    assert (await all_of_it(context)).ok
    assert keys(client) == ["canary.txt"]


async def test_what_a_crash_left_behind_is_swept_once_it_is_old(store: Any) -> None:
    client, proxy, context = store
    client.put_object(Bucket="assets", Key="probe/incidentbot-20200101T000000-dead", Body=b"x")
    client.put_object(Bucket="assets", Key="probe/somebody-elses", Body=b"x")
    assert (await all_of_it(context)).ok
    assert len(keys(client)) == 3  # young: it may be another bot's look that is under way
    with freeze_time(clock.now() + timedelta(hours=1), real_asyncio=True):
        async with outside([origin(proxy.url)]) as restarted:
            assert (await all_of_it(restarted)).ok
    assert keys(client) == ["canary.txt", "probe/somebody-elses"]


async def test_a_versioned_bucket_keeps_no_versions(store: Any) -> None:
    client, _, context = store
    client.put_bucket_versioning(Bucket="assets", VersioningConfiguration={"Status": "Enabled"})
    try:
        assert (await all_of_it(context)).ok
        found = client.list_object_versions(Bucket="assets", Prefix="probe/")
        assert "Versions" not in found
        assert "DeleteMarkers" not in found
    finally:
        client.put_bucket_versioning(
            Bucket="assets", VersioningConfiguration={"Status": "Suspended"}
        )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"write_prefix": "probe"}, "must end with a slash"),
        ({"sha256": "abc"}, "is not a SHA-256"),
        ({"key": ""}, "is not a key"),
        ({"method": "PUT"}, "HEAD"),
    ],
    ids=str,
)
def test_options_that_cannot_be_meant_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Options(**{"origin": "us-east-1", "key": "k", **wrong})
