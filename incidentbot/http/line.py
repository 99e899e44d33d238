"""A plain connection, with or without TLS, for what is not HTTP."""

import asyncio
import ssl
from dataclasses import dataclass

from incidentbot.http.certificate import Certificate
from incidentbot.http.watch import Watch


@dataclass(frozen=True, slots=True)
class Line:
    """Both directions of a connection. `close()` it; `watch` holds its phases."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    watch: Watch
    certificate: Certificate | None = None

    def close(self) -> None:
        self.writer.transport.abort()

    @property
    def secure(self) -> ssl.SSLObject | None:
        found: ssl.SSLObject | None = self.writer.get_extra_info("ssl_object")
        return found
