"""Does the vendor copy new objects by itself, and how far behind is it? Asked of S3, in threads."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from incidentbot.runbooks.listing import Object
from incidentbot.runbooks.readiness.look import Replication

AWAY = (BotoCoreError, ClientError)
STATUS = "x-amz-replication-status"
RECENT = timedelta(minutes=15)


def statuses(objects: Mapping[str, Object]) -> dict[str, int]:
    """What the source says of the objects that were read: it comes with every GET."""
    found = (one.headers.get(STATUS, "") for one in objects.values())
    return dict(Counter(state for state in found if state))


def read(s3: Any, cloudwatch: Any, bucket: str, copy: str, now: datetime) -> Replication:
    """The rule from `bucket` to `copy` and its lag. Blocks. `cloudwatch` is None elsewhere than at
    AWS. Missing numbers stay None: in an outage they are missing, and that is no zero."""
    try:
        rules = s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]["Rules"]
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code == "ReplicationConfigurationNotFoundError":
            return Replication("none")
        return Replication(why=f"the rule cannot be read ({code})")
    except BotoCoreError as error:
        return Replication(why=f"no answer ({type(error).__name__})")
    ours = [one for one in rules if _goes_to(one, copy)]
    if not ours:
        return Replication("none")
    on = [one for one in ours if one.get("Status") == "Enabled"]
    if not on:
        return Replication("off")
    rule = on[0]
    if cloudwatch is None or not _measured(rule):
        return Replication("on", why="the rule has no metrics, so the lag is not known")
    try:
        lag = _latest(cloudwatch, "ReplicationLatency", bucket, copy, rule, now)
        pending = _latest(cloudwatch, "OperationsPendingReplication", bucket, copy, rule, now)
    except AWAY as error:
        return Replication("on", why=f"CloudWatch cannot be read ({_code(error)})")
    why = "" if lag is not None else "CloudWatch has no data of the last 15 minutes"
    return Replication("on", lag, None if pending is None else int(pending), why=why)


def _goes_to(rule: Mapping[str, Any], copy: str) -> bool:
    return str(rule.get("Destination", {}).get("Bucket", "")).rpartition(":")[2] == copy


def _measured(rule: Mapping[str, Any]) -> bool:
    return bool(rule.get("Destination", {}).get("Metrics", {}).get("Status") == "Enabled")


def _latest(
    cloudwatch: Any, name: str, bucket: str, copy: str, rule: Mapping[str, Any], now: datetime
) -> float | None:
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/S3",
        MetricName=name,
        Dimensions=[
            {"Name": "SourceBucket", "Value": bucket},
            {"Name": "DestinationBucket", "Value": copy},
            {"Name": "RuleId", "Value": str(rule.get("ID", ""))},
        ],
        StartTime=now - RECENT,
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )
    points = sorted(answer.get("Datapoints", []), key=lambda point: point["Timestamp"])
    return float(points[-1]["Maximum"]) if points else None


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__
