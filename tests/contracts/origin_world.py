"""Strict stand-ins for stores that moto does not have, and a small house of two origins."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from aiohttp import web
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from incidentbot.http import Http
from incidentbot.runbooks.wires.aws import Aws
from incidentbot.settings import Settings, load
from incidentbot.watching import known
from tests.contracts.aws_wire import client
from tests.contracts.wire import serving

REGIONS = ("us-east-1", "us-west-2")
OBJECTS = {f"img/{n:02d}.png": f"picture {n}".encode() for n in range(12)} | {"a b+c/ü.css": b"x{}"}


@dataclass
class Double:
    """Objects behind the API of one vendor; `refused` is what wrong requests got."""

    objects: Mapping[str, bytes]
    page: int = 7
    refused: list[str] = field(default_factory=list)

    def no(self, status: int, code: str) -> web.Response:
        self.refused.append(code)
        return web.Response(status=status, text=f"<Error><Code>{code}</Code></Error>")

    def sorted(self) -> list[str]:
        return sorted(self.objects, key=str.encode)

    async def azure(self, request: web.Request) -> web.Response:
        if request.query.get("sig") != "s+g/=" or "x-ms-version" not in request.headers:
            return self.no(403, "AuthenticationFailed")
        if request.query.get("comp") == "list":
            if request.query.get("restype") != "container" or request.path != "/pictures":
                return self.no(400, "InvalidQueryParameterValue")
            start = int(request.query.get("marker", "0"))
            keys = self.sorted()[start : start + self.page]
            more = start + self.page < len(self.objects)
            blobs = "".join(self._blob(key) for key in keys)
            mark = f"<NextMarker>{start + self.page}</NextMarker>" if more else "<NextMarker/>"
            body = f"<?xml version='1.0'?><EnumerationResults><Blobs>{blobs}</Blobs>{mark}</EnumerationResults>"  # noqa: E501
            return web.Response(text=body, content_type="application/xml")
        return self._object(request.path.removeprefix("/pictures/"))

    def _blob(self, key: str) -> str:
        body = self.objects[key]
        sum = base64.b64encode(hashlib.md5(body).digest()).decode()
        return (
            f"<Blob><Name>{key}</Name><Properties><Content-Length>{len(body)}</Content-Length>"
            f"<Content-MD5>{sum}</Content-MD5></Properties></Blob>"
        )

    async def bucket(self, request: web.Request) -> web.Response:
        """S3's API as Google speaks it too: a token, or a signature of the key MYKEY."""
        allowed = request.headers.get("Authorization", "")
        if allowed != "Bearer tok" and not _signed(request, allowed):
            return self.no(403, "SignatureDoesNotMatch")
        name = request.path.removeprefix("/pictures/")
        if name:
            return self._object(name)
        query = request.query
        if query.get("list-type") != "2" or query.get("encoding-type") != "url":
            return self.no(400, "InvalidArgument")
        after = query.get("start-after", "").encode()
        keys = [key for key in self.sorted() if key.encode() > after]
        shown = keys[: min(self.page, int(query["max-keys"]))]
        entries = "".join(self._entry(key) for key in shown)
        return web.Response(
            text=f"<?xml version='1.0' encoding='UTF-8'?><ListBucketResult xmlns='x'>"
            f"<IsTruncated>{str(len(shown) < len(keys)).lower()}</IsTruncated>"
            f"<EncodingType>url</EncodingType>{entries}</ListBucketResult>",
            content_type="application/xml",
        )

    def _entry(self, key: str) -> str:
        body = self.objects[key]
        return (
            f"<Contents><Key>{quote(key)}</Key><LastModified>x</LastModified>"
            f'<ETag>"{hashlib.md5(body).hexdigest()}"</ETag><Size>{len(body)}</Size></Contents>'
        )

    async def directory(self, request: web.Request) -> web.Response:
        if request.path == "/list.csv":
            lines = [f'"{key}",{len(body)},' for key, body in self.objects.items()]
            return web.Response(text="\n".join(lines))
        return self._object(request.path.removeprefix("/pictures/"))

    def _object(self, key: str) -> web.Response:
        if key not in self.objects:
            return self.no(404, "NoSuchKey")
        return web.Response(body=self.objects[key], headers={"Content-Type": "image/png"})


