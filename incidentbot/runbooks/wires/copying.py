"""Copy objects from one origin to another, and never do more than add.

Two doors of the house: `copy_missing_look` compares two origins, `copy_object` copies one object,
only where there is none: it looks first, and sends `If-None-Match: *`, so that whoever wrote in
between wins. Nothing here overwrites or deletes. Requests name origins by the names of the
configuration, so no secret is ever in one. Both must be buckets that speak S3.
"""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from incidentbot import plugins
from incidentbot.errors import InDoubt, Permanent, Temporary
from incidentbot.http import Http
from incidentbot.runbooks import inventory
from incidentbot.runbooks.contract import Request, Way
from incidentbot.runbooks.listing import Opened, Outside
from incidentbot.runbooks.readiness.parity import compare
from incidentbot.runbooks.wires.aws import Aws, meaning
from incidentbot.runbooks.wires.wires import House
from incidentbot.settings import OriginSettings, Settings

ORIGINS = "incidentbot.runbooks.origins"
READ, ATTEMPTS = 10.0, 2  # seconds
LARGEST = 64 * 1024 * 1024  # bytes that are carried through this process
KEPT = ("ContentType", "ContentEncoding", "CacheControl", "ContentDisposition", "ContentLanguage",
        "WebsiteRedirectLocation", "Metadata")  # fmt: skip
ABSENT = {"404", "NoSuchKey", "NotFound"}
THERE = ("PreconditionFailed", "ConditionalRequestConflict")


class Copying:
    def __init__(self, settings: Settings, http: Http, aws: Aws) -> None:
        self._settings = settings
        self._aws = aws
        self._outside = Outside(http, aws.blocking)

    @property
    def doors(self) -> House:
        return {"copy_missing_look": self.missing, "copy_object": self.copy}

    async def missing(
        self, params: Mapping[str, Any], plan_id: str = ""
    ) -> tuple[Mapping[str, Any], str]:
        """from, to, most -> {"missing": [{"key", "size", "etag"}], "count": all of them}"""
        source, to = str(params["from"]), str(params["to"])
        tally = await compare(self._open(source), self._open(to), sample=1)
        absent = tally.parity.absent[: int(params["most"])]
        answer = {
            "missing": [{"key": i.key, "size": i.size, "etag": i.etag} for i in absent],
            "count": tally.parity.missing,
        }
        return answer, ""

    async def copy(
        self, params: Mapping[str, Any], plan_id: str = ""
    ) -> tuple[Mapping[str, Any], str]:
        """from, to, key, size -> {"size", "etag", "copied": whether this call did it}. The object
        is looked at once more just before, and must be the one of the plan."""
        source, to = self._bucket(str(params["from"])), self._bucket(str(params["to"]))
        key, size = str(params["key"]), int(params["size"])
        there = await self._asked(to, self._stat, key)
        if there["size"] is not None:
            return {**there, "copied": False}, ""
        request = await self._asked(source, self._request, to, key, size)
        way = Way(to.endpoint_url, _secret(to))
        id, copied = "", True
        try:
            _, id = await self._aws.write(request, way, plan_id)
        except Permanent as error:
            if not any(word in error.message for word in THERE):
                raise
            copied = False  # somebody else was there first
        found = await self._asked(to, self._stat, key)
        if found["size"] != size:
            raise InDoubt(f"{key} was copied, and reading it back says {found['size']}")
        return {**found, "copied": copied}, id

    async def _asked(self, origin: OriginSettings, look: Callable[..., Any], *args: Any) -> Any:
        try:
            return await self._aws.blocking(lambda: look(origin, *args))
        except (BotoCoreError, ClientError) as error:
            raise meaning(error, Request("s3", "HeadObject", origin.region, {})) from error

    def _request(self, source: OriginSettings, to: OriginSettings, key: str, size: int) -> Request:
        """The one write: by the store itself where both are at one, else with the object in it."""
        client = self._client(source)
        original = client.head_object(Bucket=source.place, Key=key)
        length, etag = original.get("ContentLength"), original["ETag"]
        if length != size:
            told = "does not tell its length" if length is None else f"has {length:,} bytes"
            raise Permanent(f"{key} {told} now, not {size:,} as planned")
        params: dict[str, Any] = {"Bucket": to.place, "Key": key, "IfNoneMatch": "*"}
        if source.endpoint_url == to.endpoint_url and _key(source) == _key(to):
            place = {"Bucket": source.place, "Key": key}
            params |= {"CopySource": place, "CopySourceIfMatch": etag, "MetadataDirective": "COPY"}
            return Request("s3", "CopyObject", to.region, params)
        if size > LARGEST:
            raise Permanent(f"{key} is longer than {LARGEST:,} bytes: too long to be carried")
        got = client.get_object(Bucket=source.place, Key=key, IfMatch=etag)
        kept = {name: got[name] for name in KEPT if got.get(name)}
        return Request("s3", "PutObject", to.region, params | kept | {"Body": got["Body"].read()})

    def _stat(self, origin: OriginSettings, key: str) -> Mapping[str, Any]:
        try:
            head = self._client(origin).head_object(Bucket=origin.place, Key=key)
        except ClientError as error:
            if str(error.response.get("Error", {}).get("Code", "")) in ABSENT:
                return {"size": None, "etag": ""}
            raise
        return {"size": head.get("ContentLength", -1), "etag": str(head.get("ETag", "")).strip('"')}

    def _bucket(self, name: str) -> OriginSettings:
        origin = inventory.origin(self._settings, name)
        if origin.kind != "s3":
            raise Permanent(
                f"{name} is of the kind {origin.kind}: only S3 can be copied to and from"
            )
        return origin

    def _open(self, name: str) -> Opened:
        origin = inventory.origin(self._settings, name)
        opened: Opened = plugins.get(ORIGINS, origin.kind).opened(origin.options, self._outside)
        if not opened.lists:
            raise Temporary(f"{name} cannot list what it has")
        return opened

    def _client(self, origin: OriginSettings) -> Any:
        key, where = _secret(origin), origin.endpoint_url
        return self._aws.client("s3", origin.region, where, READ, ATTEMPTS, key)


def _secret(origin: OriginSettings) -> tuple[SecretStr, SecretStr] | None:
    pair = _key(origin)
    return (SecretStr(pair[0]), SecretStr(pair[1])) if pair else None


def _key(origin: OriginSettings) -> tuple[str, str] | None:
    pair: tuple[str, str] | None = getattr(origin.options, "pair", None)
    return pair
