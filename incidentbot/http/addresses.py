"""Which addresses are outside. Judged when the socket is made, after every look-up."""

import errno
import ipaddress
import socket
from typing import Any

PRIVATE = "is not a public address"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


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


def public_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for one of `getaddrinfo`'s answers; PermissionError when it leads inside."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise PermissionError(errno.EPERM, f"{address[0]} {PRIVATE}")
    return socket.socket(family=family, type=kind, proto=protocol)
