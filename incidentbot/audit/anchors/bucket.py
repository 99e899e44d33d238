"""Anchors in a bucket, an object each: best in another account, with a key that may only add.

The name of the object holds number and hash, so that a listing is enough to read them back. It is
written only where none is: nobody with this key can put another in its place.
"""

import asyncio
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from incidentbot import ids
from incidentbot.audit.heads import Anchor
from incidentbot.errors import Temporary
from incidentbot.settings.audit import AuditBucket
from incidentbot.settings.values import is_private

SECONDS = 10
THERE_ALREADY = {"PreconditionFailed", "412"}
_NAME = re.compile(r"(\d{12,18})-([0-9a-f]{64})\.json$")


async def write(options: AuditBucket, anchor: Anchor) -> None:
    """Put one object, unless it is there."""
    try:
        await asyncio.to_thread(_put, options, anchor)
    except (BotoCoreError, ClientError) as error:
        raise Temporary(f"bucket {options.bucket}: {error}") from error


def read(options: AuditBucket) -> Sequence[Anchor]:
    try:
        pages = _client(options).get_paginator("list_objects_v2")
        keys = [
            row["Key"]
            for page in pages.paginate(Bucket=options.bucket, Prefix=options.prefix)
            for row in page.get("Contents", [])
        ]
    except (BotoCoreError, ClientError) as error:
        raise Temporary(f"bucket {options.bucket}: {error}") from error
    return [
        Anchor(int(found[1]), found[2], "", f"s3://{options.bucket}/{key}")
        for key in keys
        if (found := _NAME.search(key))
    ]


def _put(options: AuditBucket, anchor: Anchor) -> None:
    try:
        _client(options).put_object(
            Bucket=options.bucket,
            Key=f"{options.prefix}{anchor.n:012d}-{anchor.hash}.json",
            Body=ids.canonical(anchor.as_dict()),
            ContentType="application/json",
            IfNoneMatch="*",
        )
    except ClientError as error:
        if str(error.response.get("Error", {}).get("Code", "")) not in THERE_ALREADY:
            raise


def _client(options: AuditBucket) -> Any:
    """Made anew each time: one that found no credentials would never look for them again."""
    config = Config(
        connect_timeout=SECONDS,
        read_timeout=SECONDS,
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"} if options.endpoint_url else None,
        proxies={} if options.endpoint_url and is_private(options.endpoint_url) else None,
    )
    id, secret = options.access_key_id, options.secret_access_key
    return _session().client(
        "s3",
        region_name=options.region,
        endpoint_url=options.endpoint_url,
        config=config,
        aws_access_key_id=id.reveal() if id else None,
        aws_secret_access_key=secret.reveal() if secret else None,
    )


@cache
def _session() -> Any:
    """It keeps what it has read of its models, which takes longer than all the rest."""
    return boto3.session.Session()
