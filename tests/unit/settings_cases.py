"""A complete configuration, plug-ins as the loader sees them, and a way to write a file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import Field

from incidentbot.errors import ConfigError
from incidentbot.plugins import found
from incidentbot.settings import (
    Count,
    Duration,
    HookOptions,
    HttpUrl,
    Known,
    Name,
    Region,
    SettingsModel,
    WebTarget,
    load,
)
from incidentbot.settings.secrets import Secret


class HttpOptions(WebTarget):
    expect_status: Count = Field(200, description="Status wanted.")
    timeout: Duration = Field(timedelta(seconds=3), description="Time-out.")
    slow: Duration | None = Field(None, description="Slow from here on.")


class S3Options(SettingsModel):
    origin: Name = Field(description="Origin.")
    key: str = Field(description="Object.")
    timeout: Duration = Field(timedelta(seconds=2), description="Time-out.")
    slow: Duration | None = Field(None, description="Slow from here on.")


class SsmOptions(SettingsModel):
    parameter: str = Field(description="Name of the parameter that holds the origin.")
    region: Region = Field(description="Region of the parameter.")
    endpoint_url: HttpUrl | None = Field(
        None, description="Address of another SSM; left out for AWS."
    )


class PushOptions(HookOptions):
    secret: Secret = Field(description="Secret.")


KNOWN = Known(
    checks={"http": HttpOptions, "s3": S3Options},
    formats=("statuspage", "aws_rss"),
    actions={"ssm_parameter": SsmOptions},
    hooks={"alertmanager": PushOptions},
    origins={
        name: module.Options for name, module in found("incidentbot.runbooks.origins").items()
    },
)
BOT, APP, SIGNING = "xoxb-1-very-secret", "xapp-1-very-secret", "5f4dcc3b5aa765d61d8327deb882cf99"
ENV = {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP}

VALID = """\
name: Shop
slack: {announce: "#incidents", oncall: [maya], approvers: [maya, jonas], command: /incident}
storage: {database: sqlite:///data/incidentbot.db, documents: papers}
web: {listen: "127.0.0.1:8080", public_url: "http://127.0.0.1:8080"}
runbooks: books
feeds:
  - name: aws-status
    vendor: aws
    format: statuspage
    url: "http://127.0.0.1:9/summary.json"
    every: 3s
    allow_private: true
origins:
  - {name: us-east-1, kind: s3, region: us-east-1, bucket: b1, endpoint_url: "http://127.0.0.1:9"}
  - {name: us-west-2, kind: s3, region: us-west-2, bucket: b2}
dependencies:
  - name: s3-us-east-1
    title: Amazon S3 in us-east-1
    vendor: aws
    service: s3
    region: us-east-1
    severity: 2
    every: 5s
    confirm: {failures: 3, apart: 2s}
    recover: {successes: 3}
    quorum: 2
    feeds: [aws-status]
    checks:
      - {name: bucket-canary, kind: s3, origin: us-east-1, key: canary.txt, timeout: 2s, slow: 1s}
      - name: shop-image
        kind: http
        url: http://127.0.0.1:9/x.svg
        slow: 1500ms
        users_path: true
        allow_private: true
assets:
  - name: shop-images
    title: Shop images
    primary: us-east-1
    backup: us-west-2
    dependency: s3-us-east-1
    switch:
      kind: ssm_parameter
      parameter: /shop/asset-origin
      region: us-west-2
      values: {us-east-1: us-east-1, us-west-2: us-west-2}
    verify: {url: "https://edge.example.com/{key}", header: x-asset-origin, keys: [a, b, c]}
    readiness: {every: 60s, sample: 20, critical: [a], max_age: 5m}
    healthy_for: 10m
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "incidentbot.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def changed(old: str, new: str) -> str:
    """The valid file with one place changed."""
    assert VALID.count(old) == 1, f"{old!r} is not there exactly once"
    return VALID.replace(old, new)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def refusal(path: Path, env: dict[str, str] | None = None) -> str:
    """The text of the error that loading must give."""
    with pytest.raises(ConfigError) as caught:
        load(path, ENV if env is None else env, KNOWN)
    return caught.value.message
