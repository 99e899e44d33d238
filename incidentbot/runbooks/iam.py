"""What the bot must be allowed at AWS, and no more: policies for a reader and a writer. Pure.

Collected from the switches that the runbooks use, and the buckets that readiness compares. The
same configuration always gives the same text, so that a policy can be kept in a repository.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from incidentbot import ids
from incidentbot.runbooks.contract import Right
from incidentbot.settings import AssetSettings, OriginSettings, Settings

Document = dict[str, Any]
ActionOf = Callable[[str], Any]  # the module of a kind of switch

VERSION = "2012-10-17"
LARGEST = 6144  # characters, without spaces, of a managed policy
PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
BUCKET_READS, OBJECT_READS = ("s3:ListBucket",), ("s3:GetObject",)
# What the points of readiness look at; each that is not allowed makes its point unknown.
SETTINGS_READS = tuple(
    f"s3:Get{name}"
    for name in (
        "BucketCORS", "BucketNotification", "BucketObjectLockConfiguration",
        "BucketOwnershipControls", "BucketPolicy", "BucketPublicAccessBlock",
        "BucketRequestPayment", "BucketVersioning", "BucketWebsite", "EncryptionConfiguration",
        "LifecycleConfiguration", "ReplicationConfiguration",
    )
)  # fmt: skip


def rights_of(settings: Settings, kinds: Collection[str], action_of: ActionOf) -> list[Right]:
    """Of every switch of a kind that a runbook uses, without those at another address than AWS."""
    return [
        right
        for asset in settings.assets
        for way in asset.ways
        if way.kind in kinds and getattr(way.options, "endpoint_url", None) is None
        for right in action_of(way.kind).rights(way.options, tuple(way.values.values()))
    ]


def compared(settings: Settings, kinds: Collection[str]) -> list[Right]:
    """Reading the buckets that readiness compares; those with a key of their own need none."""
    named = {name for one in settings.assets if _is_used(one, kinds)
             for name in (one.primary, one.backup)}  # fmt: skip
    buckets = [
        f"arn:{partition(one.region)}:s3:::{one.place}"
        for one in settings.origins
        if one.name in named and _at_aws(one)
    ]
    if not buckets:
        return []
    return [
        Right(BUCKET_READS, tuple(buckets)),
        Right(OBJECT_READS, tuple(f"{bucket}/*" for bucket in buckets)),
        Right(SETTINGS_READS, tuple(buckets)),
        Right(("cloudwatch:GetMetricStatistics", "kms:DescribeKey"), ("*",)),
    ]


def reader(switches: Iterable[Right], buckets: Iterable[Right], account: str = "") -> Document:
    """For the role that plans, shows and compares: nothing that writes."""
    return _document([*(one for one in switches if not one.write), *buckets], account)


def writer(switches: Iterable[Right], account: str = "") -> Document:
    """For the role of a plan that runs: the writes, and the reads that compare before and after."""
    return _document(list(switches), account)


def process(settings: Settings) -> Document | None:
    """For the bot's own credentials, where it has roles: to take them, and nothing else."""
    roles = sorted({role for role in (settings.aws.reader_role, settings.aws.writer_role) if role})
    if not roles:
        return None
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "TakeTheRoles",
                "Effect": "Allow",
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Resource": roles,
            }
        ],
    }


def trust(principal: str, external_id: str | None, *, writes: bool) -> Document:
    """Who may take a role. The writer's only for a plan, by the session's name and its tag."""
    condition: dict[str, dict[str, Any]] = {}
    if external_id:
        condition["StringEquals"] = {"sts:ExternalId": external_id}
    actions = ["sts:AssumeRole"]
    if writes:
        actions.append("sts:TagSession")
        condition["StringLike"] = {
            "aws:RequestTag/incidentbot-plan": "P-*",
            "sts:RoleSessionName": "incidentbot-P-*",
        }
    statement: Document = {
        "Sid": "Incidentbot",
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": actions,
    }
    return {
        "Version": VERSION,
        "Statement": [statement | ({"Condition": condition} if condition else {})],
    }


