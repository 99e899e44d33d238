"""Move traffic between two servers of a backend, by the runtime socket of one or more HAProxys.

A server that is "ready" serves by its weight, one that drains gets nothing new. HAProxy has no
version and no compare-and-set. What is set here is LOST ON RELOAD: the state file or the
configuration has to follow, or the next reload brings the old origin back.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from incidentbot.errors import Permanent, Refused
from incidentbot.runbooks.actions._fleet import all_of, in_turn, together
from incidentbot.runbooks.actions._pair import Split, split
from incidentbot.runbooks.actions._shares import percents
from incidentbot.runbooks.actions._target import fleet, unique
from incidentbot.runbooks.contract import (
    WHOLE,
    Calls,
    Done,
    Goal,
    Live,
    Plane,
    Planned,
    Reads,
    Request,
    Right,
    Way,
    as_wanted,
    token_of,
)
from incidentbot.settings import Name, SettingsModel
from incidentbot.settings.values import Matching

MAY_CHANGE = ("proxies.*.servers.*.state", "proxies.*.servers.*.weight")
PARTS = True
STOPPED = 0  # srv_op_state: 1 is starting, 2 running, 3 stopping
READY, DRAIN, MAINT = "ready", "drain", "maint"
# Bits of srv_admin_state. 0x04 is none of them: it says that the configuration has the server
# disabled, and stays when somebody sets it ready.
MAINTS, DRAINS = 0x01 | 0x02 | 0x20 | 0x40, 0x08 | 0x10
LOST = "The configuration files: a reload of HAProxy brings back what they say"

# Nothing that could end the command or begin another one.
Word = Annotated[
    str,
    Matching(r"[A-Za-z0-9_.:-]{1,100}", "a name in HAProxy", "letters, digits and _ . : -"),
]
Address = Annotated[
    str,
    Matching(
        r"/[^\s;]{1,100}|(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]{1,200}):[0-9]{1,5}",
        "the address of a runtime socket",
        '"10.0.0.7:9999", "[::1]:9999", or the path of a Unix socket',
    ),
]


class Options(SettingsModel):
    addresses: tuple[Address, ...] = Field(
        min_length=1, max_length=50, description="Runtime sockets, one for each HAProxy."
    )
    backend: Word = Field(description="Backend that holds both servers; none of them `backup`.")
    values: dict[Name, Word] = Field(
        min_length=2, max_length=2, description="Name of the backend's server for each of the two."
    )

    @property
    def thing(self) -> str:
        many = len(self.addresses)
        where = self.addresses[0] if many == 1 else f"{many} HAProxys"
        return f"backend {self.backend} of {where}"


def plane(options: Options) -> Plane:
    return Plane("data", "", f"Our own HAProxy's runtime socket: {', '.join(options.addresses)}")


async def observe(options: Options, calls: Reads) -> Live:
    """Every proxy's servers; one value when all agree. Raises when one of them says nothing."""
    command = {"command": f"show servers state {options.backend}"}
    said = await all_of(
        {
            address: calls.read(Request("haproxy", "show", address, command), Way())
            for address in options.addresses
        }
    )
    proxies = [
        {"address": address, "servers": servers_of(str(answer["text"]), options, address)}
        for address, answer in said.items()
    ]
    return _live({"backend": options.backend, "proxies": proxies})


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """For each proxy: weights, then who serves, and last who does not, so that somebody serves
    at every moment. Raises Refused: a third server serves too, or `to` is down."""
    serving = {name: 1 for proxy in live.document["proxies"] for name in _shares(proxy)}
    asked = split(goal, options.values.values(), serving, options.thing)
    requests: list[Request] = []
    proxies = []
    for address, proxy in zip(options.addresses, live.document["proxies"], strict=True):
        turned, commands = _turned(proxy, asked, options.backend)
        proxies.append(turned)
        requests += [Request("haproxy", "set", address, {"command": one}) for one in commands]
    after = _live({**live.document, "proxies": proxies})
    return Planned(
        target=unique("haproxy", fleet(options.addresses), options.backend),
        requests=tuple(requests),
        after=Live(after.value, "", after.document, after.shares),
        what=f"{options.thing} (as of {live.token}); lost on reload",
        touches=tuple(f"Two servers of {options.backend} at {one}" for one in options.addresses),
        not_touched=(LOST, "Every other server and backend"),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """One proxy after the other; the first that fails ends it."""
    return await in_turn(requests, Way(), calls)


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Read every proxy back."""
    live = await observe(options, calls)
    return as_wanted(live, after, f"{options.thing} is served by {live.value}")


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """Weight and state of the two servers as they were; who served comes first."""
    ours = set(options.values.values())
    requests = []
    for address, proxy in zip(options.addresses, before.document["proxies"], strict=True):
        held = [server for server in proxy["servers"] if server["name"] in ours]
        for server in sorted(held, key=lambda one: one["state"] != READY):
            name = f"{options.backend}/{server['name']}"
            for command in (
                f"set weight {name} {server['weight']}",
                f"set server {name} state {server['state']}",
            ):
                requests.append(Request("haproxy", "set", address, {"command": command}))
    return tuple(requests)


def follows(before: str, after: str) -> bool:
    """Nothing counts the writes: nobody can tell."""
    return True


def by_hand(options: Options) -> str:
    """`echo 'show servers state ...' | socat ...`, one for each proxy"""
    show = f"echo {shlex.quote(f'show servers state {options.backend}')}"
    return "; ".join(
        f"{show} | socat - {shlex.quote(_socat(address))}" for address in options.addresses
    )


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """Nothing at AWS."""
    return ()


def servers_of(text: str, options: Options, address: str) -> list[dict[str, Any]]:
    """The servers of the backend as `show servers state` lists them (format version 1), by name:
    state, weight, and whether health checks hold them to be down. Pure but for the raising."""
    lines = text.strip("\n").split("\n")
    if len(lines) < 2 or lines[0].strip() != "1" or not lines[1].startswith("# be_id "):
        raise Permanent(f"haproxy at {address}: {text.strip()[:200] or 'said nothing'}")
    columns = lines[1][2:].split()
    rows = [dict(zip(columns, line.split(" "), strict=False)) for line in lines[2:] if line]
    found = {
        row["srv_name"]: _server(row, address)
        for row in rows
        if row.get("be_name") == options.backend and row.get("srv_name")
    }
    for name in options.values.values():
        if name not in found:
            raise Permanent(f"haproxy at {address}: {options.backend} has no server {name!r}")
    return [found[name] for name in sorted(found)]


def _server(row: Mapping[str, str], address: str) -> dict[str, Any]:
    numbers = [row.get(key, "") for key in ("srv_admin_state", "srv_uweight", "srv_op_state")]
    if not all(re.fullmatch(r"[0-9]{1,9}", number) for number in numbers):
        raise Permanent(f"haproxy at {address}: cannot read what it says of {row['srv_name']!r}")
    admin, weight, op = (int(number) for number in numbers)
    state = MAINT if admin & MAINTS else DRAIN if admin & DRAINS else READY
    down = op == STOPPED and state != MAINT  # in maintenance it is not checked
    return {"name": row["srv_name"], "state": state, "weight": weight, "down": down}


def _live(document: Mapping[str, Any]) -> Live:
    value, shares = together({p["address"]: _shares(p) for p in document["proxies"]})
    # Whether a server is down is no part of the token: it comes and goes without anybody's hand.
    set_by_hand = [
        [proxy["address"], *([s["name"], s["state"], s["weight"]] for s in proxy["servers"])]
        for proxy in document["proxies"]
    ]
    return Live(value, token_of({"set": set_by_hand}), document, shares)


def _shares(proxy: Mapping[str, Any]) -> dict[str, int]:
    servers = proxy["servers"]
    return percents({s["name"]: s["weight"] for s in servers if s["state"] == READY})


def _turned(
    proxy: Mapping[str, Any], asked: Split, backend: str
) -> tuple[dict[str, Any], list[str]]:
    """The proxy as it is to be, and the commands that make it so."""
    servers = {server["name"]: dict(server) for server in proxy["servers"]}
    to, other = servers[asked.to], servers[asked.other]
    if to["down"]:
        raise Refused(f"HAProxy at {proxy['address']} holds {asked.to} to be down.")
    commands = []
    if not asked.whole:
        to["weight"], other["weight"] = asked.share, WHOLE - asked.share
        commands = [
            f"set weight {backend}/{asked.to} {to['weight']}",
            f"set weight {backend}/{asked.other} {other['weight']}",
        ]
    elif not to["weight"]:
        to["weight"] = WHOLE
        commands = [f"set weight {backend}/{asked.to} {WHOLE}"]
    to["state"], other["state"] = READY, DRAIN if asked.whole else READY
    commands += [
        f"set server {backend}/{asked.to} state {to['state']}",
        f"set server {backend}/{asked.other} state {other['state']}",
    ]
    return {**proxy, "servers": list(servers.values())}, commands


def _socat(address: str) -> str:
    return f"UNIX-CONNECT:{address}" if address.startswith("/") else f"TCP:{address}"
