"""Cloudflare's API, as much of it as a switch needs: values of Workers KV, and pools.

Strict: every answer has the envelope, unknown ids are 404 with Cloudflare's codes, a wrong token
is 403, and a list of origins is taken whole or not at all, without what is read-only in it.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from tests.contracts.doubles.faults import Asked, Double, Refusal, Reply

SORRY = b"<!DOCTYPE html><title>503: Service Temporarily Unavailable | cloudflare</title>"
ORIGIN = {"name", "address", "enabled", "weight", "header", "port", "virtual_network_id"}
POOL = {"name", "enabled", "origins", "monitor", "minimum_origins", "description"}


WORDS = {
    "503": (503, "html"),
    "throttled": (429, "971"),
    "denied": (403, "10000"),
    "stale": (409, "10026"),
}


class Cloudflare(Double):
    def __init__(self, token: str = "cloudflare-token") -> None:
        super().__init__()
        self.words = WORDS
        self.token, self.account = token, "acc0123456789"
        self.spaces: dict[str, dict[str, dict[str, Any]]] = {}  # namespace -> key -> entry
        self.pools: dict[str, dict[str, Any]] = {}
        self.quiet: list[str] = []  # operations whose next call is refused with 200
        self.not_json: list[str] = []  # operations whose next call answers an HTML page with 200
        self._ticks = 0

    def put(self, space: str, key: str, value: str, **beside: Any) -> None:
        """By somebody else, around the wire. `beside`: metadata, expiration."""
        self.spaces.setdefault(space, {})[key] = {"value": value, **beside}

    def operation(self, asked: Asked) -> str:
        verbs = {"GET": "Get", "PUT": "Put", "PATCH": "Patch", "DELETE": "Delete"}
        verb = verbs.get(asked.method, asked.method)
        if "pools" in asked.parts:
            return f"{verb}Pool"
        return f"{verb}Metadata" if "metadata" in asked.parts else f"{verb}Value"

    def answer(self, operation: str, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            raise Refusal(403, "10000", "Authentication error")
        if operation in self.quiet:
            self.quiet.remove(operation)
            return _envelope(200, None, [("7500", "could not be done")])
        match asked.parts:
            case ["accounts", self.account, "storage", "kv", "namespaces", space, what, key]:
                done = self._kv(space, what, key, asked)
            case ["accounts", self.account, "load_balancers", "pools", pool]:
                done = self._pool(pool, asked)
            case _:
                raise Refusal(404, "7003", f"Could not route to {asked.path}")
        if operation in self.not_json:
            self.not_json.remove(operation)
            return Reply(200, SORRY, {"Content-Type": "text/html"})
        return done

    def refused(self, refusal: Refusal) -> Reply:
        if refusal.code == "html":
            return Reply(refusal.status, SORRY, {"Content-Type": "text/html"})
        more = {"Retry-After": "30"} if refusal.status == 429 else {}
        return _envelope(refusal.status, None, [(refusal.code, refusal.message)], more)

    def _kv(self, space: str, what: str, key: str, asked: Asked) -> Reply:
        if space not in self.spaces:
            raise Refusal(404, "10013", "namespace not found")
        if asked.method == "PUT" and what == "values":
            # As it is there: the metadata and the expiry of before are gone.
            self.put(space, key, asked.body.decode())
            return _envelope(200, None)
        if asked.method != "GET":
            raise Refusal(405, "10405", "Method not allowed for this authentication scheme")
        entry = self.spaces[space].get(key)
        if entry is None:
            raise Refusal(404, "10009", "get: 'key not found'")
        if what == "metadata":
            return _envelope(200, entry.get("metadata"))
        expires = entry.get("expiration")
        head = {"Content-Type": "application/octet-stream"}
        return Reply(
            200, entry["value"].encode(), head | ({"expiration": expires} if expires else {})
        )

    def _pool(self, id: str, asked: Asked) -> Reply:
        pool = self.pools.get(id)
        if pool is None:
            raise Refusal(404, "1001", "pool not found")
        if asked.method == "PATCH":
            given = json.loads(asked.body)
            _check(given)
            self._ticks += 1
            pool.update(given, modified_on=f"2026-03-01T00:00:{self._ticks:02}Z")
        elif asked.method != "GET":
            raise Refusal(405, "10405", "Method not allowed for this authentication scheme")
        shown = {"id": id, **deepcopy(pool)}
        for origin in shown["origins"]:
            origin.setdefault("enabled", True)
            origin.setdefault("weight", 1)
            if not origin["enabled"]:
                origin["disabled_at"] = pool.get("modified_on", "2026-03-01T00:00:00Z")
        return _envelope(200, shown)


def _check(given: Mapping[str, Any]) -> None:
    if not isinstance(given, dict) or set(given) - POOL:
        raise Refusal(400, "1002", "unknown field")
    names = set()
    for origin in given.get("origins", [{}]):
        weight = origin.get("weight", 1)
        if set(origin) - ORIGIN or not origin.get("name") or not origin.get("address"):
            raise Refusal(400, "1002", f"origins: validation failed for {sorted(origin)}")
        if not 0 <= weight <= 1 or abs(round(weight * 100) - weight * 100) > 1e-9:
            raise Refusal(400, "1002", "origins: weight must be 0 to 1 in steps of 0.01")
        if origin["name"] in names:
            raise Refusal(400, "1002", "origins: names must be unique")
        names.add(origin["name"])


def _envelope(
    status: int,
    result: Any,
    errors: list[tuple[str, str]] | None = None,
    more: Mapping[str, str] | None = None,
) -> Reply:
    body = {
        "result": result,
        "success": not errors,
        "errors": [{"code": int(code), "message": words} for code, words in errors or []],
        "messages": [],
    }
    head = {"Content-Type": "application/json", "CF-Ray": "8f1-FRA", **(more or {})}
    return Reply(status, json.dumps(body).encode(), head)
