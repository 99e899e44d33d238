"""A bucket of any S3-compatible store, asked over our own way out with addresses signed by boto3.

boto3 itself would hold a thread for as long as a store hangs: a few dozen checks of a store that
is down would then delay all others. Signing is quick, and a signed address serves for minutes.
"""

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from incidentbot import clock
from incidentbot.http import Answer
from incidentbot.signals.probes.contract import Context, OriginSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SIGNED_FOR = 900  # seconds that a signed address is good
KEPT_FOR = 300.0  # seconds that it is used; new credentials count from then on
MOST = 1000  # signed addresses kept per bucket
MARK = "incidentbot-"  # how the names of our own objects begin
LEFT = timedelta(minutes=10)  # age at which one of them was surely left behind
SWEEP = 3600.0  # seconds between two looks for such objects


class Bucket:
    """One origin. Made once per context; `kept` closes it."""

    def __init__(self, context: Context, origin: OriginSettings) -> None:
        self._context = context
        self._origin = origin
        self._client: S3Client | None = None
        self._signed: dict[tuple[str, str], tuple[str, float]] = {}
        self.debts: dict[str, None] = {}  # objects of ours that may still be there
        self.sweep_at = 0.0

    async def ask(
        self,
        operation: str,
        key: str,
        timeout: float,
        *,
        body: bytes | None = None,
        max_bytes: int = 65536,
        version: str = "",
    ) -> Answer:
        """`head`, `get`, `put` or `delete` an object, or `list` a prefix.

        Raises http.Failed, and botocore's errors when there are no credentials to sign with.
        """
        url = await self.signed(operation, key, version)
        method = "GET" if operation == "list" else operation.upper()
        return await self._context.http.request(
            method,
            url,
            timeout=timeout,
            body=body,
            allow_private=True,  # the endpoint is the configuration's own, and nothing redirects
            max_bytes=max_bytes,
            redirects=0,
        )

    def distrust(self, operation: str, key: str) -> None:
        """The next call takes a connection of its own."""
        known = self._signed.get((operation, key))
        if known is not None:
            self._context.http.distrust(known[0])

    async def signed(self, operation: str, key: str, version: str = "") -> str:
        """The address to ask. Signing may have to wait for credentials, in a thread."""
        now = clock.monotonic()
        known = self._signed.get((operation, key))
        if known is not None and known[1] > now and not version:
            return known[0]
        url = await self._context.blocking(lambda: self._sign(operation, key, version))
        if not version and not key.rpartition("/")[2].startswith(MARK):
            if len(self._signed) >= MOST:
                self._signed.clear()
            self._signed[operation, key] = (url, now + KEPT_FOR)
        return url

    def _sign(self, operation: str, key: str, version: str) -> str:
        if self._client is None:
            self._client = _client(self._origin)
        name = "list_objects_v2" if operation == "list" else f"{operation}_object"
        about: dict[str, Any] = {"Bucket": _s3(self._origin).bucket}
        if version:
            about["VersionId"] = version
        about |= {"Prefix": key, "MaxKeys": 100} if operation == "list" else {"Key": key}
        return self._client.generate_presigned_url(name, Params=about, ExpiresIn=SIGNED_FOR)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()


def _client(origin: OriginSettings) -> "S3Client":
    options = _s3(origin)
    pair = (options.access_key_id, options.secret_access_key)
    session = boto3.session.Session(
        aws_access_key_id=pair[0].reveal() if pair[0] else None,
        aws_secret_access_key=pair[1].reveal() if pair[1] else None,
    )
    return session.client(
        "s3",
        region_name=options.region,
        endpoint_url=options.endpoint_url,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"} if options.endpoint_url else {},
            request_checksum_calculation="when_required",
            proxies={},
        ),
    )


def _s3(origin: OriginSettings) -> Any:
    """Its keys; the configuration has seen to it that the origin is one of the kind `s3`."""
    return origin.options


def bucket(context: Context, name: str) -> Bucket:
    """The bucket of the origin of that name, the same at every call."""
    return context.kept(("bucket", name), lambda: Bucket(context, context.origin(name)))


def fresh_key(prefix: str) -> str:
    """A key that nobody has used: made of the time and of chance."""
    stamp = clock.now().strftime("%Y%m%dT%H%M%S")
    return f"{prefix}{MARK}{stamp}-{secrets.token_hex(8)}"


def listed(body: bytes) -> list[tuple[str, str]] | None:
    """Key and time of each object in a listing; None when it is none."""
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    if not root.tag.endswith("ListBucketResult"):
        return None
    space = root.tag.removesuffix("ListBucketResult")
    return [
        (entry.findtext(f"{space}Key") or "", entry.findtext(f"{space}LastModified") or "")
        for entry in root.iter(f"{space}Contents")
    ]
