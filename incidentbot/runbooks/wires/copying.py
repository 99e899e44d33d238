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
from incidentbot.runbooks.contract import Request
from incidentbot.runbooks.listing import Opened, Outside
from incidentbot.runbooks.readiness.parity import compare
from incidentbot.runbooks.wires.aws import Aws, meaning
from incidentbot.runbooks.wires.wires import House
from incidentbot.settings import OriginSettings, Settings

ORIGINS = "incidentbot.runbooks.origins"
READ, WRITE = 10.0, 60.0  # seconds
LARGEST = 64 * 1024 * 1024  # bytes that are carried through this process
KEPT = ("ContentType", "ContentEncoding", "CacheControl", "ContentDisposition", "ContentLanguage",
        "WebsiteRedirectLocation", "Metadata")  # fmt: skip
ABSENT = {"404", "NoSuchKey", "NotFound"}
THERE = {"412", "PreconditionFailed", "ConditionalRequestConflict"}


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
        """from, to, key, size -> {"size", "etag", "copied": whether this call did it}"""
        to = self._bucket(str(params["to"]))
        try:
            answer = await self._aws.blocking(lambda: self._copy(params))
        except (BotoCoreError, ClientError) as error:
            raise meaning(error, Request("s3", "copy", to.region, params)) from error
        return answer, str(answer.get("id", ""))

    def _copy(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Blocks. The object is read once more just before, and must be the one of the plan."""
        source, to, key = (
            self._bucket(str(params["from"])),
            self._bucket(str(params["to"])),
            str(params["key"]),
        )
        size = int(params["size"])
        there = self._stat(to, key)
        if there["size"] is not None:
            return {**there, "copied": False}
        original = self._client(source, READ, 2).head_object(Bucket=source.place, Key=key)
        length = original.get("ContentLength")
        if length != size:
            told = "does not tell its length" if length is None else f"has {length:,} bytes"
            words = f"{key} {told} now, not {size:,} as planned"
            raise Permanent(words)
        answer = (
            self._server_side(source, to, key, original)
            if source.endpoint_url == to.endpoint_url and _key(source) == _key(to)
            else self._carried(source, to, key, original)
        )
        found = self._stat(to, key)
        if found["size"] != size:
            raise InDoubt(f"{key} was copied, and reading it back says {found['size']}")
        return {**found, "copied": answer is not None, "id": answer or ""}

    def _server_side(
        self, source: OriginSettings, to: OriginSettings, key: str, original: Mapping[str, Any]
    ) -> str | None:
        return self._added(
            lambda client: client.copy_object(
                Bucket=to.place,
                Key=key,
                CopySource={"Bucket": source.place, "Key": key},
                CopySourceIfMatch=original["ETag"],
                MetadataDirective="COPY",
                IfNoneMatch="*",
            ),
            to,
        )

    def _carried(
        self, source: OriginSettings, to: OriginSettings, key: str, original: Mapping[str, Any]
    ) -> str | None:
        if int(original["ContentLength"]) > LARGEST:
            raise Permanent(f"{key} is longer than {LARGEST:,} bytes: too long to be carried")
        got = self._client(source, READ, 2).get_object(
            Bucket=source.place, Key=key, IfMatch=original["ETag"]
        )
        body = got["Body"].read()
        kept = {name: got[name] for name in KEPT if got.get(name)}
        return self._added(
            lambda client: client.put_object(
                Bucket=to.place, Key=key, Body=body, IfNoneMatch="*", **kept
            ),
            to,
        )

    def _added(self, call: Callable[[Any], Any], to: OriginSettings) -> str | None:
        """The id of the request; None when somebody else was there first."""
        try:
            answer = call(self._client(to, WRITE, 1))
        except ClientError as error:
            if str(error.response.get("Error", {}).get("Code", "")) in THERE:
                return None
            raise
        return str(answer.get("ResponseMetadata", {}).get("RequestId", "")) or "done"

    def _stat(self, origin: OriginSettings, key: str) -> Mapping[str, Any]:
        try:
            head = self._client(origin, READ, 2).head_object(Bucket=origin.place, Key=key)
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

    def _client(self, origin: OriginSettings, seconds: float, attempts: int) -> Any:
        pair = _key(origin)
        key = (SecretStr(pair[0]), SecretStr(pair[1])) if pair else None
        return self._aws.client("s3", origin.region, origin.endpoint_url, seconds, attempts, key)


def _key(origin: OriginSettings) -> tuple[str, str] | None:
    pair: tuple[str, str] | None = getattr(origin.options, "pair", None)
    return pair
