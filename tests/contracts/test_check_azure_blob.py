"""The check `azure_blob` maps Azure's own codes to reasons, and compares what was read."""

import base64
import hashlib
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from incidentbot.signals.probes.checks.azure_blob import Options
from tests.contracts.checking import SHORT, TINY, Case, expect, look, outside, secret
from tests.contracts.wire import answering, nowhere, refusing, rude, serving

BODY = b"fine needle"
MD5 = base64.b64encode(hashlib.md5(BODY, usedforsecurity=False).digest()).decode()
SAS = "sv=2021-12-02&sig=a%2Bb"
CODES = {
    "ServerBusy": 503,
    "InternalError": 500,
    "OperationTimedOut": 500,
    "AuthenticationFailed": 403,
    "AuthorizationFailure": 403,
    "PublicAccessNotPermitted": 409,
    "NoAuthenticationInformation": 401,
    "BlobNotFound": 404,
    "InvalidUri": 400,
}


async def _azure(request: web.Request) -> web.StreamResponse:
    """Azure as far as it goes: the name of the blob says what is wrong with it."""
    what = request.path.rpartition("/")[2]
    about = {"x-ms-request-id": "1", "x-ms-version": request.headers["x-ms-version"]}
    if what in CODES:
        about["x-ms-error-code"] = what
        return web.Response(status=CODES[what], headers=about)
    if what == "private" and request.query_string != SAS:
        about["x-ms-error-code"] = "ResourceNotFound"
        return web.Response(status=404, headers=about)
    body = b"damaged" if what == "damaged" else BODY
    return web.Response(body=body, headers={**about, "Content-MD5": MD5})


azure = partial(serving, _azure)
GET = {"method": "GET"}


def unknown(_url: str) -> str:
    return "http://nowhere.invalid"


def secure(url: str) -> str:
    return url.replace("http://", "https://")


def in_disguise(url: str) -> str:
    return url.replace("127.0.0.1", "[64:ff9b::7f00:1]")


CASES = [
    Case(True, "ok", place=azure),
    Case(True, "ok", place=azure, options={"md5": MD5}),
    Case(True, "ok", place=azure, options={"sha256": hashlib.sha256(BODY).hexdigest()}),
    Case(True, "ok", "private", place=azure, options={"sas": secret(f"?{SAS}")}),
    Case(True, "slow", place=azure, options={"slow": TINY / 1000}, says="more than"),
    Case(False, "throttled", "ServerBusy", place=azure, says="503 ServerBusy"),
    Case(False, "http_5xx", "InternalError", place=azure),
    Case(False, "http_5xx", "OperationTimedOut", place=azure),
    Case(False, "http_4xx", "InvalidUri", place=azure),
    Case(None, "access_denied", "AuthenticationFailed", place=azure, says="our own credentials"),
    Case(None, "access_denied", "AuthorizationFailure", place=azure),
    Case(None, "access_denied", "PublicAccessNotPermitted", place=azure),
    Case(None, "access_denied", "NoAuthenticationInformation", place=azure),
    Case(False, "missing_key", "BlobNotFound", place=azure),
    Case(False, "missing_key", "private", place=azure, options={"sas": secret("sig=other")}),
    Case(False, "wrong_body", "portal", says="without Azure's headers"),
    Case(False, "wrong_checksum", place=azure, options={"md5": "other"}),
    Case(False, "wrong_checksum", "damaged", place=azure, options=GET, says="that Azure keeps"),
    Case(False, "wrong_checksum", place=azure, options={"sha256": "0" * 64}),
    Case(False, "too_large", place=azure, options={**GET, "max_body": 4}, says="max_body"),
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
async def test_what_azure_blob_tells(case: Case) -> None:
    async with case.place() as url, outside() as context:
        options = {
            "account": "acmeshop",
            "container": "assets",
            "key": case.what,
            "endpoint_url": case.url(url),
            "allow_private": True,
        }
        expect(case, await look("azure_blob", context, options | case.options))


def test_the_address_of_a_blob_is_azures_own() -> None:
    options = Options(account="acmeshop", container="$web", key="a b/ü.txt", sas=secret(SAS))
    assert options.address == (
        f"https://acmeshop.blob.core.windows.net/$web/a%20b/%C3%BC.txt?{SAS}"
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"account": "Acme-Shop"}, "is not a storage account"),
        ({"container": "a/b"}, "is not a container"),
    ],
    ids=str,
)
def test_options_that_cannot_be_meant_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Options(**{"account": "acmeshop", "container": "assets", "key": "k", **wrong})
