"""The AWS Health API: what AWS tells this account, its own events too. Needs a support plan.

The body is JSON in boto3's names: {"events": [...], "details": [...]}, with times in ISO 8601.
Only open and upcoming events are asked for, so an event that vanishes is over. The feed's
`services` and `regions` narrow the question; events of global services come in any case.
"""

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from incidentbot.signals.feeds.source import Executor, FeedSettings, Permanent, Temporary

REGION = "us-east-1"  # the API has one active region; its events are of all regions
AT_ONCE = 10  # details of so many events in one call: the API's own bound
MOST_EVENTS = 1000
NO_CREDENTIALS = (NoCredentialsError, PartialCredentialsError)
NO_PLAN = (
    "the AWS Health API answers only accounts with a Business or Enterprise support plan, "
    "and this one has none: a limit of ours that says nothing about AWS"
)
OURS = {
    "AccessDeniedException",
    "AccessDenied",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "ExpiredTokenException",
    "MissingAuthenticationTokenException",
    "ValidationException",
}


log = logging.getLogger(__name__)


async def read(feed: FeedSettings, threads: Executor) -> bytes:
    """All open events with their texts. Raises Permanent for what only we can mend."""
    try:
        return await asyncio.get_running_loop().run_in_executor(threads, _ask, feed)
    except NO_CREDENTIALS as error:
        _client.cache_clear()  # it would never look for credentials again
        raise Permanent(f"no AWS credentials for the Health API: {error}") from error
    except ClientError as error:
        raise _meaning(error) from error
    except BotoCoreError as error:
        raise Temporary(f"the AWS Health API could not be asked: {error}") from error


def _ask(feed: FeedSettings) -> bytes:
    client = _client(feed.endpoint_url)
    events = list(_events(client, feed))
    if len(events) == MOST_EVENTS:
        log.warning("%s: more than %d open events; the rest is not read", feed.name, MOST_EVENTS)
    details: list[Any] = []
    for start in range(0, len(events), AT_ONCE):
        arns = [event["arn"] for event in events[start : start + AT_ONCE]]
        details += client.describe_event_details(eventArns=arns, locale="en")["successfulSet"]
    return json.dumps({"events": events, "details": details}, default=_time).encode()


def _events(client: Any, feed: FeedSettings) -> Iterator[dict[str, Any]]:
    wanted: dict[str, Any] = {
        "eventStatusCodes": ["open", "upcoming"],
        "eventTypeCategories": ["issue", "scheduledChange"],
    }
    if feed.services:
        wanted["services"] = [service.upper() for service in feed.services]
    if feed.regions:
        wanted["regions"] = [*feed.regions, "global"]
    pages = client.get_paginator("describe_events").paginate(
        filter=wanted, locale="en", PaginationConfig={"MaxItems": MOST_EVENTS, "PageSize": 100}
    )
    for page in pages:
        yield from page["events"]


@lru_cache(maxsize=8)
def _client(endpoint_url: str | None) -> Any:
    config = Config(
        connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2, "mode": "standard"}
    )
    make: Any = boto3.session.Session().client
    return make("health", region_name=REGION, endpoint_url=endpoint_url, config=config)


def _meaning(error: ClientError) -> Permanent | Temporary:
    code = str(error.response.get("Error", {}).get("Code", ""))
    words = str(error.response.get("Error", {}).get("Message", ""))
    if code == "SubscriptionRequiredException":
        return Permanent(NO_PLAN)
    if code in OURS:
        return Permanent(
            f"the AWS Health API refuses us ({code}: {words}); it takes the permissions "
            "health:DescribeEvents and health:DescribeEventDetails"
        )
    return Temporary(f"the AWS Health API answered {code}: {words}")


def _time(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in an answer of the AWS Health API")
