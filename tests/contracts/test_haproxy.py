"""A fleet of HAProxys, and the real one where this machine has it."""

import asyncio
import shutil
import socket
import string
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from incidentbot.errors import InDoubt, Permanent, Refused, Temporary
from incidentbot.http import Http
from incidentbot.runbooks.actions import haproxy
from incidentbot.runbooks.actions._shares import named, percents
from incidentbot.runbooks.actions._target import fleet as name_of
from incidentbot.runbooks.actions._target import unique
from incidentbot.runbooks.contract import Goal, Live, Request, Way
from incidentbot.runbooks.wires.wires import Wires, Writer
from tests.contracts.doubles.haproxy import HEAD, Haproxy

VALUES = {"eu": "one", "us": "two"}
GOAL = Goal("two", "one")
REAL = shutil.which("haproxy")
CONFIG = """\
global
  stats socket 127.0.0.1:{admin} level admin
  stats socket 127.0.0.1:{looks} level operator
defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend users
  bind 127.0.0.1:{front}
  default_backend assets
backend assets
  {balance}
  server one 127.0.0.1:{one} weight 10
  server two 127.0.0.1:{two} weight 10 disabled
"""


@pytest.fixture(scope="module")
def servers() -> Iterator[list[Haproxy]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Haproxy()) for _ in range(3)]


@pytest.fixture
def fleet(servers: list[Haproxy]) -> list[Haproxy]:
    for one in servers:
        one.forget()
        one.level, one.static = "admin", False
        one.servers.clear()
        one.put("assets", "one")
        one.put("assets", "two", "drain")
    return servers


@pytest.fixture
async def calls() -> AsyncIterator[Writer]:
    web = Http()
    wires = Wires(web)
    yield wires.writer("P-1")
    wires.close()
    await web.close()


def options_of(*addresses: str) -> haproxy.Options:
    return haproxy.Options(addresses=addresses, backend="assets", values=VALUES)


def of(fleet: list[Haproxy]) -> haproxy.Options:
    return options_of(*(one.address for one in fleet))


def serving(one: Haproxy) -> list[str]:
    return [name for name, server in one.servers["assets"].items() if not server["admin"]]


async def test_a_fleet_is_one_switch_only_while_all_agree(
    fleet: list[Haproxy], calls: Writer
) -> None:
    options = of(fleet)
    assert (await haproxy.observe(options, calls)).value == "one"
    fleet[1].put("assets", "one", "drain")
    fleet[1].put("assets", "two")
    live = await haproxy.observe(options, calls)
    assert live.value == (
        f"one at {fleet[0].address}; two at {fleet[1].address}; one at {fleet[2].address}"
    )
    assert live.serving == {"one": 67, "two": 33}
    # From there it can still be brought together.
    planned = haproxy.plan(options, live, GOAL)
    assert planned.after.value == "two"
    await haproxy.apply(options, planned.requests, live, calls)
    assert [serving(one) for one in fleet] == [["two"]] * 3


async def test_who_does_not_answer_is_named_and_nothing_is_guessed(
    fleet: list[Haproxy], calls: Writer
) -> None:
    options = options_of(fleet[0].address, "127.0.0.1:9", fleet[2].address)
    with pytest.raises(Temporary) as caught:
        await haproxy.observe(options, calls)
    said = str(caught.value)
    assert "127.0.0.1:9: could not be reached" in said
    assert f"answered: {fleet[0].address}, {fleet[2].address}" in said


async def test_the_first_refusal_changes_nothing_and_a_later_one_ends_it_half_way(
    fleet: list[Haproxy], calls: Writer
) -> None:
    options = of(fleet)
    live = await haproxy.observe(options, calls)
    planned = haproxy.plan(options, live, GOAL)
    fleet[0].level = "operator"
    with pytest.raises(Permanent, match="Permission denied"):
        await haproxy.apply(options, planned.requests, live, calls)
    assert [serving(one) for one in fleet] == [["one"]] * 3
    fleet[0].level, fleet[1].level = "admin", "operator"
    with pytest.raises(InDoubt) as caught:
        await haproxy.apply(options, planned.requests, live, calls)
    said = str(caught.value)
    assert f"haproxy at {fleet[1].address}: Permission denied" in said
    assert f"set server assets/one state drain at {fleet[0].address}" in said
    assert "not tried: 3" in said
    assert [serving(one) for one in fleet] == [["two"], ["one"], ["one"]]
    assert fleet[2].count("set server") == 0
    # What is there now is neither what was nor what was wanted, and undo brings it back.
    half = await haproxy.observe(options, calls)
    assert half.value not in (live.value, planned.after.value)
    fleet[1].level = "admin"
    undo = haproxy.undo(options, live, planned.after)
    await haproxy.apply(options, undo, half, calls)
    assert (await haproxy.observe(options, calls)).same(live)


