"""Fastly's API, as much of it as a switch needs: items of dictionaries and of config stores.

Strict: unknown ids are 404, a wrong token is 401, a write is a form with `item_value` and nothing
that does not belong there. Every write moves `updated_at` by a second.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from tests.contracts.doubles.faults import Asked, Double, Refusal, Reply

FORM = "application/x-www-form-urlencoded"
LONGEST = 8000
SORRY = b"<html><head><title>503 Backend unavailable</title></head><body>Sorry</body></html>"


WORDS = {
    "503": (503, "html"),
    "throttled": (429, "Rate limit exceeded"),
    "denied": (403, "You are not authorized to perform this action"),
    "stale": (409, "Conflict"),
}


class Fastly(Double):
    def __init__(self, token: str = "fastly-token") -> None:
        super().__init__()
        self.words = WORDS
        self.token = token
        self.lists: dict[str, dict[str, dict[str, Any]]] = {}  # path of a list -> key -> item
        self._now = datetime(2026, 3, 1, tzinfo=UTC)

    def put(self, path: str, key: str, value: str) -> None:
        """By somebody else, around the wire."""
        self._now += timedelta(seconds=1)
        now = self._now.strftime("%Y-%m-%dT%H:%M:%SZ")
        items = self.lists.setdefault(path, {})
        known = items.get(key, {"created_at": now})
        items[key] = {**known, "item_key": key, "item_value": value, "updated_at": now,
                      "deleted_at": None}  # fmt: skip

    def value(self, path: str, key: str) -> str:
        return str(self.lists[path][key]["item_value"])

    def operation(self, asked: Asked) -> str:
        kind = "DictionaryItem" if "/dictionary/" in asked.path else "ConfigStoreItem"
        verbs = {"GET": "Get", "PUT": "Upsert", "POST": "Create", "DELETE": "Delete"}
        return f"{verbs.get(asked.method, asked.method)}{kind}"

    def answer(self, operation: str, asked: Asked) -> Reply:
        if asked.headers.get("fastly-key") != self.token:
            raise Refusal(401, "Provided credentials are missing or invalid")
        path, _, _ = asked.path.rpartition("/item/")
        if path not in self.lists or "item" not in asked.parts[:-1]:
            raise Refusal(404, "Record not found", "Cannot load dictionary or store")
        key = asked.parts[-1]
        if asked.method == "PUT":
            self.put(path, key, _value_of(asked, key))
        elif asked.method != "GET":
            raise Refusal(405, "Method not allowed")
        if key not in self.lists[path]:
            raise Refusal(404, "Record not found", f"Couldn't find item {key}")
        return _json(200, self.lists[path][key])

    def refused(self, refusal: Refusal) -> Reply:
        if refusal.code == "html":
            return Reply(refusal.status, SORRY, {"Content-Type": "text/html"})
        more = {"Retry-After": "7"} if refusal.status == 429 else {}
        return _json(refusal.status, {"msg": refusal.code, "detail": refusal.message}, more)


def _value_of(asked: Asked, key: str) -> str:
    given = parse_qs(asked.body.decode(), keep_blank_values=True, strict_parsing=True)
    if asked.headers.get("content-type") != FORM or set(given) - {"item_key", "item_value"}:
        raise Refusal(400, "Bad request", "a form with item_value is wanted")
    value = given.get("item_value", [""])
    if len(value) != 1 or not 0 < len(value[0]) <= LONGEST or given.get("item_key", [key]) != [key]:
        raise Refusal(400, "Bad request", "item_value is missing, twice or too long")
    return value[0]


def _json(status: int, body: Mapping[str, Any], more: Mapping[str, str] | None = None) -> Reply:
    head = {"Content-Type": "application/json", "X-Request-Id": "fastly-1", **(more or {})}
    return Reply(status, json.dumps(body).encode(), head)
