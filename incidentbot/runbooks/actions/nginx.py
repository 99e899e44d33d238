"""Move traffic between two servers of an upstream, by the API of one or more NGINX Plus.

A server serves by its weight unless it is down. There is no version and no compare-and-set.
Unless the upstream has a `state` file, what is set here is LOST ON RELOAD.
"""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import quote

from pydantic import Field, SecretStr, model_validator

from incidentbot.errors import InDoubt, Permanent, Refused
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
from incidentbot.settings import Flag, HttpUrl, Name, SettingsModel, Text
from incidentbot.settings.secrets import Secret
from incidentbot.settings.values import is_private, refuse

MAY_CHANGE = ("proxies.*.servers.*.down", "proxies.*.servers.*.weight")
PARTS = True
KEPT = ("id", "server", "weight", "down", "drain", "backup")  # what is looked at of a server
LOST = "The configuration files: without a `state` file a reload brings back what they say"


class Options(SettingsModel):
    urls: tuple[HttpUrl, ...] = Field(
        min_length=1,
        max_length=50,
        description="Addresses of the API with its version, such as http://10.0.0.7:8080/api/9.",
    )
    upstream: Text = Field(description="Upstream that holds both servers.")
    values: dict[Name, Text] = Field(
        min_length=2,
        max_length=2,
        description="Address of the upstream's server, such as 10.0.0.1:80, for each of the two.",
    )
    authorization: Secret | None = Field(
        None, description="Variable with the whole Authorization header, where one is asked for."
    )
    allow_private: Flag = Field(
        False, description="Let the addresses lead to this machine or a private network."
    )

    @model_validator(mode="after")
    def _private_on_purpose(self) -> Self:
        if any(is_private(url) for url in self.urls) and not self.allow_private:
            refuse("is a private address; add `allow_private: true` if that is meant", at="urls")
        return self

    def servers(self, url: str) -> str:
        return f"{url.rstrip('/')}/http/upstreams/{quote(self.upstream, safe='')}/servers"

    @property
    def thing(self) -> str:
        many = len(self.urls)
        return f"upstream {self.upstream} of {self.urls[0] if many == 1 else f'{many} NGINX'}"


def plane(options: Options) -> Plane:
    return Plane("data", "", f"Our own NGINX Plus's API: {', '.join(options.urls)}")


async def observe(options: Options, calls: Reads) -> Live:
    """Every NGINX's servers; one value when all agree. Raises when one of them says nothing."""
    said = await all_of({url: _read(options, url, calls) for url in options.urls})
    proxies = [{"url": url, "servers": servers} for url, servers in said.items()]
    return _live({"upstream": options.upstream, "proxies": proxies})


def plan(options: Options, live: Live, goal: Goal) -> Planned:
    """For each NGINX: first the one that is to serve, then the other, so that somebody serves at
    every moment. Raises Refused: a third server serves too, or `to` is draining."""
    serving = {name: 1 for proxy in live.document["proxies"] for name in _shares(proxy)}
    asked = split(goal, options.values.values(), serving, options.thing)
    proxies = [
        {**proxy, "servers": [_turned(server, asked) for server in proxy["servers"]]}
        for proxy in live.document["proxies"]
    ]
    after = _live({**live.document, "proxies": proxies})
    return Planned(
        target=unique("nginx", fleet(options.urls), options.upstream),
        requests=_patches(options, proxies, (asked.to, asked.other)),
        after=Live(after.value, "", after.document, after.shares),
        what=f"{options.thing} (as of {live.token}); lost on reload without a `state` file",
        touches=tuple(f"Two servers of {options.upstream} at {url}" for url in options.urls),
        not_touched=(LOST, "Every other server and upstream"),
    )


async def apply(options: Options, requests: Sequence[Request], before: Live, calls: Calls) -> Done:
    """One NGINX after the other; the first that fails ends it."""
    return await in_turn(requests, _way(options), calls)


async def verify(options: Options, after: Live, calls: Reads) -> tuple[bool, str]:
    """Read every NGINX back."""
    live = await observe(options, calls)
    return as_wanted(live, after, f"{options.thing} is served by {live.value}")


def undo(options: Options, before: Live, after: Live) -> tuple[Request, ...]:
    """The two servers as they were; who served comes first."""
    proxies = before.document["proxies"]
    ours = sorted(options.values.values(), key=lambda name: name not in before.serving)
    return _patches(options, proxies, ours)


def follows(before: str, after: str) -> bool:
    """Nothing counts the writes: nobody can tell."""
    return True


def by_hand(options: Options) -> str:
    """`curl ...`, one for each NGINX"""
    header = f' -H "Authorization: ${options.authorization.name}"' if options.authorization else ""
    shown = (shlex.join(["curl", "-sS", options.servers(url)]) for url in options.urls)
    return "; ".join(f"{one}{header}" for one in shown)


def rights(options: Options, values: Sequence[str]) -> tuple[Right, ...]:
    """Nothing at AWS."""
    return ()


async def _read(options: Options, url: str, calls: Reads) -> list[dict[str, Any]]:
    request = Request("http", "GET", "", {"url": options.servers(url)})
    found = (await calls.read(request, _way(options)))["json"]
    if not isinstance(found, list) or not all(_sound(server) for server in found):
        raise InDoubt(f"nginx at {url}: its answer is no list of servers")
    servers = [{key: server.get(key, False) for key in KEPT} for server in found]
    names = [server["server"] for server in servers]
    for name in options.values.values():
        if names.count(name) != 1:
            raise Permanent(f"nginx at {url}: {names.count(name)} servers are called {name!r}")
    return servers


def _sound(server: Any) -> bool:
    return (
        isinstance(server, dict)
        and isinstance(server.get("server"), str)
        and isinstance(server.get("id"), int)
        and isinstance(server.get("weight"), int)
    )


def _live(document: Mapping[str, Any]) -> Live:
    value, shares = together({p["url"]: _shares(p) for p in document["proxies"]})
    return Live(value, token_of(document), document, shares)


def _shares(proxy: Mapping[str, Any]) -> dict[str, int]:
    """Backups serve only while nobody else can."""
    able = [s for s in proxy["servers"] if not s["down"] and not s["drain"]]
    first = [server for server in able if not server["backup"]] or able
    return percents({server["server"]: server["weight"] for server in first})


def _turned(server: Mapping[str, Any], asked: Split) -> dict[str, Any]:
    name = server["server"]
    if name not in (asked.to, asked.other):
        return dict(server)
    if name == asked.other and asked.whole:
        # A backup serves only when nobody else can: it may stay as it is.
        return dict(server) if server["backup"] else {**server, "down": True}
    for trap in ("drain",) if asked.whole else ("drain", "backup"):
        if server[trap]:
            raise Refused(f"{name} is set to `{trap}` in NGINX, so it would not serve its share.")
    if asked.whole:
        return {**server, "down": False}
    share = asked.share if name == asked.to else WHOLE - asked.share
    return {**server, "down": False, "weight": share}


def _patches(
    options: Options, proxies: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> tuple[Request, ...]:
    requests = []
    for url, proxy in zip(options.urls, proxies, strict=True):
        held = {server["server"]: server for server in proxy["servers"]}
        for server in (held[name] for name in names):
            params = {
                "url": f"{options.servers(url)}/{server['id']}",
                "json": {"down": server["down"], "weight": server["weight"]},
            }
            requests.append(Request("http", "PATCH", "", params))
    return tuple(requests)


def _way(options: Options) -> Way:
    secret = options.authorization
    headers = {"Authorization": SecretStr(secret.reveal())} if secret else {}
    return Way(headers=headers, allow_private=options.allow_private)