def size(document: Mapping[str, Any]) -> int:
    """As AWS counts it: characters without spaces."""
    return len(re.sub(r"\s", "", ids.canonical(document).decode()))


def open_account(document: Mapping[str, Any]) -> bool:
    """Whether any resource leaves the account open."""
    statements: Sequence[Mapping[str, Any]] = document["Statement"]
    return any(
        one["Effect"] == "Allow" and any(_open(arn) for arn in one["Resource"])
        for one in statements
    )


def partition(region: str) -> str:
    """The part of AWS that a region belongs to, as ARNs name it."""
    found = (name for start, name in PARTITIONS.items() if region.startswith(f"{start}-"))
    return next(found, "aws")


def _is_used(asset: AssetSettings, kinds: Collection[str]) -> bool:
    return any(way.kind in kinds for way in asset.ways)


def at_aws(settings: Settings, asset: AssetSettings) -> bool:
    """Whether a backup is a bucket of AWS that the bot's own role is to reach."""
    return any(one.name == asset.backup and _at_aws(one) for one in settings.origins)


def _at_aws(origin: OriginSettings) -> bool:
    return (
        origin.kind == "s3"
        and origin.endpoint_url is None
        and getattr(origin.options, "pair", None) is None
    )


def _document(rights: Sequence[Right], account: str) -> Document:
    allowed = [
        {
            "Sid": sid,
            "Effect": "Allow",
            "Action": list(actions),
            "Resource": list(resources),
            **({"Condition": conditions} if conditions else {}),
        }
        for sid, actions, resources, conditions in _named(_merged(rights, account))
    ]
    services = {action.partition(":")[0] for right in rights for action in right.actions}
    deny = {
        "Sid": "NeverDelete",
        "Effect": "Deny",
        "Action": sorted(f"{service}:Delete*" for service in services | {"s3"}),
        "Resource": ["*"],
    }
    return {"Version": VERSION, "Statement": [*allowed, deny]}


Group = tuple[bool, tuple[str, ...], tuple[str, ...], dict[str, Any]]


def _merged(rights: Sequence[Right], account: str) -> list[Group]:
    """One statement for the same actions, and one for the same resources; in a stable order."""
    by_place: dict[str, tuple[bool, set[str], tuple[str, ...], dict[str, Any]]] = {}
    for right in rights:
        places = tuple(sorted({_filled(arn, account) for arn in right.resources}))
        conditions = {key: dict(value) for key, value in right.conditions.items()}
        key = ids.digest([right.write, places, conditions])
        by_place.setdefault(key, (right.write, set(), places, conditions))[1].update(right.actions)
    by_action: dict[str, tuple[bool, tuple[str, ...], set[str], dict[str, Any]]] = {}
    for write, actions, places, conditions in by_place.values():
        named = tuple(sorted(actions))
        key = ids.digest([write, named, conditions])
        by_action.setdefault(key, (write, named, set(), conditions))[2].update(places)
    groups = [
        (write, actions, tuple(sorted(places)), conditions)
        for write, actions, places, conditions in by_action.values()
    ]
    return sorted(groups, key=lambda g: (g[0], g[1], g[2], ids.canonical(g[3])))


def _named(groups: Sequence[Group]) -> Iterable[tuple[str, tuple[str, ...], tuple[str, ...], Any]]:
    """With a Sid each, such as WriteSsm; the second of a name is WriteSsm2."""
    seen: dict[str, int] = {}
    for write, actions, places, conditions in groups:
        service = actions[0].partition(":")[0]
        word = "".join(part.capitalize() for part in re.split(r"[^a-z0-9]+", service))
        name = ("Write" if write else "Read") + word
        seen[name] = seen.get(name, 0) + 1
        yield name + (str(seen[name]) if seen[name] > 1 else ""), actions, places, conditions


def _filled(arn: str, account: str) -> str:
    """With the account where none is named, and the partition of its region."""
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return arn
    if account and parts[4] == "*":
        parts[4] = account
    if parts[1] == "aws":
        parts[1] = partition(parts[3])
    return ":".join(parts)


def _open(arn: str) -> bool:
    parts = arn.split(":", 5)
    return len(parts) == 6 and parts[4] == "*"
