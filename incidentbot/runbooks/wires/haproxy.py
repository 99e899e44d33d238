"""HAProxy's runtime socket: one command a connection, its answer as text.

`region` of the request is the address, "host:port" or the path of a Unix socket. A command that
took effect is answered with an empty line; whatever else it says to one that changes is a refusal.
A connection that ends without even that line says nothing at all.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from incidentbot.errors import InDoubt, Permanent, Temporary
from incidentbot.runbooks.contract import Request, Way

CONNECT, ANSWER = 3.0, 5.0  # seconds
MOST = 1_000_000  # bytes


class Haproxy:
    def __init__(self, answer: float = ANSWER) -> None:
        self._answer = answer

    async def read(self, request: Request, way: Way) -> Mapping[str, Any]:
        """{"text": what it said}; asked twice when there was no answer."""
        try:
            return {"text": await self._say(request)}
        except (Temporary, InDoubt):
            return {"text": await self._say(request)}

    async def write(self, request: Request, way: Way) -> tuple[Mapping[str, Any], str]:
        said = (await self._say(request)).strip()
        if said:
            raise Permanent(f"haproxy at {request.region}: {said[:300]}")
        return {"text": said}, ""

    async def _say(self, request: Request) -> str:
        command = str(request.params["command"])
        if "\n" in command or ";" in command:
            raise Permanent("a command of HAProxy is one line without ';'")
        what = f"haproxy at {request.region}"
        try:
            async with asyncio.timeout(CONNECT):
                reader, writer = await _connect(request.region)
        except (OSError, TimeoutError) as error:
            raise Temporary(f"{what}: could not be reached ({error})") from error
        try:
            async with asyncio.timeout(self._answer):
                writer.write(f"{command}\n".encode())
                await writer.drain()
                said = await reader.read(MOST)
                while not reader.at_eof() and len(said) < MOST:
                    said += await reader.read(MOST)
        except (OSError, TimeoutError) as error:
            raise InDoubt(f"{what}: no usable answer ({error})") from error
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        if not said:
            raise InDoubt(f"{what}: it hung up without an answer")
        return said.decode("utf-8", errors="replace")


async def _connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if address.startswith("/"):
        return await asyncio.open_unix_connection(address)
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host.strip("[]"), int(port))
