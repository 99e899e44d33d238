"""AWS as the runbooks use it: who we are, and whether we may read what a switch needs.

The bot's own clients and actions are used, and only for reading. Whether the switch may be written
is not tried: there is no dry write.
"""

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from incidentbot import plugins
from incidentbot.doctor.contract import Finding, fault, ok, warning
from incidentbot.doctor.ward import Ward, blocking
from incidentbot.errors import IncidentbotError, Permanent
from incidentbot.runbooks import inventory
from incidentbot.runbooks.listing import Outside
from incidentbot.runbooks.load import ACTIONS
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.runbooks.wires.wires import Wires
from incidentbot.settings import AssetSettings, OriginSettings, Settings, SwitchSettings

TITLE = "AWS"
PLACE = 82
ORIGINS = "incidentbot.runbooks.origins"
SECONDS = 4.0
RIGHTS = "`incidentbot aws policy` prints it, ready to paste"
AWAY = (BotoCoreError, ClientError, IncidentbotError)  # the last when a role is not given


async def examine(ward: Ward) -> list[Finding]:
    settings = ward.usable()
    if not settings.assets:
        return []  # what is only watched is read by its check
    try:
        aws = Aws(read=SECONDS, settings=settings.aws)
    except BotoCoreError as error:  # a profile that is not there, say
        return [_no_credentials(error)]
    try:
        named = {name for one in settings.assets for name in (one.primary, one.backup)}
        origins = [one for one in settings.origins if one.name in named]
        identity = await _identity(aws, settings)
        if any(one.level == "fault" for one in identity):
            return identity
        outside = Outside(ward.http, aws.blocking)
        buckets = await ward.each(
            origins,
            lambda one: (
                blocking(lambda: _bucket(aws, settings, one))
                if one.kind == "s3"
                else _store(outside, settings, one)
            ),
            _late_bucket,
        )
        wires = Wires(ward.http, aws)
        ways = [(one, way) for one in settings.assets for way in one.ways]
        switches = await ward.each(ways, lambda one: _switch(wires, *one), _late_switch)
        return [*identity, *buckets, *switches]
    finally:
        aws.close()


async def _identity(aws: Aws, settings: Settings) -> list[Finding]:
    """Asked of AWS only: a store of another make has no such service."""
    regions = [one.region for one in settings.origins if one.endpoint_url is None]
    regions += [
        str(getattr(way.options, "region", ""))
        for one in settings.assets
        for way in one.ways
        if getattr(way.options, "endpoint_url", None) is None
    ]
    region = next(filter(None, regions), "")
    if not region:
        return []
    try:
        client = aws.client("sts", region, None, SECONDS, 1)
        who = await blocking(lambda: client.get_caller_identity())
    except AWAY as error:
        return [_no_credentials(error)]
    return [ok("AWS credentials", f"are those of {who['Arn']}")]


def _no_credentials(error: Exception) -> Finding:
    return fault(
        "AWS credentials",
        _words(error),
        "Without them nothing can be compared or switched.",
        "Give the process credentials in AWS's own way: a role, AWS_PROFILE, or AWS_ACCESS_KEY_ID "
        "and AWS_SECRET_ACCESS_KEY. Look with: aws sts get-caller-identity",
    )


def _bucket(aws: Aws, settings: Settings, origin: OriginSettings) -> Finding:
    """List one object, and ask about each critical one: what proving the backup needs."""
    about = f"{origin.name} (bucket {origin.place})"
    what = "s3:ListBucket"
    pair = getattr(origin.options, "pair", None)
    key_pair = (SecretStr(pair[0]), SecretStr(pair[1])) if pair else None
    try:
        client = aws.client("s3", origin.region, origin.endpoint_url, SECONDS, 1, key_pair)
        listed = client.list_objects_v2(Bucket=origin.place, MaxKeys=1)
        keys = [row["Key"] for row in listed.get("Contents", [])]
        what = "s3:GetObject"
        for key in [*_critical(settings, origin)[:5], *keys]:
            client.head_object(Bucket=origin.place, Key=key)
    except AWAY as error:
        return _no_bucket(about, origin, what, error)
    if not keys:
        return warning(about, "is empty", "An empty origin can serve nothing, so nothing is ready.",
                       "Copy the objects there, or correct `bucket`.")  # fmt: skip
    return ok(about, "can be listed and read")


