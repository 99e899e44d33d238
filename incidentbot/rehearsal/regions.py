"""Two S3 regions: moto behind a fault proxy each, filled with the shop's pictures."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from .aws_signing import signed
from .images import Picture, pictures
from .processes import Child
from .proxy import FaultProxy

PRIMARY = "us-east-1"
BACKUP = "us-west-2"
PARAMETER = "/shop/asset-origin"
CANARY = "canary.txt"
_S3_NS = "http://s3.amazonaws.com/doc/2006-03-01/"


def bucket_of(region: str) -> str:
    """The shop's bucket in a region."""
    return f"shop-assets-{region}"


@dataclass(slots=True)
class Region:
    """A running region. Callers use `url`; only seeding goes around the proxy."""

    name: str
    server: Child
    proxy: FaultProxy

    @property
    def bucket(self) -> str:
        return bucket_of(self.name)

    @property
    def url(self) -> str:
        return self.proxy.url

    async def stop(self) -> None:
        await self.proxy.stop()
        await self.server.stop()


async def start_region(name: str) -> Region:
    """One moto server and its proxy; RuntimeError when moto does not come up."""
    server = await Child.start(
        name,
        [sys.executable, "-m", "incidentbot.rehearsal.moto_region"],
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        line = await server.read_line(30)
        if not line.isdigit():
            raise RuntimeError(f"the stand-in for {name} (moto) did not start")
        proxy = FaultProxy(name, f"http://127.0.0.1:{line}")
        await proxy.start()
    except BaseException:
        await server.stop()
        raise
    return Region(name, server, proxy)


async def start_regions(shop: Sequence[Picture] | None = None) -> tuple[Region, Region]:
    """Primary and backup, each with every picture; the origin parameter names the primary."""
    started = await asyncio.gather(
        start_region(PRIMARY), start_region(BACKUP), return_exceptions=True
    )
    regions = [r for r in started if isinstance(r, Region)]
    try:
        for failed in started:
            if isinstance(failed, BaseException):
                raise failed
        primary, backup = regions
        await seed(primary, backup, pictures() if shop is None else shop)
    except BaseException:
        for region in regions:
            await region.stop()
        raise
    return primary, backup


async def seed(primary: Region, backup: Region, shop: Sequence[Picture]) -> None:
    """Buckets, pictures and the canary in both regions, then the parameter in the backup's SSM."""
    connector = aiohttp.TCPConnector(limit_per_host=4)
    async with aiohttp.ClientSession(connector=connector) as http:
        await asyncio.gather(*(_fill(http, region, shop) for region in (primary, backup)))
        await put_parameter(http, backup, primary.name)


async def put_parameter(http: aiohttp.ClientSession, home: Region, value: str) -> None:
    """Write the origin parameter in `home`'s SSM, around the proxy."""
    body = {"Name": PARAMETER, "Value": value, "Type": "String", "Overwrite": True}
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AmazonSSM.PutParameter",
    }
    await _send(http, "POST", home, "ssm", "/", json.dumps(body).encode(), headers)


async def _fill(http: aiohttp.ClientSession, region: Region, shop: Sequence[Picture]) -> None:
    place = ""
    if region.name != "us-east-1":  # the one region that must not be named, as in AWS
        place = (
            f'<CreateBucketConfiguration xmlns="{_S3_NS}">'
            f"<LocationConstraint>{region.name}</LocationConstraint></CreateBucketConfiguration>"
        )
    await _send(http, "PUT", region, "s3", f"/{region.bucket}", place.encode())
    objects = [(p.key, p.svg, "image/svg+xml") for p in shop]
    objects.append((CANARY, b"canary\n", "text/plain"))
    await asyncio.gather(
        *(
            _send(http, "PUT", region, "s3", f"/{region.bucket}/{k}", b, {"content-type": t})
            for k, b, t in objects
        )
    )


async def _send(
    http: aiohttp.ClientSession,
    method: str,
    region: Region,
    service: str,
    path: str,
    body: bytes,
    headers: dict[str, str] | None = None,
) -> None:
    url = region.proxy.upstream + path
    to_send = signed(method, url, region.name, service, headers=headers, body=body)
    async with http.request(method, url, data=body, headers=to_send) as answer:
        if answer.status >= 300:
            text = (await answer.text())[:300]
            raise RuntimeError(f"{region.name}: {method} {path} answered {answer.status}: {text}")


async def stop_regions(regions: Sequence[Region]) -> None:
    """End both at the same time."""
    await asyncio.gather(*(region.stop() for region in regions))
