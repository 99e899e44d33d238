"""Contexts of TLS that tell the stopwatch when a handshake begins."""

import ssl
from typing import Any

from incidentbot.http.watch import WATCH


class Tls(ssl.SSLContext):
    """Tells the stopwatch when the handshake begins, which is when the connection was made."""

    def wrap_bio(self, *args: Any, **rest: Any) -> ssl.SSLObject:
        watch = WATCH.get(None)
        if watch is not None:
            watch.passed("connect", "tls")
        return super().wrap_bio(*args, **rest)


def trusting(*, verify: bool = True, http: bool = False) -> Tls:
    """A context that trusts the machine's authorities (or the file SSL_CERT_FILE), or anybody."""
    context = Tls(ssl.PROTOCOL_TLS_CLIENT)
    if http:
        context.set_alpn_protocols(["http/1.1"])
    if verify:
        context.load_default_certs()
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
