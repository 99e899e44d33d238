"""What the fifteen points are judged by, and the one reader of it.

A `Fact` is a value, or nothing with the reason: `absent` (the store says there is none), or
`refused` (it does not tell us, or does not answer).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from incidentbot.runbooks.readiness.look import Fetched, Replication, Through
from incidentbot.runbooks.readiness.tally import Parity

# Stores that speak S3 answer so to what they do not have at all.
UNKNOWN_TO_STORE = {"NotImplemented", "MethodNotAllowed", "XNotImplemented", "NotSupported"}
ABSENT = {
    "NoSuchCORSConfiguration",
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchWebsiteConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
    "ObjectLockConfigurationNotFoundError",
}


@dataclass(frozen=True, slots=True)
class Fact:
    value: Any = None
    absent: bool = False
    refused: str = ""
    foreign: bool = False  # the store does not have such a thing
    away: bool = False  # nobody answered


NEVER = Fact(refused="it was not asked for")


@dataclass(frozen=True, slots=True)
class Bucket:
    """One side. `aws`: whether it is a bucket of AWS or of a store that speaks S3."""

    name: str
    kind: str
    region: str
    aws: bool
    facts: Mapping[str, Fact] = field(default_factory=dict)
    headers: tuple[Mapping[str, str], ...] = ()  # of the objects that were read there

    def fact(self, name: str) -> Fact:
        return self.facts.get(name, NEVER)


@dataclass(frozen=True, slots=True)
class Facts:
    """`headers`: how many objects were compared with their headers, and what differs; None if
    nobody knows. `distribution`: the CDN's, where a switch of the asset names one. `drilled`: when
    a switch of this asset was last practised or made."""

    now: datetime
    backup: Bucket
    primary: Bucket
    parity: Parity | None
    fetched: Fetched | None
    headers: tuple[int, list[str]] | None
    through: Through | None
    replication: Replication | None
    distribution: str
    cdn: Fact
    drilled: datetime | None
    drill_within: float  # seconds
    late_planes: tuple[str, ...]  # switches through the very region that may fail


ASKED: dict[str, tuple[str, str]] = {
    "versioning": ("get_bucket_versioning", ""),
    "cors": ("get_bucket_cors", "CORSRules"),
    "public_access": ("get_public_access_block", "PublicAccessBlockConfiguration"),
    "ownership": ("get_bucket_ownership_controls", "OwnershipControls"),
    "policy": ("get_bucket_policy", "Policy"),
    "encryption": ("get_bucket_encryption", "ServerSideEncryptionConfiguration"),
    "website": ("get_bucket_website", ""),
    "lifecycle": ("get_bucket_lifecycle_configuration", "Rules"),
    "lock": ("get_object_lock_configuration", "ObjectLockConfiguration"),
    "payer": ("get_bucket_request_payment", "Payer"),
    "notifications": ("get_bucket_notification_configuration", ""),
}


def read_bucket(s3: Any, kms: Callable[[str], Any], bucket: str) -> dict[str, Fact]:
    """Everything about one bucket; blocks. `kms` makes a client for a region. A bucket that once
    does not answer is not asked the rest: in an outage that would take minutes."""
    found: dict[str, Fact] = {}
    for name, (method, key) in ASKED.items():
        found[name] = ask(getattr(s3, method), key, Bucket=bucket)
        if found[name].away:
            return dict.fromkeys((*ASKED, "key"), found[name])
    found["key"] = _key(found["encryption"], kms)
    return found


def ask(call: Callable[..., Any], key: str, **params: Any) -> Fact:
    try:
        answer = call(**params)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in ABSENT:
            return Fact(absent=True)
        return Fact(refused=code or "no word", foreign=code in UNKNOWN_TO_STORE)
    except BotoCoreError as error:
        return Fact(refused=f"no answer ({type(error).__name__})", away=True)
    rest = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    value = rest.get(key) if key else rest
    return Fact(absent=True) if value is None else Fact(value)


def _key(encryption: Fact, kms: Callable[[str], Any]) -> Fact:
    """The state of the KMS key that new objects are encrypted with; absent where there is none."""
    if encryption.value is None:
        return encryption
    id = kms_key(encryption)
    return ask(kms("").describe_key, "KeyMetadata", KeyId=id) if id else Fact(absent=True)


def kms_key(encryption: Fact) -> str:
    rules = encryption.value.get("Rules", []) if encryption.value else []
    defaults = [rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in rules]
    return next((str(one["KMSMasterKeyID"]) for one in defaults if "KMSMasterKeyID" in one), "")
