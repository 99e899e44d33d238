"""What vendors call their services and regions, and which words speak of storage."""

import re

MOST_TEXT = 20_000  # of a text is searched

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
    "ap-northeast-3": ("osaka",),
    "ap-east-1": ("hong kong",),
    "ap-southeast-3": ("jakarta",),
    "ap-southeast-4": ("melbourne",),
    "ap-southeast-5": ("malaysia",),
    "ap-southeast-6": ("new zealand",),
    "ap-southeast-7": ("thailand",),
    "ap-east-2": ("taipei",),
    "mx-central-1": ("mexico (central)",),
    "ap-south-2": ("hyderabad",),
    "ca-west-1": ("calgary",),
    "eu-central-2": ("zurich",),
    "eu-south-2": ("spain",),
    "me-south-1": ("bahrain",),
    "me-central-1": ("uae",),
    "il-central-1": ("tel aviv",),
    "af-south-1": ("cape town",),
    "us-gov-west-1": ("aws govcloud (us-west)", "aws govcloud (us)"),
    "us-gov-east-1": ("aws govcloud (us-east)",),
    "cn-north-1": ("beijing",),
    "cn-northwest-1": ("ningxia",),
}
# Azure speaks of "West US 2" and calls it westus2: the code is the name without its spaces.
# fmt: off
AZURE = (
    "australia central", "australia central 2", "australia east", "australia southeast",
    "austria east", "belgium central", "brazil south", "brazil southeast", "canada central",
    "canada east", "central india", "central us", "chile central", "china east", "china east 2",
    "china north", "china north 2", "china north 3", "denmark east", "east asia", "east us",
    "east us 2", "france central", "france south", "germany north", "germany west central",
    "indonesia central", "israel central", "italy north", "japan east", "japan west",
    "jio india central", "jio india west", "korea central", "korea south", "malaysia west",
    "mexico central", "new zealand north", "north central us", "north europe", "norway east",
    "norway west", "poland central", "qatar central", "south africa north", "south africa west",
    "south central us", "south india", "southeast asia", "spain central", "sweden central",
    "sweden south", "switzerland north", "switzerland west", "taiwan north", "uae central",
    "uae north", "uk south", "uk west", "us dod central", "us dod east", "us gov arizona",
    "us gov texas", "us gov virginia", "usgov arizona", "usgov texas", "usgov virginia",
    "west central us",
    "west europe", "west india", "west us", "west us 2", "west us 3",
)
# fmt: on

_BY_NAME = {name: region for region, names in REGIONS.items() for name in names}
_NAMED = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, _BY_NAME))})(?!\w)")

# The short name in a configuration -> what else a page may call it.
SERVICES = {
    "s3": ("simple storage service",),
    "ebs": ("elastic block store",),
    "efs": ("elastic file system",),
    "ec2": ("elastic compute cloud",),
    "gcs": ("cloud storage",),
    "blob": ("blob storage", "storage account", "storage accounts", "azure storage", "storage"),
    "cloudfront": ("amazon cloudfront",),
    "spaces": ("object storage",),
}

CODE = re.compile(
    r"\b(?:(?:us|ca|sa|eu|ap|me|af|il|mx|cn)(?:-gov|-iso[bef]?)?|eusc-de"
    r"|africa|asia|australia|europe|northamerica|southamerica)"  # Google's
    r"-(?:north|south|east|west|central)(?:east|west)?-?\d{1,2}(?!\d|\w{2})"
)
_CODES = {name: code for code, names in REGIONS.items() for name in names}
_CODES |= {name: name.replace(" ", "") for name in AZURE}
_CODES |= {name.replace(" ", ""): name.replace(" ", "") for name in AZURE}
# The longest first: "west us 2" is not in "west us".
_NAMES = re.compile(
    r"(?<!\w)(?:"
    + "|".join(re.escape(name) for name in sorted(_CODES, key=len, reverse=True))
    + r")(?!\w)"
)
STORAGE = re.compile(
    r"\b(?:s3(?:[_ -]?(?:express|tables|vectors|outposts))?|simple storage|storage|buckets?|spaces"
    r"|r2|cache reserve|images|stream|media delivery|mediastore|cloudfront|cdn|cdn/cache"
    r"|content delivery(?: network)?|efs|ebs|elastic (?:block store|file system)|fsx|filecache"
    r"|glacier|block volumes?|object ?stor(?:e|es)|nfs|edge (?:cach(?:e|ing)|delivery|network)"
    r"|persistent disks?|filestore|blobs?|volumes|file shares?|block store|storagegateway"
    r"|elasticfilesystem|hyperdisks?|parallelstore|lustre|managed disks?|azure files"
    r"|netapp files|front door|objekt-?speicher|block-?speicher|speicher|stockage|almacenamiento"
    r"|armazenamento|archiviazione|opslag|lagring|хранилищ[ае])\b"
    r"|ストレージ|存储|存儲|儲存|스토리지",
    re.IGNORECASE,
)
# Not what is stored but something about it, or a storage service in name only.
NOT_STORAGE = re.compile(
    r"\bcdn cache purge\b|\b(?:container|docker|machine|vm|os|custom|runner|base) images?\b"
    r"|\b(?:live|event|data|log|activity|change|audit|message|filtered) stream\b",
    re.IGNORECASE,
)


# Who does nothing but store: a place of theirs that is not well is storage that is not well.
ONLY_STORAGE = frozenset(("wasabi", "backblaze"))
A_PLACE = re.compile(r"\bregion\b", re.IGNORECASE)


def place_of_storage(vendor: str, name: str) -> bool:
    """Whether a component of that name is a place where a vendor that only stores does it."""
    only = vendor.lower() in ONLY_STORAGE
    return only and bool(region_in(name) or A_PLACE.search(name))


def region_in(text: str) -> str:
    """The code of the region a text names, or nothing."""
    lower = text[:MOST_TEXT].lower()
    code = CODE.search(lower)
    if code:
        return code[0]
    name = _NAMES.search(lower)
    return _CODES[name[0]] if name else ""


def names_service(text: str, service: str) -> bool:
    """Whether a text names this service, by its short name or another one."""
    lower = text.lower()
    names = (service.lower(), service.lower().replace("-", " "), *SERVICES.get(service, ()))
    return any(re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", lower) for name in names)


def names_storage(text: str) -> bool:
    """Whether a service of that name stores or delivers objects, blocks or files."""
    return bool(STORAGE.search(text)) and not NOT_STORAGE.search(text)
