"""The one way out: bounded, and only to public addresses unless the configuration allows more."""

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial

import pytest
from aiohttp import web

from incidentbot.http import Failed, Http, is_public
from tests.contracts.wire import answering, refusing, rude


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http()
    yield client
    await client.close()


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.0.1", False),
        ("172.16.9.9", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.251", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
    ],
)
def test_what_counts_as_public(address: str, public: bool) -> None:
    assert is_public(address) is public


async def test_an_answer_comes_with_its_phases(http: Http) -> None:
    async with answering() as url:
        answer = await http.get(f"{url}/fine", timeout=5, allow_private=True)
    assert (answer.status, answer.text, answer.cut) == (200, "fine needle", False)
    assert answer.headers["X-Asset-Origin"] == "us-east-1"
    assert 0 < answer.phases["connect"] <= answer.phases["answer"] <= answer.phases["body"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_a_private_address_is_not_even_connected_to(http: Http, host: str) -> None:
    async with answering() as url:
        with pytest.raises(Failed) as failed:
            await http.get(url.replace("127.0.0.1", host), timeout=5)
    assert failed.value.reason == "internal"
    assert "is not a public address" in failed.value.message


async def test_a_body_is_cut_at_the_cap(http: Http) -> None:
    async with answering() as url:
        answer = await http.get(f"{url}/large", timeout=5, allow_private=True)
        small = await http.get(f"{url}/fine", timeout=5, allow_private=True, max_bytes=4)
    assert (len(answer.body), answer.cut) == (2 * 1024 * 1024, True)
    assert (small.body, small.cut) == (b"fine", True)


async def test_an_endless_body_ends_at_the_cap_and_not_at_the_time_out(http: Http) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    app = web.Application()
    app.router.add_get("/", endless)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    began = time.perf_counter()
    port = runner.addresses[0][1]
    answer = await http.get(f"http://127.0.0.1:{port}/", timeout=20, allow_private=True)
    assert answer.cut
    assert time.perf_counter() - began < 10
    await runner.cleanup()


async def test_redirects_are_followed_so_far_and_no_further(http: Http) -> None:
    async with answering() as url:
        moved = await http.get(f"{url}/moved", timeout=5, allow_private=True)
        stay = await http.get(f"{url}/moved", timeout=5, allow_private=True, redirects=0)
        with pytest.raises(Failed, match="more than 5 redirects"):
            await http.get(f"{url}/loop", timeout=5, allow_private=True)
    assert (moved.status, moved.url) == (200, f"{url}/fine")
    assert stay.status == 302


async def test_the_time_out_covers_the_whole_answer(http: Http) -> None:
    async with answering() as url:
        began = time.perf_counter()
        with pytest.raises(Failed) as failed:
            await http.get(f"{url}/hang", timeout=0.2, allow_private=True)
    assert failed.value.reason == "timeout"
    assert 0.15 < time.perf_counter() - began < 2


async def test_a_proxy_in_the_environment_is_not_used(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with refusing() as proxy, answering() as url:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("ALL_PROXY", proxy)
        assert (await http.get(f"{url}/fine", timeout=5, allow_private=True)).status == 200


async def test_a_broken_connection_is_told_from_a_refused_one(http: Http) -> None:
    for place, reason in ((partial(rude, None), "reset"), (refusing, "refused")):
        async with place() as url:
            with pytest.raises(Failed) as failed:
                await http.get(url, timeout=5, allow_private=True)
        assert failed.value.reason == reason


async def test_closing_twice_is_harmless_and_a_closed_client_opens_again(http: Http) -> None:
    async with answering() as url:
        await http.get(f"{url}/fine", timeout=5, allow_private=True)
        await http.close()
        await http.close()
        await asyncio.sleep(0)
        assert (await http.get(f"{url}/fine", timeout=5, allow_private=True)).status == 200
