"""A parameter and an edge in one process: `python -m benchmarks.switch_service LATENCY_MS`.

It prints its port. Every answer comes LATENCY_MS after the request, and at that moment only is the
parameter read or written. The edge serves from the origin that the parameter names, at once. GET
/control tells what came, with times of this machine's monotonic clock; POST /control begins anew.
"""

import asyncio
import json
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

FIRST = "us-east-1"
JSON = "application/x-amz-json-1.1"
PICTURE = b"<svg/>" * 40


@dataclass
class Service:
    latency: float  # seconds
    value: str = FIRST
    version: int = 1
    calls: list[dict[str, Any]] = field(default_factory=list)

    async def take(self, name: str) -> None:
        call = {"name": name, "came": time.perf_counter()}
        self.calls.append(call)
        await asyncio.sleep(self.latency)
        call["answered"] = time.perf_counter()

    async def parameter(self, request: web.Request) -> web.Response:
        name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        said = json.loads(await request.read())
        await self.take(name)
        if name == "PutParameter":
            self.value, self.version = said["Value"], self.version + 1
            return _json({"Version": self.version, "Tier": "Standard"})
        found = {"Name": said["Name"], "Type": "String", "Value": self.value}
        return _json({"Parameter": found | {"Version": self.version}})

    async def asset(self, _: web.Request) -> web.Response:
        await self.take("fetch")
        headers = {"x-asset-origin": self.value}
        return web.Response(body=PICTURE, content_type="image/svg+xml", headers=headers)

    async def control(self, request: web.Request) -> web.Response:
        told = {"value": self.value, "calls": self.calls}
        if request.method == "POST":
            self.value, self.version, self.calls = FIRST, self.version + 1, []
        return web.json_response(told)


def _json(body: dict[str, Any]) -> web.Response:
    headers = {"x-amzn-RequestId": "11111111-2222-3333-4444-555555555555"}
    return web.Response(text=json.dumps(body), content_type=JSON, headers=headers)


async def serve(latency_ms: int) -> None:
    service = Service(latency_ms / 1000)
    app = web.Application()
    app.router.add_post("/", service.parameter)
    app.router.add_get("/assets/{key}", service.asset)
    app.router.add_route("*", "/control", service.control)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    await over.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
