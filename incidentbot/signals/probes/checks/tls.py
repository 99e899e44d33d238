"""A server proves who it is: handshake, chain, name, and how long the certificate is still good."""

from datetime import timedelta

from pydantic import Field

from incidentbot import clock
from incidentbot.signals.probes.checks._ports import Host, Place, Port
from incidentbot.signals.probes.checks._web import expiring, unanswered, with_certificate
from incidentbot.signals.probes.contract import (
    CheckOptions,
    Context,
    Duration,
    Failed,
    Result,
    in_time,
    milliseconds,
)


class Options(Place, CheckOptions):
    """Options of a check of the kind `tls`."""

    port: Port = Field(443, description="Port to connect to.")
    server_name: Host | None = Field(
        None, description="Name that the certificate must be for; left out: the host."
    )
    cert_expires_in: Duration = Field(
        timedelta(days=14), description="A certificate that ends sooner counts as degraded."
    )


async def check(options: Options, context: Context) -> Result:
    """One handshake. A certificate that is not accepted is told with its date all the same."""
    start = clock.monotonic()
    try:
        async with context.http.line(
            options.host,
            options.port,
            timeout=options.timeout.total_seconds(),
            tls=True,
            server_name=options.server_name or "",
            allow_private=options.allow_private,
        ) as line:
            certificate, watch = line.certificate, line.watch
    except Failed as error:
        return unanswered(error, milliseconds(start), options.cert_expires_in)
    result = in_time(options, milliseconds(start), watch.phases, watch.note)
    return with_certificate(result, expiring(certificate, options.cert_expires_in))
