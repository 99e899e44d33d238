"""The check `http` tells every failure by its reason, whatever a server does."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from pydantic import ValidationError

from incidentbot.signals.probes.checks.http import Options
from tests.contracts.certificates import ends_on
from tests.contracts.checking import LONG, SHORT, TINY, Case, expect, look, outside, secret
from tests.contracts.wire import (
    GARBAGE,
    HEAD,
    answering,
    bomb,
    endless,
    nowhere,
    playing,
    refusing,
    rude,
)

CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
MANY_HEADERS = HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n"


def in_disguise(url: str) -> str:
    """A loopback address wrapped in one that looks public."""
    return url.replace("127.0.0.1", "[64:ff9b::7f00:1]")


def secure(url: str) -> str:
    return url.replace("http://", "https://")


def unknown(_url: str) -> str:
    return "http://nowhere.invalid"


async def _half_closed(_reader: Any, writer: Any) -> None:
    writer.write_eof()
    await _reader.read()


def json(path: str, value: object) -> dict[str, Any]:
    return {"expect_json": {path: value}}


def good(**options: Any) -> Case:
    return Case(True, "ok", options=options)


MONTH = {"cert_expires_in": timedelta(days=30)}
CASES = [
    Case(True, "ok"),
    Case(True, "slow", "slow", options={"slow": TINY}, says="more than"),
    Case(True, "ok", "slow", options={"slow": LONG}),
    # statuses
    Case(False, "http_5xx", "500", says="answered 500"),
    Case(False, "http_5xx", "503"),
    Case(False, "throttled", "429"),
    Case(False, "throttled", "slow-down"),
    Case(False, "http_4xx", "400"),
    Case(False, "http_4xx", "403"),
    Case(False, "wrong_status", "204", says="answered 204 instead of 200"),
    Case(True, "ok", "404", options={"expect_status": 404}),
    Case(True, "ok", "204", options={"expect_status": [200, 204]}),
    Case(True, "ok", "204", options={"expect_status": "2xx"}),
    Case(False, "http_5xx", "500", options={"expect_status": ["2xx", 404]}, says="2xx or 404"),
    # no answer
    Case(False, "timeout", "hang", options={"timeout": SHORT}, says="no answer within 0.25 s"),
    Case(False, "refused", place=refusing),
    Case(False, "unreachable", place=nowhere, says="unreachable"),
    Case(False, "reset", place=partial(rude, None)),
    Case(False, "reset", place=partial(playing, _half_closed), says="without an answer"),
    Case(False, "dns", url=unknown, says="nowhere.invalid"),
    Case(None, "internal", url=in_disguise, options={"allow_private": False}, says="rule"),
    # half an answer, or far too much of one
    Case(False, "cut", place=partial(rude, b"HTTP/1.1 200 OK\r\ncontent-le")),
    Case(False, "cut", place=partial(rude, HEAD + b"Content-Length: 9\r\n\r\ncut")),
    Case(False, "cut", place=partial(rude, CHUNKED + b"5\r\nhello\r\n")),
    Case(
        False,
        "timeout",
        place=partial(endless, HEAD + b"X-Slow: ", b"y", 0.02),
        options={"timeout": SHORT},
        says="no answer",
    ),
    Case(
        False,
        "timeout",
        place=partial(endless, HEAD + b"Content-Length: 9999\r\n\r\n", b"y", 0.02),
        options={"timeout": SHORT},
        says="not complete",
    ),
    Case(False, "too_large", place=partial(endless, CHUNKED, b"4000\r\n%b\r\n" % (b"x" * 0x4000))),
    Case(False, "too_large", "large", says="see max_body"),
    Case(True, "ok", "large", options={"max_body": 3_000_000, "expect_text": "needle"}),
    Case(False, "too_large", place=lambda: rude(bomb()), says="when unpacked"),
    Case(False, "too_large", place=partial(endless, HEAD, b"X-Y: " + b"z" * 9000 + b"\r\n")),
    Case(False, "too_large", place=partial(rude, MANY_HEADERS)),
    # not HTTP, or old and odd HTTP
    Case(False, "wrong_body", place=partial(rude, GARBAGE)),
    Case(False, "wrong_body", place=partial(rude, b"hello\n")),
    Case(False, "wrong_body", place=partial(rude, b"HTTP/1.1 2OO OK\r\n\r\n")),
    Case(
        False,
        "wrong_body",
        place=partial(rude, HEAD + b"Content-Encoding: gzip\r\n\r\nnot packed"),
        says="unpacked",
    ),
    Case(
        True,
        "ok",
        place=partial(rude, b"HTTP/1.0 200 OK\r\n\r\nold needle"),
        options={"expect_text": "old needle"},
    ),
    Case(
        True,
        "ok",
        place=partial(
            rude,
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + HEAD + b"Content-Length: 0\r\n\r\n",
        ),
    ),
    Case(
        False,
        "wrong_body",
        place=partial(rude, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"),
        options={"method": "HEAD"},
    ),
    # redirects
    Case(True, "ok", "moved"),
    Case(False, "wrong_status", "moved", options={"follow_redirects": False}, says="302"),
    Case(False, "redirects", "loop", says="more than 5 redirects"),
    Case(False, "redirects", "loop", options={"max_redirects": 2}, says="more than 2 redirects"),
    Case(False, "redirects", "moved-to-a-file", says="no web address"),
    # content
    good(method="HEAD"),
    good(expect_text="needle"),
    Case(False, "wrong_body", options={"expect_text": "pin"}, says="'pin' is not in the body"),
    good(expect_regex=r"fine\s+ne+dle$"),
    Case(False, "wrong_body", options={"expect_regex": "^needle"}, says="'^needle'"),
    good(expect_headers={"x-asset-origin": "us-east-1"}),
    Case(False, "wrong_header", options={"expect_headers": {"x-asset-origin": "us-west-2"}}),
    Case(False, "wrong_header", options={"expect_headers": {"x-other": "1"}}, says="is missing"),
    Case(True, "ok", "json", options=json("$.status", "green")),
    Case(True, "ok", "json", options=json("$.parts[*].up", True)),
    Case(True, "ok", "json", options=json("$.parts[0].n", 1.0)),
    Case(
        False, "wrong_body", "json", options=json("$.parts[0].n", True), says="is 1, expected true"
    ),
    Case(False, "wrong_body", "json", options=json("$.status", "red"), says='is "green"'),
    Case(False, "wrong_body", "json", options=json("$.other", 1), says="there is no $.other"),
    Case(False, "wrong_body", options=json("$.status", 1), says="not JSON"),
    Case(
        False,
        "wrong_body",
        place=partial(rude, HEAD + b"\r\n" + b"[" * 100_000),
        options=json("$.a", 1),
    ),
    # certificates
    Case(False, "tls", url=secure),
    Case(True, "ok", place=partial(answering, "good"), options=MONTH),
    Case(True, "cert_expiring", place=partial(answering, "soon"), options=MONTH, says="in 5 days"),
    Case(True, "ok", place=partial(answering, "soon"), options={"cert_expires_in": LONG}),
    Case(
        True,
        "slow",
        "slow",
        place=partial(answering, "soon"),
        options={"slow": TINY, **MONTH},
        says="in 5 days",
    ),
    Case(
        False, "http_5xx", "503", place=partial(answering, "soon"), options=MONTH, says="in 5 days"
    ),
    Case(
        False,
        "timeout",
        "hang",
        place=partial(answering, "soon"),
        options={"timeout": timedelta(seconds=1), **MONTH},
        says="in 5 days",
    ),
    Case(False, "cert_expired", place=partial(answering, "expired"), says=ends_on("expired")),
    Case(False, "tls", place=partial(answering, "self-signed"), says=ends_on("self-signed")),
    Case(False, "tls", place=partial(answering, "other"), says="mismatch"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_http_tells(case: Case) -> None:
    async with case.place() as url, outside() as context:
        options = {"url": f"{case.url(url)}/assets/{case.what}", "allow_private": True}
        expect(case, await look("http", context, options | case.options))


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"headers": {"X-Key": "1"}}, "x-key: 1"),
        ({"bearer": secret("t0ken")}, "authorization: Bearer t0ken"),
        ({"user": "maya", "password": secret("pä")}, "authorization: Basic bWF5YTpww6Q="),
        ({"method": "POST", "body": "hello"}, "POST"),
        ({"method": "POST", "body": "hello"}, "hello"),
        ({}, "user-agent: incidentbot"),
    ],
)
async def test_what_http_sends(options: dict[str, Any], sent: str) -> None:
    async with answering() as url, outside() as context:
        asked = {"url": f"{url}/echo", "allow_private": True, "expect_text": sent}
        assert (await look("http", context, asked | options)).reason == "ok"


async def test_another_host_never_sees_what_was_meant_for_the_first() -> None:
    async with answering() as other:

        async def play(_reader: Any, writer: Any) -> None:
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: %b/echo\r\n\r\n" % other.encode())

        async with playing(play) as url, outside() as context:
            options = {
                "url": url,
                "allow_private": True,
                "headers": {"X-Key": "hush"},
                "bearer": secret("hush"),
                "expect_text": "hush",
            }
            result = await look("http", context, options)
    assert (result.ok, result.detail) == (False, "'hush' is not in the body")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"expect_status": 100}, "is not a status"),
        ({"expect_status": "9xx"}, "is not a status"),
        ({"expect_status": []}, "is not a status"),
        ({"expect_status": True}, "is not a status"),
        ({"expect_regex": "("}, "is not a regular expression"),
        ({"slow": "6s", "timeout": "5s"}, "is never reached"),
        ({"expect_json": {"$[": 1}}, "is not a JSONPath"),
        ({"body": "x"}, "POST"),
        ({"user": "maya"}, "go together"),
        ({"user": "a", "password": secret("b"), "bearer": secret("c")}, "beside"),
        ({"method": "HEAD", "expect_text": "x"}, "brings no body"),
        ({"url": "http://10.0.0.1/"}, "private address"),
        ({"max_body": 0}, "greater than or equal to 1"),
    ],
    ids=str,
)
def test_options_that_cannot_be_meant_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Options(**{"url": "https://www.example.com/", **wrong})
