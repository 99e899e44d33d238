"""A switch as somebody might write one for themselves: PUT takes a value, GET shows it.

Strict: a PUT must be signed, hold one known value and nothing else, and a key of idempotency that
was used before changes nothing more.
"""

import hashlib
import hmac
import json
from typing import Any

from tests.contracts.doubles.faults import Asked, Double, Refusal, Reply

WORDS = {
    "503": (503, "html"),
    "throttled": (429, "slow down"),
    "denied": (403, "not yours"),
    "stale": (409, "changed"),
}


class OwnSwitch(Double):
    def __init__(self, secret: str = "sign-secret", token: str = "own-token") -> None:
        super().__init__()
        self.words = WORDS
        self.secret, self.token = secret, token
        self.value, self.version = "", 0
        self.allowed: tuple[str, ...] = ()
        self.padding = 0  # bytes more in the answer to a GET
        self.moved, self.moves = "", 307  # where every call is redirected to, and how
        self._keys: dict[str, bytes] = {}

    @property
    def address(self) -> str:
        return f"{self.url}/switches/assets"

    def put(self, value: str) -> None:
        """By somebody else, around the wire."""
        self.value, self.version = value, self.version + 1

    def operation(self, asked: Asked) -> str:
        return {"GET": "Show", "PUT": "Switch"}.get(asked.method, asked.method)

    def answer(self, operation: str, asked: Asked) -> Reply:
        if self.moved:
            return Reply(self.moves, b"", {"Location": self.moved})
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            raise Refusal(401, "who are you")
        if asked.path != "/switches/assets":
            raise Refusal(404, "no such switch")
        if asked.method == "GET":
            held = {"origin": self.value, "version": self.version}
            return _json(200, {"switch": held, "padding": "x" * self.padding})
        if asked.method != "PUT":
            raise Refusal(405, "PUT or GET")
        self._switch(asked)
        return _json(200, {"ok": True})

    def refused(self, refusal: Refusal) -> Reply:
        if refusal.code == "html":
            return Reply(refusal.status, b"<html>down</html>", {"Content-Type": "text/html"})
        more = {"Retry-After": "3"} if refusal.status == 429 else {}
        made = _json(refusal.status, {"error": refusal.code})
        return Reply(made.status, made.body, {**made.headers, **more})

    def _switch(self, asked: Asked) -> None:
        signature = hmac.new(self.secret.encode(), asked.body, hashlib.sha256).hexdigest()
        given = asked.headers.get("x-signature-256", "")
        if not hmac.compare_digest(given, f"sha256={signature}"):
            raise Refusal(401, "the signature does not fit the body")
        body = json.loads(asked.body)
        if (
            not isinstance(body, dict)
            or set(body) != {"origin"}
            or body["origin"] not in self.allowed
        ):
            raise Refusal(422, f"origin: one of {', '.join(self.allowed)}")
        key = asked.headers.get("idempotency-key", "")
        if self._keys.get(key, asked.body) != asked.body:
            raise Refusal(422, "this key was used for something else")
        if not key or key not in self._keys:
            self.put(body["origin"])
        if key:
            self._keys[key] = asked.body


def _json(status: int, body: Any) -> Reply:
    head = {"Content-Type": "application/json", "X-Request-Id": "own-1"}
    return Reply(status, json.dumps(body).encode(), head)
