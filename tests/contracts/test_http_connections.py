"""Connections: kept while they are good, never believed once one has failed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvloop

from incidentbot.http import Failed, Http
from tests.contracts.checking import trusted
from tests.contracts.wire import answering

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BAD = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno"


@dataclass
class Counting:
    """A server that keeps connections. `reply` gets the numbers of connection and request."""

    reply: Callable[[int, int], bytes | None]
    url: str = ""
    requests: list[int] = field(default_factory=list)  # per connection


@asynccontextmanager
async def counting(reply: Callable[[int, int], bytes | None]) -> AsyncIterator[Counting]:
    made = Counting(reply)
    writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        number = len(made.requests)
        made.requests.append(0)
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                made.requests[number] += 1
                said = made.reply(number + 1, made.requests[number])
                if said is None:
                    break
                writer.write(said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made.url = "http://{}:{}/".format(*server.sockets[0].getsockname()[:2])
    try:
        yield made
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http()
    yield client
    await client.close()


async def status(http: Http, url: str, **more: Any) -> int:
    answer = await http.request(
        more.pop("method", "GET"), url, timeout=5, allow_private=True, **more
    )
    return answer.status


async def test_a_connection_is_used_again(http: Http) -> None:
    async with counting(lambda *_: OK) as server:
        first = await http.get(server.url, timeout=5, allow_private=True)
        second = await http.get(server.url, timeout=5, allow_private=True)
    assert server.requests == [2]
    assert set(first.phases) == {"connect", "answer", "body"}
    assert set(second.phases) == {"answer", "body"}


async def test_an_old_connection_is_not() -> None:
    http = Http(oldest=0.0)
    async with counting(lambda *_: OK) as server:
        for _ in range(3):
            assert await status(http, server.url) == 200
    assert server.requests == [1, 1, 1]
    await http.close()


async def test_a_kept_connection_that_died_is_no_failure(http: Http) -> None:
    async with counting(lambda number, nth: None if (number, nth) == (1, 2) else OK) as server:
        assert await status(http, server.url) == 200
        assert await status(http, server.url) == 200
    assert server.requests == [2, 1]


async def test_a_new_connection_that_breaks_is_a_failure_at_once(http: Http) -> None:
    async with counting(lambda number, _: None if number == 1 else OK) as server:
        with pytest.raises(Failed) as failed:
            await http.get(server.url, timeout=5, allow_private=True)
        assert await status(http, server.url) == 200
    assert failed.value.reason == "reset"
    assert server.requests == [1, 1]


async def test_after_a_failure_the_next_call_trusts_no_kept_connection(http: Http) -> None:
    async with counting(lambda number, _: OK if number > 1 else BAD) as server:
        assert await status(http, server.url) == 503
        http.distrust(server.url)
        assert await status(http, server.url) == 200
        assert await status(http, server.url) == 200
    assert server.requests == [1, 2]


async def test_what_may_not_be_said_twice_takes_a_connection_of_its_own(http: Http) -> None:
    async with counting(lambda *_: OK) as server:
        assert await status(http, server.url) == 200
        assert await status(http, server.url, method="POST") == 200
    assert server.requests == [1, 1]


async def test_a_failing_server_is_asked_once_per_call(http: Http) -> None:
    async with counting(lambda *_: None) as server:
        for _ in range(3):
            with pytest.raises(Failed):
                await http.get(server.url, timeout=5, allow_private=True)
    assert server.requests == [1, 1, 1]


async def test_the_phases_of_a_secure_connection(tmp_path: Any) -> None:
    http = Http()
    with trusted(tmp_path / "ca.pem"):
        async with answering("good") as url:
            first = await http.get(f"{url}/fine", timeout=5, allow_private=True)
            again = await http.get(f"{url}/fine", timeout=5, allow_private=True)
    phases = first.phases
    assert list(phases) == ["connect", "tls", "answer", "body"]
    assert sorted(phases.values()) == list(phases.values())
    assert first.certificate is not None
    assert "localhost" in first.certificate.names
    assert (again.certificate, list(again.phases)) == (first.certificate, ["answer", "body"])
    await http.close()


async def test_it_all_works_on_the_loop_that_the_bot_runs_on(tmp_path: Any) -> None:
    def inner() -> list[str]:
        return uvloop.run(_on_uvloop(tmp_path))

    assert await asyncio.to_thread(inner) == [
        "ok",
        "connect tls answer body",
        "expired",
        "refused",
    ]


async def _on_uvloop(folder: Any) -> list[str]:
    http, found = Http(), []
    with trusted(folder / "ca.pem"):
        async with counting(lambda *_: OK) as server:
            found.append((await http.get(server.url, timeout=5, allow_private=True)).text)
            gone = server.url
        async with answering("good") as url:
            answer = await http.get(f"{url}/fine", timeout=5, allow_private=True)
            found.append(" ".join(answer.phases))
        async with answering("expired") as url:
            try:
                await http.get(f"{url}/fine", timeout=5, allow_private=True)
            except Failed as failed:
                assert failed.certificate is not None
                found.append("expired" if "expired on" in failed.message else failed.message)
        try:
            await http.get(gone, timeout=5, allow_private=True)
        except Failed as failed:
            found.append(failed.reason)
    await http.close()
    return found
