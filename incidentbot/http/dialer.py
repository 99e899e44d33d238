"""A plain connection, with or without TLS, for what is not HTTP."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import aiohttp
from aiohappyeyeballs import start_connection

from incidentbot.http.addresses import public_socket
from incidentbot.http.certificate import Certificate, unverified, verified
from incidentbot.http.faults import NoName
from incidentbot.http.resolver import Resolver
from incidentbot.http.tls import trusting
from incidentbot.http.watch import Watch

EYEBALLS = 0.25  # seconds before the next address is tried beside the first (RFC 8305)


@dataclass(frozen=True, slots=True)
class Goal:
    """Where to; `name` is the one that the certificate must be for."""

    host: str
    port: int
    name: str
    allow_private: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Both directions of a connection; its phases are in `watch`."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    watch: Watch
    certificate: Certificate | None = None

    def close(self) -> None:
        self.writer.transport.abort()


class Dialer:
    """Makes lines. `resolver` gives the one for names; asked for only when there is a name."""

    def __init__(self, resolver: Callable[[], Resolver]) -> None:
        self._resolver = resolver

    # Reading the machine's authorities takes milliseconds: only where TLS is used.
    @cached_property
    def trust(self) -> ssl.SSLContext:
        """The context for HTTP with those who must prove who they are."""
        return trusting(http=True)

    @cached_property
    def _trust_proven(self) -> ssl.SSLContext:
        return trusting()

    @cached_property
    def _trust_anybody(self) -> ssl.SSLContext:
        return trusting(verify=False)

    async def dial(
        self, goal: Goal, watch: Watch, *, tls: bool = False, verify: bool = True
    ) -> Line:
        """A connection to the first address that answers. OSError when none does."""
        watch.stage = "connect"
        context = (self._trust_proven if verify else self._trust_anybody) if tls else None
        connected = await start_connection(
            await self._addresses(goal.host, goal.port),
            happy_eyeballs_delay=EYEBALLS,
            socket_factory=None if goal.allow_private else public_socket,
        )
        if not aiohttp.helpers.is_ip_address(goal.host):
            self._resolver().worked(goal.host, connected.family)
        name = goal.name.rstrip(".") if tls else None
        reader, writer = await asyncio.open_connection(
            sock=connected, ssl=context, server_hostname=name
        )
        watch.passed("tls" if tls else "connect", "answer")
        if tls:
            secure = writer.get_extra_info("ssl_object")
            watch.certificate = verified(secure.getpeercert() or {}) or unverified(
                secure.getpeercert(binary_form=True)
            )
        return Line(reader, writer, watch, watch.certificate)

    async def shown(self, goal: Goal) -> Certificate | None:
        """The certificate of a server that we do not believe: a second handshake, nothing sent."""
        try:
            line = await self.dial(goal, Watch(), tls=True, verify=False)
        except OSError:
            return None
        line.close()
        return line.certificate

    async def _addresses(self, host: str, port: int) -> list[Any]:
        kind, protocol = socket.SOCK_STREAM, socket.IPPROTO_TCP
        if aiohttp.helpers.is_ip_address(host):
            found = [host]
        else:
            try:
                found = [one["host"] for one in await self._resolver().resolve(host, port)]
            except OSError as error:
                words = f"the name {host} cannot be looked up: {error.strerror}"
                raise NoName(error.errno, words) from error
        return [
            (socket.AF_INET6, kind, protocol, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, kind, protocol, "", (address, port))
            for address in found
        ]
