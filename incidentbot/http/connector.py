"""aiohttp's pool of connections with three additions: age, distrust and a stopwatch.

It overrides hooks of aiohttp that are not public, because the public ones cost too much a call;
tests/contracts/test_http.py notices when an upgrade moves them.
"""

from functools import partial
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

from incidentbot import clock
from incidentbot.http.addresses import public_socket
from incidentbot.http.certificate import Certificate, verified
from incidentbot.http.dialer import EYEBALLS
from incidentbot.http.resolver import Resolver
from incidentbot.http.watch import WATCH

IDLE = 20.0  # seconds that an unused connection is kept
OLDEST = 60.0  # seconds after which a connection is not used again


class _Connection(ResponseHandler):
    """A connection that knows its age and whose certificate it has seen."""

    born: float = 0.0
    certificate: Certificate | None = None


class Connector(aiohttp.TCPConnector):
    """`allow_private`: whether connections may lead inside. `oldest` is in seconds."""

    def __init__(self, resolver: Resolver, *, allow_private: bool, oldest: float) -> None:
        super().__init__(
            limit=0,
            resolver=resolver,
            use_dns_cache=False,  # the resolver keeps its own, by TTL
            keepalive_timeout=IDLE,
            happy_eyeballs_delay=EYEBALLS,
            socket_factory=None if allow_private else public_socket,
        )
        self._names = resolver
        self._oldest = oldest
        self._factory: Any = partial(_Connection, loop=self._loop)

    async def _get(self, key: Any, traces: Any) -> Any:
        watch = WATCH.get()
        if watch.fresh:
            for proto, _ in self._conns.pop(key, ()):
                proto.close()
            return None
        found = await super()._get(key, traces)
        if found is not None:
            kept: Any = found.protocol
            watch.certificate = kept.certificate
        return found

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> Any:
        watch = WATCH.get()
        watch.made, watch.stage = True, "connect"
        proto = await super()._create_connection(req, traces, timeout)
        assert isinstance(proto, _Connection)
        transport = proto.transport
        assert transport is not None
        if req.is_ssl():
            proto.certificate = verified(transport.get_extra_info("peercert") or {})
            watch.certificate = proto.certificate
            watch.passed("tls", "answer")
        else:
            watch.passed("connect", "answer")
        proto.born = clock.monotonic()
        reached = transport.get_extra_info("socket")
        if reached is not None:
            self._names.worked(req.url.raw_host, reached.family)
        return proto

    def _release(self, key: Any, protocol: Any, *, should_close: bool = False) -> None:
        old = clock.monotonic() - protocol.born > self._oldest
        super()._release(key, protocol, should_close=should_close or old)
