"""The check `tcp` connects, speaks, listens, and says what went wrong."""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from incidentbot.signals.probes.checks.tcp import Options
from tests.contracts.certificates import ends_on
from tests.contracts.checking import SHORT, TINY, Case, expect, look, outside
from tests.contracts.dns_wire import Zone, name_server
from tests.contracts.wire import answering, endless, nowhere, refusing, rude

ASK = {"send": "EHLO there", "expect": "220 ready"}
LINE = b"\r\n"


def unknown(_url: str) -> str:
    return "tcp://nowhere.invalid:9"


def inside(url: str) -> str:
    return url.replace("127.0.0.1", "inside.test")


CASES = [
    Case(True, "ok"),
    Case(True, "ok", place=partial(rude, b"220 ready\r\n", LINE), options=ASK),
    Case(
        True,
        "slow",
        place=partial(endless, b"220 ", b"ready", 0.05, LINE),
        options={**ASK, "expect": "readyready", "slow": TINY},
        says="more than",
    ),
    Case(
        False, "wrong_body", place=partial(rude, b"554 no\r\n", LINE), options=ASK, says="'554 no'"
    ),
    Case(False, "cut", place=partial(rude, b"", LINE), options=ASK, says="without a word"),
    Case(False, "too_large", place=partial(endless, b"", b"x" * 4096, 0.0, LINE), options=ASK),
    Case(False, "timeout", options={"expect": "220", "timeout": SHORT}, says="no answer"),
    Case(False, "refused", place=refusing),
    Case(False, "unreachable", place=nowhere),
    Case(False, "reset", place=partial(rude, None, LINE), options=ASK),
    Case(False, "dns", url=unknown, says="nowhere.invalid"),
    Case(True, "ok", place=partial(answering, "good"), options={"tls": True}),
    Case(False, "tls", options={"tls": True}, place=partial(rude, b"220 ready\r\n", b"")),
    Case(
        False,
        "cert_expired",
        place=partial(answering, "expired"),
        options={"tls": True},
        says=ends_on("expired"),
    ),
    Case(None, "internal", url=inside, options={"allow_private": False}, says="allow_private"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_tcp_tells(case: Case) -> None:
    zone = Zone({"inside.test A": ["127.0.0.1"]})
    async with name_server(zone), case.place() as url, outside(servers=[zone.address]) as context:
        place = urlsplit(case.url(url))
        options = {"host": place.hostname, "port": place.port, "allow_private": True}
        expect(case, await look("tcp", context, options | case.options))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"host": "127.0.0.1"}, "is a private address"),
        ({"host": "localhost"}, "is a private address"),
        ({"host": "http://a"}, "is not a host"),
        ({"port": 0}, "greater than or equal to 1"),
    ],
    ids=str,
)
def test_options_that_cannot_be_meant_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Options(**{"host": "example.com", "port": 25, **wrong})
