"""The check `tls` tells until when a certificate is good, also when it accepts none."""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.contracts.certificates import ends_on
from tests.contracts.checking import SHORT, Case, expect, look, outside
from tests.contracts.dns_wire import Zone, name_server
from tests.contracts.wire import answering, mute, nowhere, refusing, rude

NEVER = {"slow": SHORT / 10**6}


def unknown(_url: str) -> str:
    return "https://nowhere.invalid:9"


def inside(url: str) -> str:
    return url.replace("127.0.0.1", "inside.test")


def shows(kind: str) -> Any:
    return partial(answering, kind)


CASES = [
    Case(True, "ok", place=shows("good")),
    Case(True, "slow", place=shows("good"), options=NEVER, says="more than"),
    Case(True, "cert_expiring", place=shows("soon"), says=f"{ends_on('soon')}, in 5 days"),
    Case(True, "slow", place=shows("soon"), options=NEVER, says="in 5 days"),
    Case(False, "cert_expired", place=shows("expired"), says=f"expired on {ends_on('expired')}"),
    Case(False, "tls", place=shows("self-signed"), says=f"ends on {ends_on('self-signed')}"),
    Case(False, "tls", place=shows("other"), says="mismatch"),
    Case(True, "ok", place=shows("other"), options={"server_name": "other.test"}),
    Case(False, "tls", place=shows("good"), options={"server_name": "www.example.com"}),
    Case(False, "tls", place=partial(mute, b"HTTP/1.1 400 Bad Request\r\n\r\n")),
    Case(False, "tls", place=partial(rude, None, b"")),
    Case(False, "timeout", place=mute, options={"timeout": SHORT}, says="secure connection"),
    Case(False, "refused", place=refusing),
    Case(False, "unreachable", place=nowhere),
    Case(False, "dns", url=unknown, says="nowhere.invalid"),
    Case(None, "internal", url=inside, options={"allow_private": False}, says="allow_private"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_tls_tells(case: Case) -> None:
    zone = Zone({"inside.test A": ["127.0.0.1"]})
    async with name_server(zone), case.place() as url, outside(servers=[zone.address]) as context:
        place = urlsplit(case.url(url))
        options = {"host": place.hostname, "port": place.port, "allow_private": True}
        expect(case, await look("tls", context, options | case.options))
