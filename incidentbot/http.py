"""The one way out over HTTP: bounded in time, size and redirects, and only to public addresses.

An address is judged when the socket is made, after every look-up and redirect, so that no name
and no redirect can lead inside. Proxies named in the environment are never used.
"""

import asyncio
import errno
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

import aiohttp

from incidentbot import clock
from incidentbot.errors import Temporary

MAX_BODY = 2 * 1024 * 1024
MAX_REDIRECTS = 5
USER_AGENT = "incidentbot"

Reason = Literal["timeout", "refused", "reset", "dns", "tls", "wrong_body", "internal"]

_PRIVATE = "is not a public address"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNREACHABLE = {errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL}


class Failed(Temporary):
    """There was no answer.

    `reason` is one word for programs: "internal" means that our own rules forbade the call.
    """

    def __init__(self, reason: Reason, message: str, phases: Mapping[str, float]) -> None:
        super().__init__(message)
        self.reason: Reason = reason
        self.phases = phases


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` ignore case; `cut` means the body was longer than allowed.

    `phases` are in milliseconds from the start: dns, connect, answer (the headers), body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool
    url: str
    phases: Mapping[str, float]

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")


class Http:
    """Make one per process, inside the running loop; `close()` it at the end."""

    def __init__(self) -> None:
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def request(
        self,
        method: str,
        url: str,
        *,
        timeout: float,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        allow_private: bool = False,
        max_bytes: int = MAX_BODY,
        redirects: int = MAX_REDIRECTS,
    ) -> Answer:
        """One call, at most `timeout` seconds in all. Raises Failed when nothing usable came."""
        phases: dict[str, float] = {}
        start = clock.monotonic()
        try:
            async with self._session(allow_private).request(
                method,
                url,
                headers=headers,
                data=body,
                timeout=aiohttp.ClientTimeout(total=timeout, ceil_threshold=timeout + 1),
                allow_redirects=redirects > 0,
                max_redirects=redirects + 1,  # the client counts the one it refuses
                trace_request_ctx=(start, phases),
            ) as response:
                content, cut = await _read(response, max_bytes)
                phases["body"] = _since(start)
                return Answer(
                    response.status, response.headers, content, cut, str(response.url), phases
                )
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            reason, words = _explain(error, timeout)
            raise Failed(reason, words, phases) from error

    async def get(self, url: str, *, timeout: float, **rest: Any) -> Answer:
        """`request` with the method GET."""
        return await self.request("GET", url, timeout=timeout, **rest)

    async def close(self) -> None:
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()
        if sessions:
            await asyncio.sleep(0)  # transports say goodbye in the next turn of the loop

    def _session(self, allow_private: bool) -> aiohttp.ClientSession:
        if allow_private not in self._sessions:
            connector = aiohttp.TCPConnector(
                limit=0, socket_factory=None if allow_private else _public_socket
            )
            self._sessions[allow_private] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                trace_configs=[_stopwatch()],
                headers={"User-Agent": USER_AGENT},
            )
        return self._sessions[allow_private]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet, also when wrapped in an IPv6 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _public_socket(info: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise PermissionError(errno.EPERM, f"{address[0]} {_PRIVATE}")
    return socket.socket(family=family, type=kind, proto=protocol)


async def _read(response: aiohttp.ClientResponse, most: int) -> tuple[bytes, bool]:
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > most:
            response.close()
            return bytes(content[:most]), True
    return bytes(content), False


def _since(start: float) -> float:
    return round((clock.monotonic() - start) * 1000, 2)


def _stopwatch() -> aiohttp.TraceConfig:
    async def mark(name: str, context: SimpleNamespace) -> None:
        start, phases = context.trace_request_ctx
        phases[name] = _since(start)

    async def resolved(_session: Any, context: SimpleNamespace, _params: Any) -> None:
        await mark("dns", context)

    async def connected(_session: Any, context: SimpleNamespace, _params: Any) -> None:
        await mark("connect", context)

    async def answered(_session: Any, context: SimpleNamespace, _params: Any) -> None:
        await mark("answer", context)

    trace = aiohttp.TraceConfig()
    trace.on_dns_resolvehost_end.append(resolved)
    trace.on_connection_create_end.append(connected)
    trace.on_request_end.append(answered)
    return trace


def _explain(error: BaseException, timeout: float) -> tuple[Reason, str]:
    """One reason and a few words for whatever the client raised."""
    match error:
        case TimeoutError():
            return "timeout", f"no complete answer within {timeout:g} s"
        case aiohttp.ClientConnectorDNSError():
            return "dns", f"the name {error.host} cannot be looked up"
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return "tls", f"no secure connection: {error}"
        case aiohttp.TooManyRedirects():
            return "wrong_body", "too many redirects"
        case aiohttp.InvalidURL():
            return "internal", "not an address that can be fetched"
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError():
            return "reset", "the connection ended before the answer was complete"
        case OSError():
            return _explain_os_error(error)
        case aiohttp.ClientResponseError():
            return "wrong_body", "the answer is not HTTP"
    return "internal", f"{type(error).__name__}: {error}"


def _explain_os_error(error: OSError) -> tuple[Reason, str]:
    if _PRIVATE in str(error):
        return "internal", f"refused by our own rule: {error.strerror}; see allow_private"
    if error.errno in _UNREACHABLE or isinstance(error, aiohttp.ClientConnectorError):
        return "refused", error.strerror or "no connection"
    return "reset", error.strerror or "the connection broke"
