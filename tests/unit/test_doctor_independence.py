"""What of the bot itself stands in the region that its runbooks are there to leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from incidentbot.doctor.contract import Finding
from incidentbot.doctor.examinations import independence
from incidentbot.doctor.ward import admit
from incidentbot.http import Http
from incidentbot.settings import starter
from incidentbot.watching import known
from tests.unit.settings_cases import ENV, write

ARN = "arn:aws:iam::123456789012:role/"
RDS = "postgresql://bot@shop.c1x2.{}.rds.amazonaws.com/incidentbot"


async def found(folder: Path, more: str = "", **env: str) -> list[Finding]:
    http = Http()
    try:
        path = write(folder, f"{starter()}\n{more}")
        return await independence.examine(admit(path, {**ENV, **env}, known(), http))
    finally:
        await http.close()


async def test_nothing_stands_there_as_far_as_can_be_seen(tmp_path: Path) -> None:
    more = f"aws: {{reader_role: {ARN}r, writer_role: {ARN}w, region: us-west-2}}\n"
    (only,) = await found(
        tmp_path, more, AWS_REGION="us-west-2", DATABASE_URL=RDS.format("us-west-2"),
        AWS_STS_REGIONAL_ENDPOINTS="regional",
    )  # fmt: skip
    assert only.level == "ok"
    assert "image" in only.text


@pytest.mark.parametrize(
    ("more", "env", "about"),
    [
        ("", {"DATABASE_URL": RDS.format("us-east-1")}, "database shop.c1x2.us-east-1.rds"),
        ("", {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}, "AWS_REGION"),
        ("", {"AWS_DEFAULT_REGION": "us-east-1"}, "AWS_DEFAULT_REGION"),
        ("", {"AWS_STS_REGIONAL_ENDPOINTS": "legacy"}, "AWS_STS_REGIONAL_ENDPOINTS"),
        ("", {"AWS_ENDPOINT_URL_STS": "https://sts.us-east-1.amazonaws.com"},
         "AWS_ENDPOINT_URL_STS"),
        (f"aws: {{reader_role: {ARN}r, writer_role: {ARN}w, region: us-east-1}}", {}, "aws.region"),
        (f"aws: {{reader_role: {ARN}w, writer_role: {ARN}w, region: us-west-2}}", {},
         "aws.reader_role"),
        (f"aws: {{writer_role: {ARN}w, region: us-west-2}}", {}, "aws.reader_role"),
        ("audit: {bucket: {bucket: proofs, region: us-east-1}}", {}, "audit.bucket proofs"),
    ],
)  # fmt: skip
async def test_what_would_fail_with_it_is_named_with_the_reason_and_the_step(
    tmp_path: Path, more: str, env: dict[str, str], about: str
) -> None:
    (only,) = await found(tmp_path, more, **env)
    assert only.level == "warning"
    assert only.about.startswith(about)
    assert only.why
    assert only.next


@pytest.mark.parametrize("region", ["us-east-2", "eu-west-1", "us-east-10"])
async def test_another_region_is_no_reason_to_warn(tmp_path: Path, region: str) -> None:
    (only,) = await found(tmp_path, "", DATABASE_URL=RDS.format(region), AWS_REGION=region)
    assert only.level == "ok"
