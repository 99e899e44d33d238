"""The client: one call, one answer or one reason. Proxies named in the environment are not used."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from incidentbot import clock
from incidentbot.http.addresses import PRIVATE
from incidentbot.http.certificate import Certificate
from incidentbot.http.connector import OLDEST, Connector
from incidentbot.http.dialer import Dialer, Goal, Line
from incidentbot.http.faults import Failed, explain, late
from incidentbot.http.resolver import Resolver
from incidentbot.http.watch import WATCH, Watch

MAX_BODY = 2 * 1024 * 1024
MAX_REDIRECTS = 5
USER_AGENT = "incidentbot"
DOUBTED = 100_000  # addresses remembered as doubtful at most

_REPEATABLE = {"GET", "HEAD", "OPTIONS"}
_MOVED = {301, 302, 303, 307, 308}
# Of the caller's headers, those that another host may see too.
_HARMLESS = {"accept", "if-modified-since", "if-none-match", "range"}
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=None)
_BROKEN = (aiohttp.ClientError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` ignore case; `cut` means the body was longer than allowed.

    `phases` are in milliseconds from the start: dns, connect, tls, answer (the headers), body;
    the first three only where a connection was made. `note`: something odd on the way, in words.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool
    url: str
    phases: Mapping[str, float]
    phrase: str = ""
    certificate: Certificate | None = None
    note: str = ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    url: URL
    headers: Mapping[str, str] | None
    body: bytes | None
    max_bytes: int


class Http:
    """Make one per process, inside the running loop; `close()` it at the end.

    `servers` ("address:port") are asked for names instead of those of the machine. A pooled
    connection is not used again after `oldest` seconds.
    """

    def __init__(self, servers: Sequence[str] = (), *, oldest: float = OLDEST) -> None:
        self._servers = servers
        self._oldest = oldest
        self._names: Resolver | None = None
        self._dialer = Dialer(lambda: self._resolver)
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._doubted: set[str] = set()

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
        """One call, at most `timeout` seconds in all. Raises Failed when nothing usable came.

        The connection may be a pooled one, at most a minute old; after a failure it is a new one.
        """
        doubted = bool(self._doubted) and url in self._doubted
        if doubted:
            self._doubted.discard(url)
        watch = Watch(fresh=doubted or method not in _REPEATABLE)
        WATCH.set(watch)
        try:
            async with asyncio.timeout(timeout):
                call = _Call(method, URL(url), headers, body, max_bytes)
                return await self._travel(call, watch, redirects, allow_private)
        except TimeoutError:
            self.distrust(url)
            raise Failed(*late(watch.stage, timeout), watch.phases, watch.certificate) from None
        except Failed:
            self.distrust(url)
            raise

    async def get(self, url: str, *, timeout: float, **rest: Any) -> Answer:
        """`request` with the method GET."""
        return await self.request("GET", url, timeout=timeout, **rest)

    def distrust(self, url: str) -> None:
        """Make the next call of this address use a connection of its own."""
        if len(self._doubted) >= DOUBTED:
            self._doubted.clear()
        self._doubted.add(url)

    @asynccontextmanager
    async def line(
        self,
        host: str,
        port: int,
        *,
        timeout: float,
        tls: bool = False,
        server_name: str = "",
        allow_private: bool = False,
    ) -> AsyncIterator[Line]:
        """A connection for what is not HTTP; all within the block takes at most `timeout` seconds.

        Whatever breaks within it is raised as Failed.
        """
        watch = Watch()
        WATCH.set(watch)
        goal = Goal(host, port, server_name or host, allow_private)
        try:
            async with asyncio.timeout(timeout):
                try:
                    made = await self._dialer.dial(goal, watch, tls=tls)
                    try:
                        yield made
                    finally:
                        made.close()
                except (OSError, EOFError) as error:
                    if isinstance(error, TimeoutError) and error.errno is None:
                        raise
                    raise await self._failed(error, watch, goal) from error
        except TimeoutError:
            raise Failed(*late(watch.stage, timeout), watch.phases, watch.certificate) from None

    async def close(self) -> None:
        sessions, self._sessions = list(self._sessions.values()), {}
        names, self._names = self._names, None
        for session in sessions:
            await session.close()
        if names is not None:
            await names.close()
        if sessions:
            await asyncio.sleep(0)  # transports say goodbye in the next turn of the loop

    async def _travel(self, call: _Call, watch: Watch, redirects: int, private: bool) -> Answer:
        """The call and whatever it is redirected to."""
        session, hops = self._session(private), 0
        while True:
            try:
                answer = await self._once(session, call, watch)
            except _BROKEN as error:
                if isinstance(error, TimeoutError) and error.errno is None:
                    raise
                if hops and PRIVATE in str(error):
                    words = f"redirected to {call.url.host}, which {PRIVATE}"
                    raise Failed("redirects", words, watch.phases) from error
                host = call.url.raw_host or ""
                goal = Goal(host, call.url.port or 0, host, private)
                raise await self._failed(error, watch, goal) from error
            if redirects == 0 or answer.status not in _MOVED or "Location" not in answer.headers:
                return answer
            hops += 1
            if hops > redirects:
                raise Failed("redirects", f"more than {redirects} redirects", watch.phases)
            call = _next(call, answer, watch)

    async def _once(self, session: aiohttp.ClientSession, call: _Call, watch: Watch) -> Answer:
        """One request. A pooled connection that turns out dead is no failure yet."""
        while True:
            watch.made, watch.stage = False, "answer"
            try:
                async with session.request(
                    call.method,
                    call.url,
                    headers=call.headers,
                    data=call.body,
                    allow_redirects=False,
                    ssl=self._dialer.trust if call.url.scheme == "https" else True,
                ) as response:
                    watch.passed("answer", "body")
                    content, cut = await _read(response, call.max_bytes)
                    watch.passed("body", "body")
                    return Answer(
                        response.status,
                        response.headers,
                        content,
                        cut,
                        str(call.url),
                        watch.phases,
                        response.reason or "",
                        watch.certificate,
                        watch.note,
                    )
            except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
                if watch.made or watch.fresh:
                    raise
                watch.fresh = True

    async def _failed(self, error: BaseException, watch: Watch, goal: Goal) -> Failed:
        """What is to be raised; with the date of a certificate that was not accepted."""
        reason, words = explain(error, watch.stage)
        certificate = watch.certificate
        if reason in ("tls", "cert_expired"):
            certificate = certificate or await self._dialer.shown(goal)
            if certificate is not None:
                words += f"; {certificate.told(clock.now())}"
                if certificate.ends < clock.now():
                    reason = "cert_expired"  # also of one that had other faults before
        return Failed(reason, words, watch.phases, certificate)

    @property
    def _resolver(self) -> Resolver:
        if self._names is None:
            self._names = Resolver(self._servers)
        return self._names

    def _session(self, allow_private: bool) -> aiohttp.ClientSession:
        if allow_private not in self._sessions:
            session = aiohttp.ClientSession(
                connector=Connector(
                    self._resolver, allow_private=allow_private, oldest=self._oldest
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                timeout=_NO_TIMEOUT,  # one clock is enough, and ours covers redirects too
                headers={"User-Agent": USER_AGENT},
            )
            # It would repeat a call on a new connection that broke, and so hide every other reset.
            session._retry_connection = False
            self._sessions[allow_private] = session
        return self._sessions[allow_private]


def _next(call: _Call, answer: Answer, watch: Watch) -> _Call:
    """The call that a redirect asks for. Another host sees nothing that was meant for the first."""
    try:
        url = call.url.join(URL(answer.headers["Location"]))
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.raw_host:
        raise Failed("redirects", "redirected to what is no web address", watch.phases)
    headers = call.headers
    if headers and url.origin() != call.url.origin():
        headers = {name: value for name, value in headers.items() if name.lower() in _HARMLESS}
    method, body = call.method, call.body
    if method != "HEAD" and (
        answer.status == 303 or (answer.status in (301, 302) and method == "POST")
    ):
        method, body = "GET", None
    return _Call(method, url, headers, body, call.max_bytes)


async def _read(response: aiohttp.ClientResponse, most: int) -> tuple[bytes, bool]:
    """The unpacked body, and whether it was longer than `most` bytes."""
    stream = response.content
    chunk = await stream.readany()
    if stream.at_eof() and len(chunk) <= most:
        return chunk, False
    content = bytearray()
    while chunk:
        content += chunk
        if len(content) > most:
            response.close()
            return bytes(content[:most]), True
        chunk = await stream.readany()
    return bytes(content), False
