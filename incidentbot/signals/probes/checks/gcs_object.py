"""An object in Google Cloud Storage can be read: public, or with a key or token from a secret."""

from collections.abc import Mapping
from functools import partial
from typing import Self
from urllib.parse import quote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from pydantic import Field, model_validator

from incidentbot.http import Answer
from incidentbot.settings.values import Bucket, refuse
from incidentbot.signals.probes.checks._objects import StoredObject, look, md5_of, wrong_sum
from incidentbot.signals.probes.contract import Context, Result, Secret, Text

GOOGLE = "https://storage.googleapis.com"


class Options(StoredObject):
    """Options of a check of the kind `gcs_object`."""

    bucket: Bucket = Field(description="Bucket of the object.")
    bearer: Secret | None = Field(None, description="Variable with an access token.")
    access_id: Secret | None = Field(None, description="Variable with the id of an HMAC key.")
    secret: Secret | None = Field(None, description="Variable with the secret of that key.")
    md5: Text | None = Field(None, description="MD5 of the object, as `x-goog-hash` shows it.")
    crc32c: Text | None = Field(None, description="CRC32C of the object, in the same way.")

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


async def check(options: Options, context: Context) -> Result:
    """One HEAD or GET. What was read is compared with the MD5 that Google keeps beside it."""
    url = options.address
    wrong = partial(_wrong, options)
    return await look(context, options, url, _credentials(options, url), wrong)


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
        return None
    words = _wrong_hash(options, answer, kept)
    return Result(False, "wrong_checksum", words, latency, answer.phases) if words else None


def _wrong_hash(options: Options, answer: Answer, kept: Mapping[str, str]) -> str:
    for name, wanted in (("md5", options.md5), ("crc32c", options.crc32c)):
        if wanted is not None and kept.get(name) != wanted:
            return f"the {name} is {kept.get(name, 'not kept')}, expected {wanted}"
    packed = "Content-Encoding" in answer.headers  # the hash is that of what is stored
    if answer.body and "md5" in kept and not packed and md5_of(answer.body) != kept["md5"]:
        return "what was read does not match the MD5 that Google keeps"
    return wrong_sum(answer.body, options.sha256) if options.sha256 is not None else ""


def hashes(headers: Mapping[str, str]) -> dict[str, str]:
    """`x-goog-hash: crc32c=..., md5=...`, in one header or several -> by name."""
    every = getattr(headers, "getall", None)
    lines = every("x-goog-hash", []) if every else [headers.get("x-goog-hash", "")]
    parts = [part.strip().partition("=") for line in lines for part in line.split(",")]
    return {name: value for name, equals, value in parts if equals}
