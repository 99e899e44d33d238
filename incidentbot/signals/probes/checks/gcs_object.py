"""An object in Google Cloud Storage can be read: public, or with a key or token from a secret."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Literal, Self
from urllib.parse import quote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from pydantic import Field, model_validator

from incidentbot import clock
from incidentbot.http import MAX_BODY, Answer
from incidentbot.settings.values import Bucket, Flag, HttpUrl, refuse
from incidentbot.signals.probes.checks._expect import MaxBody
from incidentbot.signals.probes.checks._objects import Key, Sha256, refused, wrong_sum
from incidentbot.signals.probes.checks._web import too_large
from incidentbot.signals.probes.contract import (
    CheckOptions,
    Context,
    Failed,
    Result,
    Secret,
    Text,
    failed,
    in_time,
    milliseconds,
)

GOOGLE = "https://storage.googleapis.com"


class Options(CheckOptions):
    """Options of a check of the kind `gcs_object`."""

    bucket: Bucket = Field(description="Bucket of the object.")
    key: Key = Field(description="Name of the object.")
    bearer: Secret | None = Field(None, description="Variable with an access token.")
    access_id: Secret | None = Field(None, description="Variable with the id of an HMAC key.")
    secret: Secret | None = Field(None, description="Variable with the secret of that key.")
    endpoint_url: HttpUrl | None = Field(
        None, description="Another address of the store; left out: Google's own."
    )
    allow_private: Flag = Field(
        False, description="Let the address lead to this machine or a private network."
    )
    method: Literal["HEAD", "GET"] = Field("HEAD", description="Ask about the object, or read it.")
    md5: Text | None = Field(None, description="MD5 of the object, as `x-goog-hash` shows it.")
    crc32c: Text | None = Field(None, description="CRC32C of the object, in the same way.")
    sha256: Sha256 | None = Field(
        None, description="SHA-256 of the object; it is read at every look to compare."
    )
    max_body: MaxBody = Field(MAX_BODY, description="Longest object read, in bytes.")

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.access_id is None) != (self.secret is None):
            at = "access_id" if self.access_id is None else "secret"
            refuse("is missing: id and secret of a key go together", at=at)
        if self.bearer is not None and self.secret is not None:
            refuse("cannot be used beside a key", at="bearer")
        return self

    @property
    def address(self) -> str:
        base = (self.endpoint_url or GOOGLE).rstrip("/")
        return f"{base}/{self.bucket}/{quote(self.key, safe='/~')}"

    @property
    def asked(self) -> Literal["HEAD", "GET"]:
        return "GET" if self.sha256 is not None else self.method


async def check(options: Options, context: Context) -> Result:
    """One HEAD or GET. What was read is compared with the MD5 that Google keeps beside it."""
    start, url = clock.monotonic(), options.address
    try:
        answer = await context.http.request(
            options.asked,
            url,
            timeout=options.timeout.total_seconds(),
            headers=_credentials(options, url),
            allow_private=options.allow_private,
            max_bytes=options.max_body,
            redirects=0,
        )
    except Failed as error:
        return failed(error, milliseconds(start))
    latency = milliseconds(start)
    wrong = refused(answer, options.key, latency) or _wrong(options, answer, latency)
    if wrong is not None:
        context.http.distrust(url)
        return wrong
    return in_time(options, latency, answer.phases, answer.note)


def _credentials(options: Options, url: str) -> dict[str, str]:
    # Without this, Google unpacks what was stored packed, and no checksum fits.
    headers = {"Accept-Encoding": "gzip"}
    if options.bearer is not None:
        return {**headers, "Authorization": f"Bearer {options.bearer.reveal()}"}
    if options.access_id is None or options.secret is None:
        return headers
    request = AWSRequest(method=options.asked, url=url)
    pair = Credentials(options.access_id.reveal(), options.secret.reveal())
    S3SigV4Auth(pair, "s3", "auto").add_auth(request)
    return {**headers, **{name: str(value) for name, value in request.headers.items()}}


def _wrong(options: Options, answer: Answer, latency: float) -> Result | None:
    kept = hashes(answer.headers)
    if not kept and "x-goog-generation" not in answer.headers:
        words = f"answered {answer.status} without Google's headers: not an object"
        return Result(False, "wrong_body", words, latency, answer.phases)
    if answer.cut:
        words = too_large(answer, options.max_body)
        return Result(False, "too_large", words, latency, answer.phases)
    words = _wrong_hash(options, answer, kept)
    return Result(False, "wrong_checksum", words, latency, answer.phases) if words else None


def _wrong_hash(options: Options, answer: Answer, kept: Mapping[str, str]) -> str:
    for name, wanted in (("md5", options.md5), ("crc32c", options.crc32c)):
        if wanted is not None and kept.get(name) != wanted:
            return f"the {name} is {kept.get(name, 'not kept')}, expected {wanted}"
    packed = "Content-Encoding" in answer.headers  # the hash is that of what is stored
    if answer.body and "md5" in kept and not packed and _md5(answer.body) != kept["md5"]:
        return "what was read does not match the MD5 that Google keeps"
    return wrong_sum(answer.body, options.sha256) if options.sha256 is not None else ""


def hashes(headers: Mapping[str, str]) -> dict[str, str]:
    """`x-goog-hash: crc32c=..., md5=...`, in one header or several -> by name."""
    every = getattr(headers, "getall", None)
    lines = every("x-goog-hash", []) if every else [headers.get("x-goog-hash", "")]
    parts = [part.strip().partition("=") for line in lines for part in line.split(",")]
    return {name: value for name, equals, value in parts if equals}


def _md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
