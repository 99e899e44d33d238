"""What a server's certificate says: until when it is good, and for whom."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509


@dataclass(frozen=True, slots=True)
class Certificate:
    """`names` are the DNS names and addresses it was made for."""

    ends: datetime
    names: tuple[str, ...]

    def left(self, now: datetime) -> timedelta:
        """How long it is still good; below zero once it has expired."""
        return self.ends - now

    def told(self, now: datetime) -> str:
        """`the certificate ends on 2026-12-01, in 6 days`."""
        days = self.left(now) // timedelta(days=1)
        day = self.ends.strftime("%Y-%m-%d")
        if self.ends < now:
            return f"the certificate expired on {day}"
        when = "today" if days == 0 else "in 1 day" if days == 1 else f"in {days} days"
        return f"the certificate ends on {day}, {when}"


def verified(peer: Mapping[str, Any]) -> Certificate | None:
    """From `getpeercert()` of a connection whose certificate was verified."""
    if "notAfter" not in peer:
        return None
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(peer["notAfter"]), UTC)
    return Certificate(ends, tuple(name for _, name in peer.get("subjectAltName", ())))


def unverified(der: bytes | None) -> Certificate | None:
    """From the bytes of a certificate that nobody vouches for; None when they are none."""
    if not der:
        return None
    try:
        found = x509.load_der_x509_certificate(der)
        ends = found.not_valid_after_utc
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return Certificate(ends, ())
    except ValueError:
        return None
    return Certificate(ends, tuple(str(name.value) for name in extension.value))