async def test_somebody_serves_at_every_moment(fleet: list[Haproxy], calls: Writer) -> None:
    options = options_of(fleet[0].address)
    seen: list[dict[str, int]] = []
    for goal in (Goal("two", "one", 25), Goal("two", "one"), Goal("one", "two", 99), Goal("one")):
        live = await haproxy.observe(options, calls)
        for request in haproxy.plan(options, live, goal).requests:
            await calls.write(request, Way())
            held = fleet[0].servers["assets"]
            seen.append({n: s["weight"] for n, s in held.items() if not s["admin"]})
    assert all(sum(weights.values()) > 0 for weights in seen)
    assert serving(fleet[0]) == ["one"]


async def test_a_server_that_is_down_is_no_goal_and_one_that_flaps_is_no_news(
    fleet: list[Haproxy], calls: Writer
) -> None:
    options = options_of(fleet[0].address)
    before = await haproxy.observe(options, calls)
    fleet[0].servers["assets"]["one"]["op"] = 0  # the one to get away from
    live = await haproxy.observe(options, calls)
    assert live.same(before)
    assert haproxy.plan(options, live, GOAL).after.value == "two"
    fleet[0].servers["assets"]["two"]["op"] = 0
    with pytest.raises(Refused, match="holds two to be down"):
        haproxy.plan(options, await haproxy.observe(options, calls), GOAL)


async def test_what_else_serves_or_is_missing_is_refused(
    fleet: list[Haproxy], calls: Writer
) -> None:
    options = options_of(fleet[0].address)
    fleet[0].put("assets", "three")
    live = await haproxy.observe(options, calls)
    with pytest.raises(Refused, match="served by three too"):
        haproxy.plan(options, live, GOAL)
    del fleet[0].servers["assets"]["two"]
    with pytest.raises(Permanent, match="assets has no server 'two'"):
        await haproxy.observe(options, calls)
    elsewhere = options.model_copy(update={"backend": "asset"})
    with pytest.raises(Permanent, match="Can't find backend"):
        await haproxy.observe(elsewhere, calls)


async def test_it_says_that_a_reload_takes_it_back(fleet: list[Haproxy], calls: Writer) -> None:
    options = of(fleet)
    planned = haproxy.plan(options, await haproxy.observe(options, calls), GOAL)
    assert "lost on reload" in planned.what
    assert haproxy.LOST in planned.not_touched


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("backend", "assets; set server assets/one state maint"),
        ("backend", "assets\nset"),
        ("backend", "a/b"),
        ("values", {"eu": "one state drain", "us": "two"}),
        ("addresses", ("10.0.0.1:9999;x",)),
        ("addresses", ("nowhere",)),
        ("addresses", ()),
    ],
)
def test_nothing_in_the_file_can_become_a_second_command(key: str, value: Any) -> None:
    fine = {"addresses": ("127.0.0.1:1",), "backend": "assets", "values": VALUES}
    assert haproxy.Options.model_validate(fine)
    with pytest.raises(ValidationError):
        haproxy.Options.model_validate(fine | {key: value})


NAMES = st.text(string.ascii_letters + string.digits + "_.:-", min_size=1, max_size=8)


@settings(max_examples=40)
@given(st.text(max_size=300))
def test_whatever_it_says_is_read_or_refused(said: str) -> None:
    options = options_of("127.0.0.1:1")
    for text in (said, f"1\n{HEAD}\n{said}\n", f"1\n{HEAD}\n3 assets 1 one {said}"):
        with pytest.raises(Permanent):
            haproxy.servers_of(text, options, "127.0.0.1:1")


@given(
    st.dictionaries(
        NAMES, st.tuples(st.sampled_from([0, 1, 4, 5, 8, 16, 24, 32]), st.integers(0, 256)),
        max_size=4,
    )
)  # fmt: skip
def test_what_it_lists_is_what_is_read(others: dict[str, tuple[int, int]]) -> None:
    held = {**others, "one": (0, 10), "two": (8, 0)}
    rows = [
        f"3 assets {n} {name} 127.0.0.1 2 {admin} {weight} 10 1 1 0 2 0 0 0 0 - 1 - 0 0 - - 0"
        for n, (name, (admin, weight)) in enumerate(held.items())
    ]
    text = "\n".join(["1", HEAD, *rows, ""])
    found = haproxy.servers_of(text, options_of("127.0.0.1:1"), "127.0.0.1:1")
    assert [one["name"] for one in found] == sorted(held)
    for one in found:
        admin, weight = held[one["name"]]
        assert (one["state"] == "ready") == (admin in (0, 4)) and one["weight"] == weight
        assert (one["state"] == "drain") == (admin in (8, 16, 24))