async def _store(outside: Outside, settings: Settings, origin: OriginSettings) -> Finding:
    """The same of an origin that is no bucket of S3, over the way that readiness takes."""
    about = f"{origin.name} ({origin.kind} {origin.place})"
    why = "A backup that cannot be read is never ready, so nothing can be switched to it."
    try:
        opened = plugins.get(ORIGINS, origin.kind).opened(origin.options, outside)
        rows = (await opened.page(b"", "", 1)).rows if opened.lists else []
        for key in _critical(settings, origin)[:5]:
            found = await opened.fetch(key)
            if found.problem:
                return fault(about, f"{key}: {found.problem}", why,
                             "Put it there, or take it out of readiness.critical.")  # fmt: skip
    except IncidentbotError as error:
        return fault(
            about, error.message, why, f"Correct the keys of {origin.name}, or its rights."
        )
    if opened.lists and not rows:
        return warning(about, "is empty", "An empty origin can serve nothing, so nothing is ready.",
                       "Copy the objects there, or correct where it points.")  # fmt: skip
    if not opened.lists:
        return warning(about, "cannot list what it has", "Only a sample can be compared.",
                       "Give it a `manifest`.")  # fmt: skip
    return ok(about, "can be listed and read")


def _critical(settings: Settings, origin: OriginSettings) -> list[str]:
    assets = (one for one in settings.assets if origin.name in (one.primary, one.backup))
    return sorted({key for one in assets for key in one.readiness.critical})


def _no_bucket(about: str, origin: OriginSettings, what: str, error: Exception) -> Finding:
    why = "A backup that cannot be compared is never ready, so nothing can be switched to it."
    code = _code(error)
    if code in ("403", "AccessDenied"):
        place = f"arn:aws:s3:::{origin.place}" + ("/*" if what == "s3:GetObject" else "")
        return fault(about, f"{what} is refused", why, f"Allow {what} on {place}; {RIGHTS}.")
    if code == "NoSuchBucket":
        return fault(about, "there is no such bucket", why, f"Correct `bucket` of {origin.name}.")
    if code == "404":
        step = f"Copy it to {origin.place}, or take it out of readiness.critical."
        return fault(about, "a critical object is not there", why, step)
    if code in ("301", "PermanentRedirect", "AuthorizationHeaderMalformed"):
        return fault(about, f"is not in {origin.region}", why,
                     f"Correct `region` of {origin.name}.")  # fmt: skip
    return fault(about, _words(error), why, "Is the vendor down now? If not, mend what it says.")


async def _switch(wires: Wires, asset: AssetSettings, way: SwitchSettings) -> Finding:
    options, values = way.options, way.values
    action = plugins.get(ACTIONS, way.kind)
    about = f"{asset.name} ({way.called})"
    why = "The plan reads the live value first, so nothing can be switched."
    try:
        live = await action.observe(options, wires.reader)
    except Permanent as error:
        return fault(about, error.message, why,
                     f"Create it, or allow the bot to read and write it; {RIGHTS}. "
                     f"By hand: {action.by_hand(options)}")  # fmt: skip
    except IncidentbotError as error:
        return warning(about, error.message, why, f"By hand: {action.by_hand(options)}")
    if inventory.shares(way, live) is None:
        return fault(
            about,
            f"holds {live.value!r}, which is the value of neither origin",
            "The guards refuse to change a value that the configuration does not know.",
            f"Correct switch.values ({', '.join(map(repr, values.values()))}), or the value there.",
        )
    serving = inventory.origin_of(way, live) or f"both ({live.value})"
    return ok(about, f"can be read and names {serving}; whether it can be written was not tried")


def _late_bucket(origin: OriginSettings) -> Finding:
    return warning(f"{origin.name} (bucket {origin.place})", "no answer in time",
                   "What is not compared is never ready.", "Run the doctor again.")  # fmt: skip


def _late_switch(one: tuple[AssetSettings, SwitchSettings]) -> Finding:
    return warning(f"{one[0].name} ({one[1].called})", "no answer in time",
                   "The plan reads the live value first.", "Run the doctor again.")  # fmt: skip


def _code(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""  # noqa: E501  # fmt: skip


def _words(error: Exception) -> str:
    code = _code(error)
    return f"AWS refuses: {code}" if code else str(error)
