"""The check `compare` says who is at fault: the CDN, an origin, or the storage behind both."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from incidentbot.signals.probes.checks.compare import Copy, Options, judge
from incidentbot.signals.probes.contract import Result
from tests.contracts.checking import SHORT, TINY, Case, expect, look, origin, outside
from tests.contracts.wire import answering, nowhere, refusing, rude, serving

OLD, NEW = "Mon, 02 Nov 2026 10:00:00 GMT", "Tue, 24 Nov 2026 10:00:00 GMT"


async def _place(body: str, modified: str, status: int, _request: web.Request) -> web.Response:
    return web.Response(text=body, status=status, headers={"Last-Modified": modified})


def has(body: str = "new", modified: str = NEW, status: int = 200) -> Any:
    return partial(serving, partial(_place, body, modified, status))


@dataclass(frozen=True, slots=True)
class Trio(Case):
    """The CDN at `place`, and what stands at the two origins."""

    east: Any = field(default_factory=has)
    west: Any = field(default_factory=has)


def secure(url: str) -> str:
    return url.replace("http://", "https://")


def unknown(_url: str) -> str:
    return "http://nowhere.invalid"


def in_disguise(url: str) -> str:
    return url.replace("127.0.0.1", "[64:ff9b::7f00:1]")


def cdn(
    ok: bool | None, reason: str, place: Any, says: str = "the CDN is at fault", **more: Any
) -> Trio:
    return Trio(ok, reason, place=place, says=says, **more)


DOWN, DENIED, GONE = has(status=503), has(status=403), has(status=404)
CASES = [
    Trio(True, "ok", place=has()),
    Trio(True, "slow", place=has(), options={"slow": TINY / 1000}, says="more than"),
    # the CDN serves something else
    Trio(
        False, "differs", place=has("old", OLD), says="the CDN serves an old object: of 2026-11-02"
    ),
    Trio(False, "differs", place=has("odd"), says="the CDN serves another object than the origins"),
    Trio(
        False,
        "differs",
        place=has(),
        west=has("old"),
        says="the origin us-west-2 holds another object than the origin us-east-1 and the CDN",
    ),
    Trio(
        False,
        "differs",
        place=has("old", OLD),
        west=DOWN,
        says="; the origin us-west-2 (answered 503 Service Unavailable) fails",
    ),
    # the CDN fails
    cdn(False, "http_5xx", DOWN, "the CDN (answered 503 Service Unavailable) fails, the origins"),
    cdn(False, "http_5xx", DOWN, east=DOWN, west=DOWN, says="the storage is at fault"),
    cdn(False, "http_5xx", DOWN, east=DOWN, says="us-west-2 serves the object"),
    cdn(False, "http_5xx", DOWN, east=DENIED, west=DENIED, says="cannot be seen"),
    cdn(False, "http_4xx", has(status=400)),
    cdn(False, "throttled", has(status=429)),
    cdn(False, "missing_key", GONE),
    cdn(False, "timeout", answering, url=lambda url: f"{url}/hang", options={"timeout": SHORT}),
    cdn(False, "refused", refusing),
    cdn(False, "unreachable", nowhere),
    cdn(False, "reset", partial(rude, None)),
    cdn(False, "cut", partial(rude, b"HTTP/1.1 200 OK\r\ncontent-le")),
    cdn(False, "wrong_body", partial(rude, b"hello\n")),
    cdn(False, "redirects", answering, url=lambda url: f"{url}/loop"),
    cdn(False, "dns", has(), url=unknown),
    cdn(False, "tls", has(), url=secure),
    cdn(False, "cert_expired", partial(answering, "expired")),
    cdn(
        None, "internal", has(), "allow_private", url=in_disguise, options={"allow_private": False}
    ),
    cdn(None, "too_large", has("x" * 99), "max_body", options={"max_body": 50}),
    # an origin fails, or cannot be seen
    Trio(
        True,
        "http_5xx",
        place=has(),
        east=DOWN,
        says="the origin us-east-1 (answered 503 Service Unavailable) fails, the CDN still serves",
    ),
    Trio(
        True,
        "refused",
        place=has(),
        east=refusing,
        west=refusing,
        says="us-east-1 (the connection was refused) and",
    ),
    Trio(True, "missing_key", place=has(), west=GONE, says="us-west-2"),
    Trio(None, "access_denied", place=has(), west=DENIED, says="us-west-2"),
]


@asynccontextmanager
async def standing(case: Trio) -> AsyncIterator[tuple[str, str, str]]:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        yield await enter(case.place()), await enter(case.east()), await enter(case.west())


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_compare_tells(case: Trio) -> None:
    async with standing(case) as (front, east, west):
        origins = [origin(east), origin(west, "us-west-2")]
        async with outside(origins) as context:
            options = {
                "url": case.url(front),
                "allow_private": True,
                "origins": ["us-east-1", "us-west-2"],
                "key": "logo.png",
            }
            expect(case, await look("compare", context, options | case.options))


async def test_an_origin_may_be_any_address() -> None:
    async with has("new")() as front, has("newer")() as back, outside() as context:
        options = {"url": front, "urls": {"backup": back}, "allow_private": True}
        result = await look("compare", context, options)
    assert result.detail == "the CDN serves another object than the origin backup"


def test_judging_looks_at_nothing_but_the_copies() -> None:
    same = Copy("a", "1")
    assert judge(same, [Copy("b", "1")]) is None
    blind = Copy("b", trouble=Result(None, "access_denied", "no"))
    found = judge(same, [blind, Copy("c", "2")])
    assert found is not None
    assert (found.ok, found.reason) == (False, "differs")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"origins": []}, "is missing: name origins"),
        ({"origins": ["us-east-1"]}, "goes with `origins`"),
        ({"key": "k", "urls": {"b": "https://b.example.com/"}}, "goes with `origins`"),
        ({"urls": {"b": "http://10.0.0.1/"}}, "private address for b"),
    ],
    ids=str,
)
def test_options_that_cannot_be_meant_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Options(**{"url": "https://cdn.example.com/logo.png", **wrong})
