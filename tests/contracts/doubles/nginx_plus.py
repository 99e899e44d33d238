"""The API of NGINX Plus (version 9), as much of it as a switch needs: servers of an upstream.

Strict: unknown upstreams and ids are 404 in its own words, unknown parameters and odd weights
are 400, and an API that is not `write=on` answers 405.
"""

import json
from typing import Any

from tests.contracts.doubles.faults import Asked, Double, Refusal, Reply

PATCHABLE = {
    "server", "weight", "max_conns", "max_fails", "fail_timeout", "slow_start", "route", "down",
    "drain",
}  # fmt: skip
SORRY = b"<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n</html>"


WORDS = {
    "503": (503, "html"),
    "throttled": (429, "html"),
    "denied": (403, "html"),
    "stale": (409, "EntryConflict"),
}


class NginxPlus(Double):
    def __init__(self, authorization: str = "Basic Ym90OnNlY3JldA==") -> None:
        super().__init__()
        self.words = WORDS
        self.authorization, self.writable = authorization, True
        self.upstreams: dict[str, list[dict[str, Any]]] = {}

    @property
    def api(self) -> str:
        return f"{self.url}/api/9"

    def put(self, upstream: str, server: str, **fields: Any) -> None:
        """By somebody else, around the wire."""
        servers = self.upstreams.setdefault(upstream, [])
        known = next((one for one in servers if one["server"] == server), None)
        if known is not None:
            known.update(fields)
            return
        servers.append({
            "id": len(servers), "server": server, "weight": 1, "max_conns": 0, "max_fails": 1,
            "fail_timeout": "10s", "slow_start": "0s", "route": "", "backup": False,
            "down": False, **fields,
        })  # fmt: skip

    def operation(self, asked: Asked) -> str:
        return {"GET": "GetServers", "PATCH": "PatchServer"}.get(asked.method, asked.method)

    def answer(self, operation: str, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != self.authorization:
            raise Refusal(401, "html")
        match asked.parts:
            case ["api", "9", "http", "upstreams", upstream, "servers"] if asked.method == "GET":
                return _json(200, self._of(upstream))
            case ["api", "9", "http", "upstreams", upstream, "servers", id]:
                server = self._one(upstream, id)
            case ["api", version, *_] if version != "9":
                raise Refusal(404, "UnknownVersion", "unknown version")
            case _:
                raise Refusal(404, "PathNotFound", "path not found")
        if asked.method == "PATCH":
            server.update(self._given(asked))
        return _json(200, server)

    def refused(self, refusal: Refusal) -> Reply:
        more = {"Retry-After": "5"} if refusal.status == 429 else {}
        if refusal.code == "html":
            return Reply(refusal.status, SORRY, {"Content-Type": "text/html", **more})
        error = {"status": refusal.status, "text": refusal.message, "code": refusal.code}
        href = "https://nginx.org/en/docs/http/ngx_http_api_module.html"
        return _json(refusal.status, {"error": error, "request_id": "0f1e", "href": href})

    def _of(self, upstream: str) -> list[dict[str, Any]]:
        if upstream not in self.upstreams:
            raise Refusal(404, "UpstreamNotFound", "upstream not found")
        return self.upstreams[upstream]

    def _one(self, upstream: str, id: str) -> dict[str, Any]:
        if not id.isdigit():
            raise Refusal(400, "UpstreamBadServerId", "invalid server id")
        for server in self._of(upstream):
            if server["id"] == int(id):
                return server
        raise Refusal(404, "UpstreamServerNotFound", f"server with id {id} does not exist")

    def _given(self, asked: Asked) -> dict[str, Any]:
        if not self.writable:
            raise Refusal(405, "MethodDisabled", "method disabled")
        try:
            given = json.loads(asked.body)
        except ValueError:
            raise Refusal(415, "JsonError", "json error") from None
        for name, value in given.items():
            if name not in PATCHABLE:
                raise Refusal(400, "UpstreamConfFormatError", f'unknown parameter "{name}"')
            if name in ("down", "drain") and not isinstance(value, bool):
                raise Refusal(400, "UpstreamConfFormatError", f'invalid "{name}" value')
        weight = given.get("weight", 1)
        if isinstance(weight, bool) or not isinstance(weight, int) or weight < 1:
            raise Refusal(400, "UpstreamBadWeight", "invalid weight")
        return dict(given)


def _json(status: int, body: Any) -> Reply:
    head = {"Content-Type": "application/json", "X-Request-Id": "nginx-1"}
    return Reply(status, json.dumps(body).encode(), head)
