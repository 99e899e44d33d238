"""What vendors call their services and regions, and which words speak of storage."""

import re

# The names a region goes by in prose; codes are found by their shape.
REGIONS = {
    "us-east-1": ("us-standard", "us standard", "n. virginia", "northern virginia"),
    "us-east-2": ("ohio",),
    "us-west-1": ("n. california", "northern california"),
    "us-west-2": ("oregon",),
    "ca-central-1": ("canada-central", "canada (central)"),
    "sa-east-1": ("sao paulo", "são paulo"),
    "eu-west-1": ("ireland",),
    "eu-west-2": ("london",),
    "eu-west-3": ("paris",),
    "eu-central-1": ("frankfurt",),
    "eu-north-1": ("stockholm",),
    "eu-south-1": ("milan",),
    "ap-south-1": ("mumbai",),
    "ap-southeast-1": ("singapore",),
    "ap-southeast-2": ("sydney",),
    "ap-northeast-1": ("tokyo",),
    "ap-northeast-2": ("seoul",),
}

_BY_NAME = {name: region for region, names in REGIONS.items() for name in names}
_NAMED = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, _BY_NAME))})(?!\w)")

# The short name in a configuration -> what else a page may call it.
SERVICES = {
    "s3": ("simple storage service",),
    "ebs": ("elastic block store",),
    "efs": ("elastic file system",),
    "ec2": ("elastic compute cloud",),
    "gcs": ("cloud storage",),
    "blob": ("blob storage", "storage account"),
    "spaces": ("object storage",),
}

CODE = re.compile(
    r"\b(?:us|ca|sa|eu|ap|me|af|il|mx|cn)(?:-gov|-iso[bef]?)?"
    r"-(?:north|south|east|west|central)(?:east|west)?-?\d\b"
)
STORAGE = re.compile(
    r"\b(?:s3|simple storage|storage|buckets?|spaces|r2|cache reserve|images|stream|media delivery"
    r"|cloudfront|cdn|cdn/cache|efs|ebs|elastic (?:block store|file system)|fsx|glacier"
    r"|persistent disk|filestore|blobs?|volumes|file shares?|block store)\b",
    re.IGNORECASE,
)
# Not what is stored but something about it, or a storage service in name only.
NOT_STORAGE = re.compile(
    r"\bcdn cache purge\b|\bcontainer images?\b|\blive stream\b", re.IGNORECASE
)


def region_in(text: str) -> str:
    """The code of the region a text names, or nothing."""
    lower = text.lower()
    code = CODE.search(lower)
    if code:
        return code[0]
    named = _NAMED.search(lower)
    return _BY_NAME[named[0]] if named else ""


def names_service(text: str, service: str) -> bool:
    """Whether a text names this service, by its short name or another one."""
    lower = text.lower()
    names = (service.lower(), service.lower().replace("-", " "), *SERVICES.get(service, ()))
    return any(re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", lower) for name in names)


def names_storage(text: str) -> bool:
    """Whether a service of that name stores or delivers objects, blocks or files."""
    return bool(STORAGE.search(text)) and not NOT_STORAGE.search(text)
