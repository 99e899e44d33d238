"""The bot's configuration file for the rehearsal, written the way a person would write it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .images import Picture
from .regions import BACKUP, CANARY, PARAMETER, PRIMARY, bucket_of

_TEXT = """\
# The rehearsal's configuration, written anew at every start.
name: Shop
slack: {{announce: "#incidents", oncall: [maya], approvers: [maya, jonas], command: /incident}}
storage: {{database: {database}, documents: {documents}}}
web: {{listen: "127.0.0.1:{web_port}", public_url: "http://127.0.0.1:{web_port}"}}
runbooks: {runbooks}
# Here people go there and back again all evening; at work the defaults make them rest.
policy: {{cooldown: {{same: 1s, opposite: 1s}}, rates: {{person: 100, runbook: 100}}}}

# What the vendor says, in two formats.
feeds:
  - {{name: aws-status, vendor: aws, format: statuspage, url: "{vendor}/api/v2/summary.json",
     every: 3s, allow_private: true}}
  - {{name: aws-rss, vendor: aws, format: aws_rss, url: "{vendor}/rss/s3-us-east-1.rss",
     every: 3s, allow_private: true}}

# Where the pictures are kept.
origins:
  - {{name: {primary}, kind: s3, region: {primary}, bucket: {primary_bucket},
     endpoint_url: "{primary_url}"}}
  - {{name: {backup}, kind: s3, region: {backup}, bucket: {backup_bucket},
     endpoint_url: "{backup_url}"}}

# What is watched, and from when on it is an incident.
dependencies:
  - name: s3-us-east-1
    title: Amazon S3 in us-east-1
    vendor: aws
    service: s3
    region: us-east-1
    severity: 2
    every: 5s
    confirm: {{failures: 3, apart: 2s}}
    recover: {{successes: 3}}
    feeds: [aws-status, aws-rss]
    checks:
      - {{name: bucket-canary, kind: s3, origin: {primary}, key: {canary}, timeout: 2s, slow: 1s}}
      - {{name: bucket-image, kind: s3, origin: {primary}, key: {image}, timeout: 2s, slow: 1s}}
      - {{name: shop-image, kind: http, url: "{shop}/assets/{image}", timeout: 3s, slow: 1500ms,
         users_path: true, allow_private: true}}

# What can be switched, and how it is proven from outside.
assets:
  - name: shop-images
    title: Shop images
    primary: {primary}
    backup: {backup}
    dependency: s3-us-east-1
    switch:
      kind: ssm_parameter
      parameter: {parameter}
      region: {backup}
      endpoint_url: "{backup_url}"
      values: {{{primary}: {primary}, {backup}: {backup}}}
    verify:
      url: "{shop}/assets/{{key}}"
      header: x-asset-origin
      keys: [{verified}]
      within: 20s
      allow_private: true
    readiness: {{every: 10s, sample: 20, critical: [{critical}], max_age: 5m}}
    healthy_for: 20s
"""


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses without a slash at the end, and folders."""

    out: Path
    runbooks: Path
    web_port: int
    primary: str
    backup: str
    shop: str
    vendor: str


def settings_text(places: Places, shop: tuple[Picture, ...]) -> str:
    """The YAML. Paths are quoted: a folder may have any name."""
    keys = [picture.key for picture in shop]
    return _TEXT.format(
        database=json.dumps(f"sqlite:///{places.out / 'incidentbot.db'}"),
        documents=json.dumps(str(places.out / "documents")),
        runbooks=json.dumps(str(places.runbooks)),
        web_port=places.web_port,
        vendor=places.vendor,
        shop=places.shop,
        primary=PRIMARY,
        backup=BACKUP,
        primary_bucket=bucket_of(PRIMARY),
        backup_bucket=bucket_of(BACKUP),
        primary_url=places.primary,
        backup_url=places.backup,
        parameter=PARAMETER,
        canary=CANARY,
        image=keys[0],
        verified=", ".join(keys[:3]),
        critical=", ".join(keys[:2]),
    )
