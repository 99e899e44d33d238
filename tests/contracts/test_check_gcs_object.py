"""The check `gcs_object` maps Google's own codes to reasons, and compares what was read."""

import base64
import gzip
import hashlib
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from multidict import CIMultiDict
from pydantic import ValidationError

from incidentbot.signals.probes.checks.gcs_object import Options, hashes
from tests.contracts.checking import SHORT, TINY, Case, expect, look, outside, secret
from tests.contracts.wire import answering, nowhere, refusing, rude, serving

BODY = b"fine needle"
CODES = {
    "SlowDown": 503,
    "ServiceUnavailable": 503,
    "InternalError": 500,
    "AccessDenied": 403,
    "ExpiredToken": 400,
    "UserProjectMissing": 400,
    "NoSuchKey": 404,
    "NoSuchBucket": 404,
    "InvalidArgument": 400,
}


def md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


async def _google(request: web.Request) -> web.StreamResponse:
    """Google's XML side as far as it goes: the name of the object says what is wrong with it."""
    what = request.path.rpartition("/")[2]
    if what in CODES:
        text = f"<?xml version='1.0'?><Error><Code>{what}</Code></Error>"
        return web.Response(status=CODES[what], text=text)
    given = request.headers.get("Authorization", "")
    if (what == "bearer" and given != "Bearer t0ken") or (
        what == "signed" and not given.startswith("AWS4-HMAC-SHA256 Credential=GOOG1/")
    ):
        return web.Response(status=401, text="<Error><Code>AuthenticationRequired</Code></Error>")
    about = CIMultiDict({"x-goog-generation": "1", "x-goog-hash": "crc32c=AAAAAA=="})
    body = BODY
    if what == "packed":
        body = gzip.compress(BODY)
        about["Content-Encoding"] = "gzip"
    about.add("x-goog-hash", f"md5={md5(body)}")
    return web.Response(body=b"damaged" if what == "damaged" else body, headers=about)


google = partial(serving, _google)
GET = {"method": "GET"}
SUM = {"sha256": hashlib.sha256(BODY).hexdigest()}


def unknown(_url: str) -> str:
    return "http://nowhere.invalid"


def secure(url: str) -> str:
    return url.replace("http://", "https://")


def in_disguise(url: str) -> str:
    return url.replace("127.0.0.1", "[64:ff9b::7f00:1]")


CASES = [
    Case(True, "ok", place=google),
    Case(True, "ok", place=google, options={"md5": md5(BODY), "crc32c": "AAAAAA=="}),
    Case(True, "ok", place=google, options=SUM),
    Case(True, "ok", "packed", place=google, options=SUM),
    Case(True, "ok", "bearer", place=google, options={"bearer": secret("t0ken")}),
    Case(
        True,
        "ok",
        "signed",
        place=google,
        options={"access_id": secret("GOOG1"), "secret": secret("x")},
    ),
    Case(True, "slow", place=google, options={"slow": TINY / 1000}, says="more than"),
    Case(False, "throttled", "SlowDown", place=google, options=GET, says="503 SlowDown"),
    Case(False, "throttled", "429"),
    Case(False, "http_5xx", "ServiceUnavailable", place=google, options=GET),
    Case(False, "http_5xx", "InternalError", place=google),
    Case(False, "http_4xx", "InvalidArgument", place=google, options=GET),
    Case(None, "access_denied", "AccessDenied", place=google, says="our own credentials"),
    Case(None, "access_denied", "ExpiredToken", place=google, options=GET),
    Case(None, "access_denied", "UserProjectMissing", place=google, options=GET),
    Case(None, "access_denied", "bearer", place=google, options={"bearer": secret("old")}),
    Case(False, "missing_key", "NoSuchKey", place=google, says="there is no 'NoSuchKey'"),
    Case(False, "missing_key", "NoSuchBucket", place=google, options=GET, says="no bucket"),
    Case(False, "wrong_body", "portal", says="without Google's headers"),
    Case(False, "wrong_checksum", place=google, options={"md5": "other"}),
    Case(False, "wrong_checksum", place=google, options={"crc32c": "other"}),
    Case(False, "wrong_checksum", "damaged", place=google, options=GET, says="that Google keeps"),
    Case(False, "wrong_checksum", place=google, options={"sha256": "0" * 64}),
    Case(False, "too_large", place=google, options={**GET, "max_body": 4}, says="max_body"),
    Case(False, "timeout", "hang", options={"timeout": SHORT}),
    Case(False, "refused", place=refusing),
    Case(False, "unreachable", place=nowhere),
    Case(False, "reset", place=partial(rude, None)),
    Case(False, "cut", place=partial(rude, b"HTTP/1.1 200 OK\r\ncontent-le")),
    Case(False, "dns", url=unknown),
    Case(False, "tls", url=secure),
    Case(False, "cert_expired", place=partial(answering, "expired")),
    Case(None, "internal", url=in_disguise, options={"allow_private": False}),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_gcs_object_tells(case: Case) -> None:
    async with case.place() as url, outside() as context:
        options = {
            "bucket": "assets",
            "key": case.what,
            "endpoint_url": case.url(url),
            "allow_private": True,
        }
        expect(case, await look("gcs_object", context, options | case.options))


def test_hashes_come_in_one_header_or_in_several() -> None:
    one = CIMultiDict({"X-Goog-Hash": "crc32c=a==, md5=b=="})
    two = CIMultiDict([("x-goog-hash", "crc32c=a=="), ("x-goog-hash", "md5=b==")])
    assert hashes(one) == hashes(two) == {"crc32c": "a==", "md5": "b=="}
    assert hashes(CIMultiDict()) == {}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"access_id": secret("a")}, "go together"),
        ({"access_id": secret("a"), "secret": secret("b"), "bearer": secret("c")}, "beside a key"),
    ],
    ids=["half a key", "a key and a token"],
)
def test_options_that_cannot_be_meant_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Options(**{"bucket": "assets", "key": "k", **wrong})
