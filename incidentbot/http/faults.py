"""One reason and a few words for whatever went wrong on the way."""

import errno
import os
import ssl
from collections.abc import Mapping
from typing import Literal

import aiohttp
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong

from incidentbot.errors import Temporary
from incidentbot.http.addresses import PRIVATE
from incidentbot.http.certificate import Certificate

Reason = Literal[
    "timeout",
    "refused",
    "unreachable",
    "reset",
    "cut",
    "too_large",
    "redirects",
    "dns",
    "tls",
    "cert_expired",
    "wrong_body",
    "internal",
]

_UNREACHABLE = {
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.EHOSTDOWN,
    errno.ENETDOWN,
    errno.EADDRNOTAVAIL,
}
_OURS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}
_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED
_WAITING = {
    "dns": "the name was not looked up within {0:.3g} s",
    "connect": "no connection within {0:.3g} s",
    "tls": "no secure connection within {0:.3g} s",
    "answer": "no answer within {0:.3g} s",
    "body": "the answer was not complete within {0:.3g} s",
}


class Failed(Temporary):
    """There was no answer.

    `reason` is one word for programs: "internal" means that our own rules or this machine forbade
    the call. `phases` as in Answer; `certificate` when the other side showed one.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        phases: Mapping[str, float],
        certificate: Certificate | None = None,
    ) -> None:
        super().__init__(message)
        self.reason: Reason = reason
        self.phases = phases
        self.certificate = certificate


class NoName(OSError):
    """A look-up that gave no address; the words are for people."""


def late(stage: str, timeout: float) -> tuple[Reason, str]:
    """Time ran out while waiting for `stage`."""
    return "dns" if stage == "dns" else "timeout", _WAITING[stage].format(timeout)


def explain(error: BaseException, stage: str) -> tuple[Reason, str]:
    """Reason and words for what the client raised while waiting for `stage`."""
    match error:
        case NoName():
            return "dns", error.strerror or "the name cannot be looked up"
        case EOFError():
            return "cut", "the connection ended before the answer was complete"
        case aiohttp.ClientConnectorDNSError():
            return "dns", f"the name {error.host} cannot be looked up: {_words(error.os_error)}"
        case aiohttp.ClientConnectorCertificateError():
            return explain_tls(error.certificate_error)
        case aiohttp.ClientSSLError():
            return explain_tls(error.os_error)
        case ssl.SSLError():
            return explain_tls(error)
        case aiohttp.InvalidURL():
            return "internal", "not an address that can be fetched"
        case aiohttp.ClientPayloadError():
            return _explain_body(error)
        case aiohttp.ServerDisconnectedError():
            return _explain_disconnect(error)
        case OSError():
            return explain_os(error, stage)
        case aiohttp.ClientResponseError():
            return _explain_answer(error)
        case BadHttpMessage() | ValueError():
            return "wrong_body", "the answer is not HTTP"
    return "internal", f"{type(error).__name__}: {error}"


def explain_tls(error: BaseException) -> tuple[Reason, str]:
    """A handshake that failed, in the words of OpenSSL."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason: Reason = "cert_expired" if error.verify_code == _EXPIRED else "tls"
        return reason, f"the certificate is not accepted: {error.verify_message}"
    if isinstance(error, ConnectionError):
        return "tls", "the connection ended during the handshake"
    words = str(getattr(error, "reason", "") or error).replace("_", " ").lower()
    return "tls", f"no secure connection: {words}"


def explain_os(error: OSError, stage: str) -> tuple[Reason, str]:
    """A socket that could not be made or broke."""
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    text = str(inner)
    if PRIVATE in text:
        return "internal", f"refused by our own rule: {_words(inner)}; see allow_private"
    if inner.errno in _OURS:
        return "internal", f"this machine: {_words(inner).lower()}"
    if inner.errno in _UNREACHABLE:
        return "unreachable", f"no way there: {os.strerror(inner.errno or 0).lower()}"
    if inner.errno == errno.ECONNREFUSED or f"[Errno {errno.ECONNREFUSED}]" in text:
        return "refused", "the connection was refused"
    if stage == "tls":
        return "tls", "the connection ended during the handshake"
    if inner.errno == errno.ETIMEDOUT:
        return "timeout", "the connection timed out"
    if stage == "connect" and not isinstance(inner, ConnectionResetError):
        return "unreachable", f"no connection: {_words(inner).lower()}"
    return "reset", "the connection broke"


def _explain_disconnect(error: aiohttp.ServerDisconnectedError) -> tuple[Reason, str]:
    started = not isinstance(error.message, str)  # then it is the beginning of an answer
    words = "before the answer was complete" if started else "without an answer"
    return "cut" if started else "reset", f"the connection ended {words}"


def _explain_body(error: aiohttp.ClientPayloadError) -> tuple[Reason, str]:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, aiohttp.ClientOSError | ConnectionResetError):
            return "reset", "the connection broke before the answer was complete"
        if "decode" in str(cause) or "decompress" in str(cause).lower():
            return "wrong_body", "the body cannot be unpacked"
        cause = cause.__cause__
    return "cut", "the connection ended before the answer was complete"


def _explain_answer(error: aiohttp.ClientResponseError) -> tuple[Reason, str]:
    cause: BaseException | None = error.__cause__
    if (
        isinstance(cause, LineTooLong)
        or "more than" in error.message
        or "Too many" in error.message
    ):
        return "too_large", "the headers are longer than allowed"
    hint = " (a body after a HEAD is not)" if error.request_info.method == "HEAD" else ""
    return "wrong_body", f"the answer is not HTTP{hint}"


def _words(error: OSError) -> str:
    return error.strerror or str(error)
