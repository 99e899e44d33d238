"""The check `dns` asks a server of its choice and tells what its answer lacks."""

import socket
from typing import Any

import pytest
from pydantic import ValidationError

from incidentbot.signals.probes.checks.dns import Options
from tests.contracts.checking import SHORT, Case, expect, look, outside
from tests.contracts.dns_wire import Zone, name_server

A, MX, TXT = {"type": "A"}, {"type": "MX"}, {"type": "TXT"}
BIG = [f'"{"x" * 190}{n:03}"' for n in range(40)]


def to_nobody(_address: str) -> str:
    return "255.255.255.255:9"


def to_a_closed_port(_address: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


CASES = [
    Case(True, "ok", "www.shop.test"),
    Case(True, "ok", "www.shop.test", options={"expect": ["192.0.2.1"]}),
    Case(True, "ok", "www.shop.test", options={"expect": ["192.0.2.2", "192.0.2.1"]}),
    Case(True, "ok", "shop.test", options={**MX, "expect": ["10 mail.shop.test."]}),
    Case(True, "ok", "shop.test", options={**TXT, "expect": ["v=spf1 -all"]}),
    Case(True, "ok", "gone.test", options={"rcode": "NXDOMAIN"}),
    Case(True, "ok", "big.test", options={**TXT, "expect": [BIG[39].strip('"')]}),
    Case(True, "ok", "truncated.test", says=""),
    Case(True, "slow", "www.shop.test", options={"slow": SHORT / 10**6}, says="more than"),
    Case(
        False, "wrong_body", "www.shop.test", options={"expect": ["192.0.2.9"]}, says="(192.0.2.1"
    ),
    Case(False, "wrong_body", "garbage.test", says="not one of DNS"),
    Case(False, "dns", "gone.test", says="NXDOMAIN instead of NOERROR"),
    Case(False, "dns", "servfail.test", says="SERVFAIL"),
    Case(False, "dns", "refused.test", says="REFUSED"),
    Case(False, "dns", "www.shop.test", options=MX, says="no record of the type MX"),
    Case(False, "timeout", "silent.test", options={"timeout": SHORT}, says="0.25 s"),
    Case(False, "refused", url=to_a_closed_port),
    Case(False, "unreachable", url=to_nobody),
]
ZONE = {
    "www.shop.test A": ["192.0.2.1", "192.0.2.2"],
    "shop.test MX": ["10 mail.shop.test."],
    "shop.test TXT": ['"v=spf1 -all"'],
    "big.test TXT": BIG,
    "truncated.test A": ["192.0.2.1"],
}
ODD = {
    "garbage.test": "garbage",
    "servfail.test": "SERVFAIL",
    "refused.test": "REFUSED",
    "silent.test": "silent",
    "truncated.test": "truncated",
}


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_dns_tells(case: Case) -> None:
    async with name_server(Zone(ZONE, ODD)) as zone, outside() as context:
        options = {"domain": case.what, "server": case.url(zone.address)}
        expect(case, await look("dns", context, options | case.options))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"domain": "a..b"}, "is not a domain name"),
        ({"server": "dns.example.com"}, "is not the address of a name server"),
        ({"type": "ANY"}, "Input should be"),
        ({"rcode": "FINE"}, "Input should be"),
    ],
    ids=str,
)
def test_options_that_cannot_be_meant_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Options(**{"domain": "example.com", **wrong})
