"""A name has the records it should have, asked of a server of one's choice, without any cache."""

import asyncio
import errno
import socket
from typing import Annotated, Any, Literal

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.inet
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
from dns.message import Message
from pydantic import AfterValidator, Field

from incidentbot import clock
from incidentbot.settings.values import Matching, refuse
from incidentbot.signals import Reason
from incidentbot.signals.probes.contract import (
    CheckOptions,
    Context,
    Result,
    Text,
    in_time,
    milliseconds,
)

TYPES = Literal["A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NS", "PTR", "SOA", "SRV", "TXT"]
RCODES = Literal["NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "FORMERR", "NOTIMP"]


def _domain(text: str) -> str:
    if set(text) & set("/: @"):
        refuse("is not a domain name", "a name such as www.example.com, without https:// and port")
    try:
        dns.name.from_text(text)
    except (dns.exception.DNSException, UnicodeError) as error:
        refuse(f"is not a domain name: {error}", "a name such as www.example.com")
    return text


Domain = Annotated[Text, AfterValidator(_domain)]
Server = Annotated[
    str,
    Matching(
        r"[0-9.]{7,15}(:[0-9]{1,5})?|[0-9A-Fa-f:.]{2,45}|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?",
        "the address of a name server",
        '"192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:53"',
    ),
]


class Options(CheckOptions):
    """Options of a check of the kind `dns`."""

    domain: Domain = Field(description="Name to look up.")
    type: TYPES = Field("A", description="Type of the records.")
    server: Server | None = Field(
        None, description="Address of the name server to ask; left out: those of this machine."
    )
    expect: tuple[Text, ...] = Field(
        (), description="Values that must be among the answers, as `dig +short` prints them."
    )
    rcode: RCODES = Field("NOERROR", description="Code of a right answer.")


async def check(options: Options, context: Context) -> Result:
    """Ask once, over UDP and, where the answer is too long for that, over TCP."""
    start = clock.monotonic()
    try:
        servers = [options.server] if options.server else _system_servers()
        question = dns.message.make_query(options.domain, options.type, use_edns=0)
        async with asyncio.timeout(options.timeout.total_seconds()):
            answer = await _ask(question, servers)
    except TimeoutError:
        words = f"no answer within {options.timeout.total_seconds():.3g} s"
        return _failure("timeout", words, start)
    except OSError as error:
        return _failure(_reason(error), error.strerror or "the server cannot be reached", start)
    except dns.resolver.NoResolverConfiguration:
        return Result(None, "internal", "this machine has no name servers", milliseconds(start))
    except (dns.exception.DNSException, ValueError):
        return _failure("wrong_body", "the answer is not one of DNS", start)
    return _judge(options, answer, milliseconds(start))


def _system_servers() -> list[str]:
    return [str(server) for server in dns.resolver.Resolver().nameservers]


async def _ask(question: Message, servers: list[str]) -> Message:
    """The first answer; the next server is asked when one refuses the packet."""
    error = OSError(errno.EHOSTUNREACH, "no name server can be reached")
    for server in servers:
        host, port = _split(server)
        try:
            answer = await _one(question, host, port)
        except OSError as failed:
            if isinstance(failed, TimeoutError) and failed.errno is None:
                raise
            error = failed
        else:
            return answer
    raise error


async def _one(question: Message, host: str, port: int) -> Message:
    """Ask from a connected socket: only that one hears that nobody listens there."""
    family = dns.inet.af_for_address(host)
    backend = dns.asyncbackend.get_default_backend()
    make: Any = backend.make_socket
    async with await make(family, socket.SOCK_DGRAM, 0, None, (host, port)) as connected:
        answer, _ = await dns.asyncquery.udp_with_fallback(
            question, host, port=port, udp_sock=connected
        )
    return answer


def _split(server: str) -> tuple[str, int]:
    if server.startswith("["):
        host, _, rest = server[1:].partition("]")
        return host, int(rest[1:] or 53)
    host, _, port = server.partition(":") if server.count(":") == 1 else (server, "", "")
    return host, int(port or 53)


def _judge(options: Options, answer: Message, latency: float) -> Result:
    phases = {"answer": latency}
    code = dns.rcode.to_text(answer.rcode())
    if code != options.rcode:
        words = f"answered {code} instead of {options.rcode}"
        return Result(False, "dns", words, latency, phases)
    kind = dns.rdatatype.from_text(options.type)
    found = [
        record.to_text().removesuffix(".").strip('"')
        for rrset in answer.answer
        if rrset.rdtype == kind
        for record in rrset
    ]
    if not found and options.rcode == "NOERROR":
        words = f"{options.domain} has no record of the type {options.type}"
        return Result(False, "dns", words, latency, phases)
    missing = [want for want in options.expect if want.removesuffix(".").strip('"') not in found]
    if missing:
        has = ", ".join(sorted(found)[:5])[:120]
        words = f"{', '.join(missing)[:120]} is not among the answers ({has})"
        return Result(False, "wrong_body", words, latency, phases)
    return in_time(options, latency, phases)


def _failure(reason: Reason, words: str, start: float) -> Result:
    return Result(False, reason, words, milliseconds(start))


def _reason(error: OSError) -> Reason:
    if error.errno == errno.ECONNREFUSED:
        return "refused"
    return "reset" if isinstance(error, ConnectionError) else "unreachable"
