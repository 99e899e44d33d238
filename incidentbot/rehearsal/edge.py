"""The shop's edge: serves pictures from the region that one parameter names, and caches nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp
from aiohttp import web

from .aws_signing import signed
from .regions import PARAMETER, Region

ORIGIN_HEADER = "x-asset-origin"
ERROR_HEADER = "x-asset-error"
ORIGIN_TIMEOUT_S = 2.2
_PASSED_ON = ("content-type", "etag", "last-modified")


@dataclass(slots=True)
class Pointer:
    """What the edge knows about the origin parameter; `value` survives failed reads."""

    value: str
    version: int = 0
    read_at: float = 0.0  # monotonic seconds
    error: str = ""


class Edge:
    """`origins` by name, and `home`: the region whose parameter store holds the pointer."""

    def __init__(
        self,
        origins: dict[str, Region],
        home: Region,
        *,
        every_s: float = 1.0,
        timeout_s: float = ORIGIN_TIMEOUT_S,
    ) -> None:
        self.origins = origins
        self.home = home
        self.every_s = every_s
        self.timeout_s = timeout_s
        self.pointer = Pointer(next(iter(origins)))
        self.served: dict[str, int] = dict.fromkeys(origins, 0)
        self.failed: dict[str, int] = dict.fromkeys(origins, 0)
        self._http: aiohttp.ClientSession | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def origin(self) -> str:
        return self.pointer.value

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/assets/{key:.+}", self.asset), web.get("/health", self.health)]

    async def start(self) -> None:
        """Read the pointer once, then every `every_s` seconds."""
        self._http = aiohttp.ClientSession(
            auto_decompress=False, connector=aiohttp.TCPConnector(limit=0, force_close=True)
        )
        await self.read_pointer()
        self._reader = asyncio.create_task(self._keep_reading())

    async def stop(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        if self._http is not None:
            await self._http.close()

    # the pointer

    async def _keep_reading(self) -> None:
        while True:
            await asyncio.sleep(self.every_s)
            await self.read_pointer()

    async def read_pointer(self) -> None:
        """One GetParameter. A failed read, or a name nobody knows, leaves the last good value."""
        try:
            value, version = await self._get_parameter()
        except (aiohttp.ClientError, TimeoutError, KeyError, ValueError) as fault:
            self.pointer.error = f"{PARAMETER} cannot be read: {type(fault).__name__}"
            return
        if value not in self.origins:
            self.pointer.error = f"{PARAMETER} names {value!r}, which is no known origin"
            return
        self.pointer = Pointer(value, version, time.monotonic())

    async def _get_parameter(self) -> tuple[str, int]:
        assert self._http is not None
        body = json.dumps({"Name": PARAMETER}).encode()
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": "AmazonSSM.GetParameter",
        }
        url = self.home.url + "/"
        async with self._http.post(
            url,
            data=body,
            headers=signed("POST", url, self.home.name, "ssm", headers=headers, body=body),
            timeout=aiohttp.ClientTimeout(total=1.5),
            raise_for_status=True,
        ) as answer:
            found = json.loads(await answer.read())["Parameter"]
        return str(found["Value"]), int(found["Version"])

    # requests

    async def asset(self, request: web.Request) -> web.Response:
        """A picture, or 502 and 504 with the origin's name and what it does instead."""
        region = self.origins[self.origin]
        headers = {ORIGIN_HEADER: region.name, "cache-control": "no-store"}
        url = f"{region.url}/{region.bucket}/{quote(request.match_info['key'])}"
        assert self._http is not None
        try:
            async with self._http.get(
                url,
                headers=signed("GET", url, region.name, "s3"),
                timeout=aiohttp.ClientTimeout(total=self.timeout_s),
            ) as answer:
                body = await answer.read()
                if answer.status < 500:
                    self.served[region.name] += 1
                    kept = {n: answer.headers[n] for n in _PASSED_ON if n in answer.headers}
                    return web.Response(status=answer.status, body=body, headers=headers | kept)
            status, words = 502, f"answers {answer.status}"
        except TimeoutError:
            status, words = 504, f"does not answer within {self.timeout_s:g} s"
        except aiohttp.ClientError:
            status, words = 502, "cannot be reached"
        self.failed[region.name] += 1
        return web.Response(
            status=status,
            text=f"origin {region.name} {words}\n",
            headers=headers | {ERROR_HEADER: words},
        )

    async def health(self, _: web.Request) -> web.Response:
        """What the edge serves from, and how fresh its knowledge is."""
        pointer = self.pointer
        age = time.monotonic() - pointer.read_at if pointer.read_at else None
        return web.json_response(
            {
                "origin": pointer.value,
                "parameter": PARAMETER,
                "version": pointer.version,
                "read_s_ago": None if age is None else round(age, 1),
                "error": pointer.error or None,
                "served": self.served,
                "failed": self.failed,
            },
            headers={"cache-control": "no-store"},
        )