@given(st.dictionaries(NAMES, st.integers(0, 256) | st.floats(0, 1), max_size=6))
def test_shares_are_whole_and_make_a_hundred(weights: dict[str, float]) -> None:
    shares = percents(weights)
    assert sum(shares.values()) == (100 if sum(weights.values()) > 0 else 0)
    assert set(shares) == {n for n, weight in weights.items() if weight > 0 and shares}
    assert all(share >= 0 for share in shares.values())
    assert named(shares) == named(dict(reversed(shares.items())))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


async def running(folder: Path, balance: str) -> tuple[Process, dict[str, int]]:
    ports = {name: free_port() for name in ("admin", "looks", "front", "one", "two")}
    config = folder / "haproxy.cfg"
    config.write_text(CONFIG.format(balance=balance, **ports), encoding="utf-8")
    assert REAL is not None
    process = await asyncio.create_subprocess_exec(REAL, "-f", str(config), stderr=DEVNULL)
    for _ in range(400):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", ports["admin"])
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        return process, ports
    raise AssertionError("haproxy did not start")


def test_a_fleet_has_one_name_of_a_length_that_can_be_kept() -> None:
    names = [f"{'long-' * 20}{n}.shop.example:9999" for n in range(50)]
    assert name_of(names) == name_of(list(reversed(names))) != name_of(names[:49])
    target = unique("haproxy", name_of(names), "assets" * 20)
    assert len(target) == 200 and target != unique("haproxy", name_of(names), "assets" * 19)
    assert unique("haproxy", name_of(["10.0.0.7:9999"]), "assets") == "haproxy:10.0.0.7:9999:assets"


@pytest.mark.skipif(REAL is None, reason="left out: no haproxy on this machine (Debian: haproxy)")
async def test_the_real_one_does_as_its_stand_in(tmp_path: Path, calls: Writer) -> None:
    process, ports = await running(tmp_path, "balance roundrobin")
    try:
        options = options_of(f"127.0.0.1:{ports['admin']}")
        first = before = await haproxy.observe(options, calls)
        assert before.value == "one"
        undo = haproxy.undo(options, first, Live("two"))
        for share, value in ((25, "one 75 %, two 25 %"), (100, "two"), (0, "one"), (100, "two")):
            planned = haproxy.plan(options, before, Goal("two", "one", share))
            await haproxy.apply(options, planned.requests, before, calls)
            before = await haproxy.observe(options, calls)
            assert before.value == planned.after.value == value
            assert before.document == planned.after.document
        await haproxy.apply(options, undo, before, calls)
        assert (await haproxy.observe(options, calls)).value == "one"
        looks = options_of(f"127.0.0.1:{ports['looks']}")
        live = await haproxy.observe(looks, calls)
        with pytest.raises(Permanent, match="Permission denied"):
            await haproxy.apply(looks, haproxy.plan(looks, live, GOAL).requests, live, calls)
        for words, said in (
            ("set server assets/three state drain", "No such server."),
            ("set server asset/one state drain", "No such backend."),
            ("set server assets/one state off", "expects 'ready', 'drain' and 'maint'"),
            ("set weight assets/one 257", "between 0 and 256 inclusive"),
        ):
            request = Request("haproxy", "set", options.addresses[0], {"command": words})
            with pytest.raises(Permanent, match=said):
                await calls.write(request, Way())
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.skipif(REAL is None, reason="left out: no haproxy on this machine (Debian: haproxy)")
async def test_a_static_balance_of_the_real_one_takes_no_parts(
    tmp_path: Path, calls: Writer
) -> None:
    process, ports = await running(tmp_path, "balance static-rr")
    try:
        options = options_of(f"127.0.0.1:{ports['admin']}")
        live = await haproxy.observe(options, calls)
        part = haproxy.plan(options, live, Goal("two", "one", 25))
        with pytest.raises(Permanent, match="static LB algorithm"):
            await haproxy.apply(options, part.requests, live, calls)
        assert (await haproxy.observe(options, calls)).same(live)
        whole = haproxy.plan(options, live, GOAL)
        await haproxy.apply(options, whole.requests, live, calls)
        assert (await haproxy.observe(options, calls)).value == "two"
    finally:
        process.terminate()
        await process.wait()
