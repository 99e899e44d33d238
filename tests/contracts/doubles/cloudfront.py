"""CloudFront's distributions, as strict as the real ones about versions, quantities and origins."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contracts.doubles.aws import AwsDouble, token
from tests.contracts.doubles.faults import Refusal

ACCOUNT = "111122223333"


@dataclass
class Distribution:
    config: dict[str, Any]
    etag: str = field(default_factory=lambda: token("E"))
    in_progress: int = 0  # reads until it says Deployed
    tags: dict[str, str] = field(default_factory=dict)


class CloudFront(AwsDouble):
    """`reads`: how many reads of a changed distribution say InProgress."""

    service = "cloudfront"
    operations = (
        "GetDistribution", "GetDistributionConfig", "UpdateDistribution", "ListTagsForResource"
    )  # fmt: skip

    def __init__(self, reads: int = 1) -> None:
        super().__init__()
        self.reads = reads
        self.distributions: dict[str, Distribution] = {}

    def put(self, identity: str, config: Mapping[str, Any]) -> None:
        """The hand of somebody else; a new version."""
        with self.lock:
            kept = self.distributions.get(identity)
            tags = kept.tags if kept else {}
            self.distributions[identity] = Distribution(copy.deepcopy(dict(config)), tags=tags)

    def GetDistributionConfig(self, params: Mapping[str, Any]) -> dict[str, Any]:
        found = self._found(params["Id"])
        return {"DistributionConfig": found.config, "ETag": found.etag}

    def GetDistribution(self, params: Mapping[str, Any]) -> dict[str, Any]:
        found = self._found(params["Id"])
        answer = self._shown(params["Id"], found)
        found.in_progress = max(0, found.in_progress - 1)
        return answer

    def UpdateDistribution(self, params: Mapping[str, Any]) -> dict[str, Any]:
        found = self._found(params["Id"])
        condition = params.get("IfMatch", "")
        if not condition.startswith("E"):
            raise Refusal(400, "InvalidIfMatchVersion", "If-Match is missing or not valid.")
        if condition != found.etag:
            raise Refusal(412, "PreconditionFailed", "If-Match is not the current version.")
        config = params["DistributionConfig"]
        self._check(found.config, config)
        made = Distribution(config, in_progress=self.reads, tags=found.tags)
        self.distributions[params["Id"]] = made
        return self._shown(params["Id"], made)

    def ListTagsForResource(self, params: Mapping[str, Any]) -> dict[str, Any]:
        start, _, identity = params["Resource"].rpartition("/")
        if start != f"arn:aws:cloudfront::{ACCOUNT}:distribution":
            raise Refusal(400, "InvalidArgument", "no ARN of a distribution")
        if identity not in self.distributions:
            raise Refusal(404, "NoSuchResource", "no such resource")
        tags = self.distributions[identity].tags
        return {"Tags": {"Items": [{"Key": k, "Value": v} for k, v in tags.items()]}}

    def _found(self, identity: str) -> Distribution:
        if identity not in self.distributions:
            raise Refusal(404, "NoSuchDistribution", "The distribution does not exist.")
        return self.distributions[identity]

    def _shown(self, identity: str, found: Distribution) -> dict[str, Any]:
        shown = {
            "Id": identity,
            "ARN": f"arn:aws:cloudfront::{ACCOUNT}:distribution/{identity}",
            "Status": "InProgress" if found.in_progress else "Deployed",
            "LastModifiedTime": "2026-11-25T12:00:00Z",
            "InProgressInvalidationBatches": 0,
            "DomainName": f"{identity.lower()}.cloudfront.net",
            "DistributionConfig": found.config,
        }
        return {"Distribution": shown, "ETag": found.etag}

    def _check(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        if new["CallerReference"] != old["CallerReference"]:
            raise Refusal(400, "IllegalUpdate", "CallerReference cannot be changed.")
        for part in _lists(new):
            if int(part["Quantity"]) != len(part.get("Items", [])):
                raise Refusal(400, "InconsistentQuantities", "Quantity is not the number of Items.")
        origins = {origin["Id"] for origin in new["Origins"]["Items"]}
        groups = new.get("OriginGroups", {}).get("Items", [])
        wanted = {member["OriginId"] for g in groups for member in g["Members"]["Items"]}
        targets = {behavior["TargetOriginId"] for behavior in behaviors(new)}
        if wanted - origins or targets - origins - {group["Id"] for group in groups}:
            raise Refusal(404, "NoSuchOrigin", "One or more of your origins do not exist.")


def behaviors(config: Mapping[str, Any]) -> list[Any]:
    return [config["DefaultCacheBehavior"], *config.get("CacheBehaviors", {}).get("Items", [])]


def _lists(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if "Quantity" in value:
            yield value
        for inner in value.values():
            yield from _lists(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _lists(inner)


def distribution(**targets: str) -> dict[str, Any]:
    """A configuration with the origins one, two and three and the group `one-then-two`; `default`,
    `img` and `api` say who serves which behaviour."""

    def behavior(target: str, **more: Any) -> dict[str, Any]:
        methods = {"Quantity": 2, "Items": ["HEAD", "GET"]}
        return {
            **more,
            "TargetOriginId": target,
            "ViewerProtocolPolicy": "redirect-to-https",
            "AllowedMethods": {**methods, "CachedMethods": methods},
            "TrustedSigners": {"Enabled": False, "Quantity": 0},
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
            "Compress": True,
        }

    secret = {"HeaderName": "X-Origin-Verify", "HeaderValue": "s3cr3t & <more>"}
    return {
        "CallerReference": "made-2024",
        "Aliases": {"Quantity": 1, "Items": ["img.shop.example"]},
        "DefaultRootObject": "",
        "Origins": {
            "Quantity": 3,
            "Items": [
                {
                    "Id": name,
                    "DomainName": f"{name}.s3.us-west-2.amazonaws.com",
                    "OriginPath": "",
                    "CustomHeaders": {"Quantity": 1, "Items": [secret]},
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                    "ConnectionAttempts": 3,
                    "ConnectionTimeout": 10,
                }
                for name in ("one", "two", "three")
            ],
        },
        "OriginGroups": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "one-then-two",
                    "FailoverCriteria": {"StatusCodes": {"Quantity": 2, "Items": [503, 504]}},
                    "Members": {
                        "Quantity": 2,
                        "Items": [{"OriginId": "one"}, {"OriginId": "two"}],
                    },
                }
            ],
        },
        "DefaultCacheBehavior": behavior(targets.get("default", "one")),
        "CacheBehaviors": {
            "Quantity": 2,
            "Items": [
                behavior(targets.get("api", "three"), PathPattern="/api/*"),
                behavior(targets.get("img", "one"), PathPattern="/img/*"),
            ],
        },
        "Comment": "the shop",
        "PriceClass": "PriceClass_All",
        "Enabled": True,
        "HttpVersion": "http2and3",
        "IsIPV6Enabled": True,
    }
