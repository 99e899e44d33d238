"""A name server on loopback, over UDP and TCP, that answers well, badly or not at all."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from dns.message import Message


@dataclass
class Zone:
    """`records` by name and type, e.g. {"a.test A": ["127.0.0.1"]}. What is not there is NXDOMAIN.

    `odd` names misbehave: silent, garbage, truncated (over UDP), or the name of an rcode; a
    type behind the name (`a.test AAAA`) limits it to questions of that type.
    """

    records: dict[str, list[str]] = field(default_factory=dict)
    odd: dict[str, str] = field(default_factory=dict)
    ttl: int = 60
    asked: Counter[str] = field(default_factory=Counter)
    address: str = ""

    def answer(self, wire: bytes, *, tcp: bool) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        key = f"{name} {dns.rdatatype.to_text(question.rdtype)}"
        self.asked[key] += 1
        odd = self.odd.get(key) or self.odd.get(name, "")
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if odd == "silent":
            return None
        if odd == "garbage":
            return wire[:2] + b"\xff" * 30
        if odd == "truncated" and not tcp:
            reply.flags |= dns.flags.TC
        elif odd and odd != "truncated":
            reply.set_rcode(dns.rcode.from_text(odd))
        else:
            self._fill(reply, name, key)
        try:
            return reply.to_wire(max_size=65535 if tcp else max(query.payload, 512))
        except dns.exception.TooBig:
            reply.answer.clear()
            reply.flags |= dns.flags.TC
            return reply.to_wire()

    def _fill(self, reply: Message, name: str, key: str) -> None:
        values = self.records.get(key)
        if values:
            kind = key.rpartition(" ")[2]
            reply.answer.append(dns.rrset.from_text(f"{name}.", self.ttl, "IN", kind, *values))
        elif not any(known.startswith(f"{name} ") for known in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        reply = self.zone.answer(data, tcp=False)
        if reply is not None:
            self.transport.sendto(reply, address)


@asynccontextmanager
async def name_server(zone: Zone) -> AsyncIterator[Zone]:
    """Serve the zone; `zone.address` is then its address and port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        reply = zone.answer(await reader.readexactly(length), tcp=True)
        if reply is not None:
            writer.write(len(reply).to_bytes(2, "big") + reply)
            await writer.drain()
        writer.close()

    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Udp(zone), local_addr=("127.0.0.1", port)
    )
    zone.address = f"{host}:{port}"
    try:
        yield zone
    finally:
        transport.close()
        server.close()
        await server.wait_closed()