def _signed(request: web.Request, allowed: str) -> bool:
    """Whether the key MYKEY with the secret "hidden" signed it. As the stores do, the address is
    taken apart and written anew before it is hashed."""
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=MYKEY/\d{8}/(auto|us-east-1)/s3/aws4_request, "
        r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})",
        allowed,
    )
    if found is None:
        return False
    path = quote(unquote(request.url.raw_path), safe="/-_.~")
    pairs = sorted(parse_qsl(request.url.raw_query_string, keep_blank_values=True))
    query = urlencode(pairs, quote_via=quote, safe="-_.~")
    asked = AWSRequest(
        request.method, f"http://{request.headers['Host']}{path}?{query}".rstrip("?")
    )
    for name in found[2].split(";"):
        asked.headers[name] = request.headers[name]
    asked.context["timestamp"] = request.headers["X-Amz-Date"]
    auth = S3SigV4Auth(Credentials("MYKEY", "hidden"), "s3", found[1])
    text = auth.string_to_sign(asked, auth.canonical_request(asked))
    return bool(auth.signature(text, asked) == found[3])


@asynccontextmanager
async def double(vendor: str, objects: Mapping[str, bytes] = OBJECTS) -> AsyncIterator[Any]:
    """(address, the double)"""
    made = Double(dict(objects))
    async with serving(getattr(made, vendor)) as url:
        yield url, made


CONFIG = """\
name: Shop
storage: {{database: "sqlite:///{folder}/incidentbot.db"}}
origins:
{origins}
dependencies:
  - name: s3-us-east-1
    title: Amazon S3 in us-east-1
    vendor: aws
    service: s3
    region: us-east-1
    checks: [{{name: shop, kind: http, url: "https://shop.example.com/"}}]
assets:
  - name: shop-images
    title: Shop images
    primary: one
    backup: two
    dependency: s3-us-east-1
    switch:
      kind: ssm_parameter
      parameter: /shop/asset-origin
      region: us-west-2
      values: {{one: one, two: two}}
    verify: {{url: "https://shop.example.com/{{key}}", header: x-origin, keys: [a.png]}}
    readiness: {{critical: ["img/00.png"], sample: 10{more}}}
"""


def settings(folder: Path, origins: str, more: str = "", env: Mapping[str, str] = {}) -> Settings:
    path = folder / "incidentbot.yaml"
    path.write_text(CONFIG.format(folder=folder, origins=origins, more=more))
    (folder / "runbooks").mkdir(exist_ok=True)
    return load(path, env, known(), need_slack=False)


def at_moto(url: str, pair: tuple[str, str] = REGIONS) -> str:
    return "\n".join(
        f'  - {{name: {name}, kind: s3, region: {region}, bucket: {name}-bucket, endpoint_url: "{url}"}}'  # noqa: E501
        for name, region in zip(("one", "two"), pair, strict=True)
    )


def fill(url: str, objects: Mapping[str, bytes] = OBJECTS) -> None:
    """Both buckets with the same objects; what is as it should be is left alone."""
    for name, region in zip(("one", "two"), REGIONS, strict=True):
        s3, bucket = client("s3", url, region), f"{name}-bucket"
        if bucket not in {one["Name"] for one in s3.list_buckets()["Buckets"]}:
            place = {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=bucket, **(place if region != "us-east-1" else {}))
        rows = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        have = {row["Key"]: row["ETag"].strip('"') for row in rows}
        for key in have.keys() - objects.keys():
            s3.delete_object(Bucket=bucket, Key=key)
        for key, body in objects.items():
            if have.get(key) != hashlib.md5(body).hexdigest():
                s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="image/png")


@asynccontextmanager
async def ways() -> AsyncIterator[tuple[Http, Aws]]:
    http, aws = Http(), Aws()
    try:
        yield http, aws
    finally:
        aws.close()
        await http.close()
