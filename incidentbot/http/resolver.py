"""Looks names up without threads and remembers them for as long as their records allow.

c-ares reads /etc/hosts and knows localhost. A and AAAA are asked at the same time, and a server
that keeps quiet about one of them holds nothing up. An answer that has run out is used for a
little longer when nobody answers any more; the caller is told.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiodns
from aiodns.error import ARES_ENODATA, ARES_ENOTFOUND, DNSError
from aiohttp.abc import AbstractResolver, ResolveResult

from incidentbot import clock
from incidentbot.http.faults import NoName
from incidentbot.http.watch import WATCH

SHORTEST, LONGEST = 1.0, 3600.0  # seconds that an answer is kept, whatever its TTL
ABSENT = 1.0  # seconds that "there is no such name" is kept
STALE = 30.0  # seconds beyond its TTL that an answer serves while nobody answers
PATIENCE = 0.05  # seconds that the second family may come later than the first (RFC 8305)
REMEMBERED = 600.0  # seconds that the family which worked last is tried first
MOST = 20_000  # names kept
TRY, TRIES = 1.0, 3  # seconds of the first try, doubled by each next one

_FAMILIES = (socket.AF_INET6, socket.AF_INET)
_FLAGS = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


@dataclass(slots=True)
class _Known:
    """Addresses of one name, or why there are none. `lists` holds them made up per port."""

    addresses: tuple[str, ...]
    until: float
    error: OSError | None = None
    lists: dict[int, list[ResolveResult]] = field(default_factory=dict)


class Resolver(AbstractResolver):
    """`servers` ("address:port") stand in for those of the machine. Make it in a running loop."""

    def __init__(self, servers: Sequence[str] = ()) -> None:
        self._dns = aiodns.DNSResolver(servers or None, timeout=TRY, tries=TRIES)
        self._known: dict[str, _Known] = {}
        self._asked: dict[str, asyncio.Task[_Known]] = {}
        self._worked: dict[str, tuple[int, float]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Addresses in the order to try them. OSError when there are none."""
        known = self._known.get(host)
        if known is None or known.until <= clock.monotonic():
            known = await self._ask(host, known)
        if known.error is not None:
            raise NoName(*known.error.args)  # a new one: many may wait for the same answer
        made = known.lists.get(port)
        if made is None:
            made = known.lists[port] = self._list(host, port, known.addresses)
        return made

    def worked(self, host: str, family: int) -> None:
        """Try this family first from now on: where IPv6 is closed, that is found out only once."""
        known = self._known.get(host)
        if known is None or len({":" in address for address in known.addresses}) < 2:
            return
        if len(self._worked) >= MOST:
            self._worked.clear()
        self._worked[host] = (family, clock.monotonic() + REMEMBERED)
        known.lists.clear()

    async def close(self) -> None:
        tasks = list(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._dns.close()

    async def _ask(self, host: str, before: _Known | None) -> _Known:
        """One question per name however many wait for it; none of them can cancel it."""
        watch = WATCH.get(None)
        if watch is not None:
            watch.stage = "dns"
        task = self._asked.get(host)
        if task is None:
            task = self._asked[host] = asyncio.create_task(self._look_up(host))
            task.add_done_callback(lambda _: self._asked.pop(host, None))
        found = await asyncio.shield(task)
        if found.error is not None and not _is_final(found.error):
            found = self._outlived(before) or found
            if watch is not None and found.error is None:
                watch.note = "nobody answers for its name; an address from before was used"
        if watch is not None and found.error is None:
            watch.passed("dns", "connect")
        return found

    @staticmethod
    def _outlived(before: _Known | None) -> _Known | None:
        if before is None or before.error is not None:
            return None
        return before if clock.monotonic() < before.until + STALE else None

    async def _look_up(self, host: str) -> _Known:
        asked = [asyncio.create_task(self._family(host, family)) for family in _FAMILIES]
        try:
            done, waiting = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            if any(task.result().error is None for task in done):
                done, waiting = await asyncio.wait(asked, timeout=PATIENCE)
            elif waiting:
                done, waiting = await asyncio.wait(asked)
        finally:
            for task in asked:
                if not task.done():
                    task.cancel()
        found = _joined([task.result() for task in asked if task in done])
        if found.error is None or _is_final(found.error):
            self._keep(host, found)
        return found

    async def _family(self, host: str, family: socket.AddressFamily) -> _Known:
        try:
            found = await self._dns.getaddrinfo(host, family=family, type=socket.SOCK_STREAM)
        except DNSError as error:
            code, words = error.args[0], str(error.args[1] if error.args[1:] else error)
            return _Known((), clock.monotonic() + ABSENT, NoName(code, words))
        ttl = min((node.ttl for node in found.nodes), default=0)
        until = clock.monotonic() + min(max(float(ttl), SHORTEST), LONGEST)
        return _Known(tuple(_text(node.addr[0]) for node in found.nodes), until)

    def _keep(self, host: str, found: _Known) -> None:
        if len(self._known) >= MOST:
            now = clock.monotonic()
            self._known = {name: known for name, known in self._known.items() if known.until > now}
            while len(self._known) >= MOST:
                del self._known[next(iter(self._known))]
        self._known[host] = found

    def _list(self, host: str, port: int, addresses: Sequence[str]) -> list[ResolveResult]:
        family, until = self._worked.get(host, (socket.AF_INET6, 0.0))
        if until < clock.monotonic():
            family = socket.AF_INET6
        ordered = sorted(
            addresses, key=lambda address: (":" in address) != (family == _FAMILIES[0])
        )
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=_of(address), proto=0, flags=_FLAGS
            )
            for address in ordered
        ]


def _joined(answers: Sequence[_Known]) -> _Known:
    """What both families said, as one: addresses if either has some, else the better reason."""
    good = [known for known in answers if known.error is None and known.addresses]
    if good:
        addresses = tuple(address for known in good for address in known.addresses)
        return _Known(addresses, min(known.until for known in good))
    # "Nobody answered" about one family leaves open whether there is such a name.
    errors = [known.error for known in answers if known.error is not None]
    unclear = [error for error in errors if not _is_final(error)]
    until = clock.monotonic() + ABSENT
    return _Known((), until, (unclear or errors or [NoName(ARES_ENODATA, "no address")])[0])


def _is_final(error: OSError) -> bool:
    """Whether the name's servers say that it is not there (and not that they cannot say)."""
    return error.errno in (ARES_ENOTFOUND, ARES_ENODATA)


def _of(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _text(address: bytes | str) -> str:
    return address.decode() if isinstance(address, bytes) else address
