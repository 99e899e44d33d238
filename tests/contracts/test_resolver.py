"""Names: kept by their TTL, asked once however many wait, and never a reason to be slow."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp.abc import ResolveResult

from incidentbot.http import Failed, Http
from incidentbot.http.resolver import Resolver
from tests.contracts.dns_wire import Zone, name_server
from tests.contracts.wire import answering

DUAL = {"dual.test A": ["127.0.0.1"], "dual.test AAAA": ["::1"]}


@asynccontextmanager
async def resolving(zone: Zone) -> AsyncIterator[Resolver]:
    async with name_server(zone):
        resolver = Resolver([zone.address])
        try:
            yield resolver
        finally:
            await resolver.close()


def hosts(found: list[ResolveResult]) -> list[str]:
    return [one["host"] for one in found]


async def test_a_name_is_asked_for_once_per_ttl() -> None:
    zone = Zone(DUAL)
    async with resolving(zone) as names:
        first = await names.resolve("dual.test", 80)
        again = await names.resolve("dual.test", 443)
    assert zone.asked == {"dual.test A": 1, "dual.test AAAA": 1}
    assert sorted(hosts(first)) == sorted(hosts(again)) == ["127.0.0.1", "::1"]
    assert [one["port"] for one in again] == [443, 443]


async def test_however_many_wait_one_question_is_asked() -> None:
    zone = Zone(DUAL)
    async with resolving(zone) as names:
        asked = [asyncio.create_task(names.resolve("dual.test")) for _ in range(50)]
        asked[0].cancel()  # one that gives up takes nobody with it
        found = await asyncio.gather(*asked[1:])
        await names.resolve("dual.test")
    assert all(len(one) == 2 for one in found)
    assert zone.asked == {"dual.test A": 1, "dual.test AAAA": 1}


async def test_an_answer_that_has_run_out_is_asked_for_again() -> None:
    zone = Zone(DUAL, ttl=0)  # kept for the shortest time, a second
    async with resolving(zone) as names:
        await names.resolve("dual.test")
        await asyncio.sleep(1.05)
        zone.records = {"dual.test A": ["127.0.0.2"]}
        assert hosts(await names.resolve("dual.test")) == ["127.0.0.2"]


async def test_one_that_has_run_out_serves_while_nobody_answers_and_this_is_said() -> None:
    zone = Zone({"a.test A": ["127.0.0.1"]}, ttl=0)
    async with name_server(zone), answering() as url:
        http = Http([zone.address])
        url = url.replace("127.0.0.1", "a.test")
        first = await http.get(f"{url}/fine", timeout=5, allow_private=True)
        await asyncio.sleep(1.05)
        zone.odd = {"a.test": "SERVFAIL"}
        http.distrust(f"{url}/fine")
        second = await http.get(f"{url}/fine", timeout=5, allow_private=True)
        await http.close()
    assert first.note == ""
    assert "an address from before was used" in second.note


async def test_a_name_that_is_gone_is_gone_at_once() -> None:
    zone = Zone({"a.test A": ["127.0.0.1"]}, ttl=0)
    async with resolving(zone) as names:
        await names.resolve("a.test")
        await asyncio.sleep(1.05)
        zone.records = {}
        with pytest.raises(OSError, match=r"not found|no data"):
            await names.resolve("a.test")


@pytest.mark.parametrize("odd", ["SERVFAIL", "REFUSED", "NXDOMAIN"])
async def test_no_address_is_an_error_with_its_reason(odd: str) -> None:
    async with resolving(Zone({}, {"a.test": odd})) as names:
        with pytest.raises(OSError) as failed:
            await names.resolve("a.test")
    assert failed.value.strerror


async def test_a_server_that_keeps_quiet_about_one_family_holds_nothing_up() -> None:
    zone = Zone({"a.test A": ["127.0.0.1"]}, {"a.test AAAA": "silent"})
    async with resolving(zone) as names:
        async with asyncio.timeout(0.9):  # the first try of the quiet one would end after a second
            assert hosts(await names.resolve("a.test")) == ["127.0.0.1"]


async def test_a_silent_server_is_told_as_a_matter_of_names() -> None:
    async with name_server(Zone({}, {"a.test": "silent"})) as zone:
        http = Http([zone.address])
        with pytest.raises(Failed, match=r"was not looked up within 0\.3 s") as failed:
            await http.get("http://a.test/", timeout=0.3, allow_private=True)
        await http.close()
    assert failed.value.reason == "dns"


async def test_the_family_that_works_is_tried_first_from_then_on() -> None:
    async with resolving(Zone(DUAL)) as names:
        assert hosts(await names.resolve("dual.test")) == ["::1", "127.0.0.1"]
        names.worked("dual.test", socket.AF_INET)
        assert hosts(await names.resolve("dual.test")) == ["127.0.0.1", "::1"]
        names.worked("dual.test", socket.AF_INET6)
        assert hosts(await names.resolve("dual.test")) == ["::1", "127.0.0.1"]


async def test_a_host_whose_ipv6_is_closed_does_not_fail() -> None:
    async with name_server(Zone(DUAL)) as zone, answering() as url:
        http = Http([zone.address])
        where = f"{url.replace('127.0.0.1', 'dual.test')}/fine"
        for _ in range(2):
            assert (await http.get(where, timeout=5, allow_private=True)).status == 200
            http.distrust(where)
        port = int(url.rpartition(":")[2])
        async with http.line("dual.test", port, timeout=5, allow_private=True) as line:
            assert list(line.watch.phases) == ["connect"]  # the name is known by now
        await http.close()


async def test_localhost_needs_no_server() -> None:
    zone = Zone()
    async with resolving(zone) as names:
        assert "127.0.0.1" in hosts(await names.resolve("localhost", 80))
    assert not zone.asked


async def test_a_name_cannot_lead_inside_either() -> None:
    async with name_server(Zone(DUAL)) as zone, answering() as url:
        http = Http([zone.address])
        with pytest.raises(Failed, match="is not a public address") as failed:
            await http.get(url.replace("127.0.0.1", "dual.test"), timeout=5)
        with pytest.raises(Failed, match="is not a public address"):
            async with http.line("dual.test", 9, timeout=5):
                raise AssertionError("must not be reached")
        await http.close()
    assert failed.value.reason == "internal"
