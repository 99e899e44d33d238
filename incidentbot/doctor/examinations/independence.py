"""Whether the bot itself hangs on the region that it is there to save you from. Nothing is asked.

What cannot be seen from here, such as where the container's image comes from, is named as such.
"""

import re
from collections.abc import Iterator

from sqlalchemy.engine import make_url

from incidentbot.doctor.contract import Finding, ok, warning
from incidentbot.doctor.ward import Ward
from incidentbot.settings import Settings

TITLE = "Independence"
PLACE = 84
REGION = re.compile(r"(?:us|eu|ap|sa|ca|me|af|il|mx|cn)(?:-gov)?-[a-z]+-\d+")
GLOBAL_STS = "us-east-1"  # where the STS without a region stands
UNSEEN = (
    "from here nobody can see where the container's image, its secrets and its disk come from:"
    " look yourself"
)


async def examine(ward: Ward) -> list[Finding]:
    settings = ward.usable()
    failing = _at_risk(settings)
    if not failing:
        return []
    found = [
        *_database(settings, failing),
        *_home(ward, failing),
        *_sts(ward, settings, failing),
        *_roles(settings),
        *_anchors(settings, failing),
    ]
    regions = ", ".join(sorted(failing))
    return found or [
        ok(regions, f"nothing of the bot's own stands there that can be seen; {UNSEEN}")
    ]


def _at_risk(settings: Settings) -> set[str]:
    """The regions of AWS whose failure the runbooks are for."""
    primaries = {asset.primary for asset in settings.assets}
    return {
        origin.region
        for origin in settings.origins
        if origin.name in primaries and origin.endpoint_url is None
    }


def _database(settings: Settings, failing: set[str]) -> Iterator[Finding]:
    host = make_url(settings.storage.database.get_secret_value()).host or ""
    region = _named_in(host, failing)
    if region:
        yield warning(
            f"database {host}",
            f"stands in {region}, which your runbooks are there to leave",
            "Plans and approvals are kept there: without it nothing can be switched.",
            "Move the database to the backup's region, or to where the bot runs outside of "
            f"{region}. A read replica does not help: it cannot be written.",
        )


def _home(ward: Ward, failing: set[str]) -> Iterator[Finding]:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        region = ward.env.get(name, "")
        if region in failing:
            yield warning(
                name,
                f"is {region}: the bot seems to run in the region that its runbooks leave",
                "When the region fails, the bot may fail with it, or not be started again.",
                f"Run the bot outside of {region}. If it does and only the variable says so, set "
                f"{name} to where it runs.",
            )
            return


def _sts(ward: Ward, settings: Settings, failing: set[str]) -> Iterator[Finding]:
    """Where credentials come from: by our own roles, and by AWS's own variables."""
    region = settings.aws.region or ""
    if region in failing:
        yield warning(
            "aws.region",
            f"takes the roles from STS in {region}, which your runbooks are there to leave",
            "Without STS there are no credentials for a plan, so nothing can be written.",
            "Name the region of the backup.",
        )
    legacy = ward.env.get("AWS_STS_REGIONAL_ENDPOINTS", "").lower() == "legacy"
    if legacy and GLOBAL_STS in failing:
        yield warning(
            "AWS_STS_REGIONAL_ENDPOINTS",
            f"is legacy: the process's own credentials come from the STS in {GLOBAL_STS}",
            f"When {GLOBAL_STS} fails they are not renewed.",
            "Set it to regional, or leave it out.",
        )
    endpoint = ward.env.get("AWS_ENDPOINT_URL_STS", "")
    there = _named_in(endpoint, failing)
    if there:
        yield warning(
            "AWS_ENDPOINT_URL_STS",
            f"leads to {there}, which your runbooks are there to leave",
            "When it fails, credentials are not renewed.",
            "Name the endpoint of another region.",
        )


def _roles(settings: Settings) -> Iterator[Finding]:
    reader, writer = settings.aws.reader_role, settings.aws.writer_role
    if reader is not None and reader == writer:
        yield warning(
            "aws.reader_role",
            "is the writer's role too",
            "What only plans and compares could write; one slip in it would do harm.",
            "Make a role of its own: incidentbot aws policy --reader",
        )
    if writer is not None and reader is None:
        yield warning(
            "aws.reader_role",
            "is missing beside a writer's role",
            "The process's own credentials read then, and they may be able to write.",
            "Make a role of its own: incidentbot aws policy --reader",
        )


def _anchors(settings: Settings, failing: set[str]) -> Iterator[Finding]:
    bucket = settings.audit.bucket
    if bucket is not None and bucket.endpoint_url is None and bucket.region in failing:
        yield warning(
            f"audit.bucket {bucket.bucket}",
            f"stands in {bucket.region}, which your runbooks are there to leave",
            "Just when most is done, the audit log is not anchored outside.",
            "Take a bucket in another region, best in another account.",
        )


def _named_in(text: str, failing: set[str]) -> str:
    """The failing region that an address names as a whole word; empty when it names none."""
    return next((found for found in REGION.findall(text) if found in failing), "")
