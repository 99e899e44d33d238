"""The stand-in for two AWS regions: what is in them, and every fault their proxies can play."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import boto3
import botocore.exceptions
import pytest
import pytest_asyncio
from botocore.config import Config

from incidentbot.rehearsal.images import pictures
from incidentbot.rehearsal.regions import (
    CANARY,
    PARAMETER,
    Region,
    start_regions,
    stop_regions,
)

Regions = tuple[Region, Region]


def client(service: Any, region: Region, timeout: float = 2, attempts: int = 1) -> Any:
    return boto3.client(
        service,
        region_name=region.name,
        endpoint_url=region.url,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(
            connect_timeout=timeout,
            read_timeout=timeout,
            retries={"total_max_attempts": attempts},
            s3={"addressing_style": "path"},
            proxies={},
        ),
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[Regions]:
    regions = await start_regions(pictures()[:30])
    yield regions
    await stop_regions(regions)


@pytest_asyncio.fixture(loop_scope="module")
async def regions(shared: Regions) -> AsyncIterator[Regions]:
    yield shared
    for region in shared:
        await region.proxy.set_mode("healthy")


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_both_buckets_hold_the_same_pictures_and_a_canary(regions: Regions) -> None:
    listings = []
    for region in regions:
        s3 = client("s3", region)
        answer = await asyncio.to_thread(s3.list_objects_v2, Bucket=region.bucket)
        listings.append({o["Key"]: o["ETag"] for o in answer["Contents"]})
    assert listings[0] == listings[1]
    assert set(listings[0]) == {p.key for p in pictures()[:30]} | {CANARY}


async def test_a_picture_comes_back_byte_for_byte_with_its_type(regions: Regions) -> None:
    picture = pictures()[7]
    for region in regions:
        s3 = client("s3", region)
        answer = await asyncio.to_thread(s3.get_object, Bucket=region.bucket, Key=picture.key)
        assert await asyncio.to_thread(answer["Body"].read) == picture.svg
        assert answer["ContentType"] == "image/svg+xml"
        head = await asyncio.to_thread(s3.head_object, Bucket=region.bucket, Key=picture.key)
        assert head["ContentLength"] == len(picture.svg)


async def test_the_origin_parameter_lives_in_the_backup_region_and_names_the_primary(
    regions: Regions,
) -> None:
    ssm = client("ssm", regions[1])
    answer = await asyncio.to_thread(ssm.get_parameter, Name=PARAMETER)
    assert answer["Parameter"]["Value"] == "us-east-1"
    with pytest.raises(botocore.exceptions.ClientError, match="ParameterNotFound"):
        await asyncio.to_thread(client("ssm", regions[0]).get_parameter, Name=PARAMETER)


async def test_an_object_can_be_written_and_read_through_the_proxy(regions: Regions) -> None:
    s3, bucket = client("s3", regions[0]), regions[0].bucket
    body = b"x" * 3_000_000
    await asyncio.to_thread(s3.put_object, Bucket=bucket, Key="big.bin", Body=body)
    answer = await asyncio.to_thread(s3.get_object, Bucket=bucket, Key="big.bin")
    assert await asyncio.to_thread(answer["Body"].read) == body
    await asyncio.to_thread(s3.delete_object, Bucket=bucket, Key="big.bin")


async def test_errors_are_503_in_the_words_of_the_service(regions: Regions) -> None:
    primary = regions[0]
    await primary.proxy.set_mode("errors")
    with pytest.raises(botocore.exceptions.ClientError) as s3:
        await asyncio.to_thread(client("s3", primary).get_object, Bucket=primary.bucket, Key=CANARY)
    assert s3.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert s3.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    with pytest.raises(botocore.exceptions.ClientError) as ssm:
        await asyncio.to_thread(client("ssm", primary).get_parameter, Name=PARAMETER)
    assert ssm.value.response["Error"]["Code"] == "ServiceUnavailable"


async def test_timeouts_accept_the_call_and_never_answer_until_the_mode_changes(
    regions: Regions,
) -> None:
    primary = regions[0]
    await primary.proxy.set_mode("timeouts")
    s3 = client("s3", primary, timeout=0.3)
    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        await asyncio.to_thread(s3.get_object, Bucket=primary.bucket, Key=CANARY)
    patient = client("s3", primary, timeout=20)
    waiting = asyncio.create_task(
        asyncio.to_thread(patient.get_object, Bucket=primary.bucket, Key=CANARY)
    )
    before = primary.proxy.count()
    async with asyncio.timeout(5):
        while primary.proxy.count() == before:  # noqa: ASYNC110 - the call comes from a thread
            await asyncio.sleep(0.01)
    await primary.proxy.set_mode("healthy")
    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        await asyncio.wait_for(waiting, 5)


async def test_slow_answers_late_and_right(regions: Regions) -> None:
    primary = regions[0]
    await primary.proxy.set_mode("slow", delay_s=0.4)
    began = time.monotonic()
    await asyncio.to_thread(client("s3", primary).get_object, Bucket=primary.bucket, Key=CANARY)
    assert 0.4 <= time.monotonic() - began < 2


async def test_refused_closes_the_port_and_healthy_opens_the_same_one(regions: Regions) -> None:
    primary = regions[0]
    url = primary.url
    await primary.proxy.set_mode("refused")
    with pytest.raises(botocore.exceptions.EndpointConnectionError):
        await asyncio.to_thread(client("s3", primary).get_object, Bucket=primary.bucket, Key=CANARY)
    await primary.proxy.set_mode("healthy")
    assert primary.url == url
    await asyncio.to_thread(client("s3", primary).get_object, Bucket=primary.bucket, Key=CANARY)


async def test_one_region_fails_while_the_other_answers(regions: Regions) -> None:
    primary, backup = regions
    await primary.proxy.set_mode("errors")
    await asyncio.to_thread(client("s3", backup).get_object, Bucket=backup.bucket, Key=CANARY)


async def test_a_dropped_reply_leaves_the_change_behind(regions: Regions) -> None:
    backup = regions[1]
    ssm = client("ssm", backup)
    backup.proxy.apply_then_drop(lambda call: call.operation == "PutParameter")
    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        await asyncio.to_thread(
            ssm.put_parameter, Name="/test/dropped", Value="landed", Type="String"
        )
    answer = await asyncio.to_thread(ssm.get_parameter, Name="/test/dropped")
    assert answer["Parameter"]["Value"] == "landed"
    assert [c.outcome for c in backup.proxy.calls if c.operation == "PutParameter"][-1] == "dropped"


@pytest.mark.parametrize(("when", "lands"), [("before", False), ("after", True)])
async def test_a_process_is_killed_around_its_nth_change(
    regions: Regions, when: Any, lands: bool
) -> None:
    backup = regions[1]
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import time; time.sleep(60)"
    )
    ssm = client("ssm", backup)
    try:
        backup.proxy.kill(victim.pid, nth=2, when=when)
        name = f"/test/{when}"
        await asyncio.to_thread(ssm.put_parameter, Name=name, Value="one", Type="String")
        await asyncio.to_thread(ssm.get_parameter, Name=name)  # a read does not count
        assert victim.returncode is None
        with pytest.raises(botocore.exceptions.ConnectionClosedError):
            await asyncio.to_thread(
                ssm.put_parameter, Name=name, Value="two", Type="String", Overwrite=True
            )
        assert await asyncio.wait_for(victim.wait(), 5) == -9
        answer = await asyncio.to_thread(ssm.get_parameter, Name=name)
        assert (answer["Parameter"]["Value"] == "two") == lands
    finally:
        with contextlib.suppress(ProcessLookupError):
            victim.kill()


async def test_the_journal_tells_reads_from_changes(regions: Regions) -> None:
    backup = regions[1]
    ssm, s3 = client("ssm", backup), client("s3", backup)
    start = len(backup.proxy.calls)
    await asyncio.to_thread(ssm.get_parameter, Name=PARAMETER)
    await asyncio.to_thread(s3.put_object, Bucket=backup.bucket, Key="j.txt", Body=b"1")
    await asyncio.to_thread(s3.delete_object, Bucket=backup.bucket, Key="j.txt")
    seen = [(c.operation, c.mutating, c.outcome) for c in backup.proxy.calls[start:]]
    assert seen == [
        ("GetParameter", False, "forwarded"),
        (f"PUT /{backup.bucket}/j.txt", True, "forwarded"),
        (f"DELETE /{backup.bucket}/j.txt", True, "forwarded"),
    ]


async def test_a_mode_nobody_knows_is_named_with_the_known_ones(regions: Regions) -> None:
    odd: Any = "sideways"
    with pytest.raises(ValueError, match=r"sideways.*healthy, errors, timeouts, slow, refused"):
        await regions[0].proxy.set_mode(odd)
