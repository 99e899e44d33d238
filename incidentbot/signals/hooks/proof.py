"""How a sender proves itself: a shared secret, or a signature over the very bytes it sent."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from incidentbot import ids
from incidentbot.settings import HookOptions
from incidentbot.settings.secrets import Secret
from incidentbot.settings.values import Flag, HeaderName
from incidentbot.signals.hooks.alerts import moment
from incidentbot.signals.hooks.contract import Request, Stale, Unproven

SECRET = "Variable that holds what the sender proves itself with."
PLAIN_HEADER = "X-Incidentbot-Secret"
SIGNED_WITHIN = timedelta(minutes=5)  # between the sender's clock when it signed, and ours
AHEAD = timedelta(minutes=5)


class SecretOptions(HookOptions):
    """A shared secret, in a header; or, with `signature_header`, the key of an HMAC."""

    secret: Secret = Field(description=SECRET)
    header: HeaderName | None = Field(
        None,
        description="Header that holds the secret; left out: `Authorization` (Bearer, or Basic with"
        f" any user) or `{PLAIN_HEADER}`.",
    )
    signature_header: HeaderName | None = Field(
        None,
        description="Header with an HMAC over the body, by the secret; nothing else counts then.",
    )
    signature: Literal["sha256", "sha512", "sha1"] = Field(
        "sha256", description="Digest of the HMAC."
    )
    timestamp_header: HeaderName | None = Field(
        None, description="Header with the time that is signed too, as `<time>:<body>`."
    )


class UrlSecretOptions(SecretOptions):
    """For senders that can be given nothing but an address."""

    secret_in_url: Flag = Field(
        True, description="Take the secret as `?secret=` in the address too."
    )


def by_secret(request: Request, options: SecretOptions) -> str:
    """The shared secret, or the signature if the options name its header."""
    if options.signature_header is not None:
        return _by_signature(request, options, options.signature_header)
    if not any(same(offer, options.secret.reveal()) for offer in _offers(request, options)):
        raise Unproven("no secret, or a wrong one")
    return ""


def _offers(request: Request, options: SecretOptions) -> Iterable[str]:
    if getattr(options, "secret_in_url", False):
        yield request.query.get("secret", "")
    if options.header is not None:
        yield request.headers.get(options.header, "")
        return
    yield request.headers.get(PLAIN_HEADER, "")
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield given.strip()
    elif scheme.lower() == "basic":
        yield _password(given)


def _password(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _by_signature(request: Request, options: SecretOptions, header: str) -> str:
    signed = request.raw
    stamp = ""
    if options.timestamp_header is not None:
        stamp = request.headers.get(options.timestamp_header, "")
        signed = _bytes(stamp) + b":" + request.raw
    given = request.headers.get(header, "").strip()
    given = given.removeprefix(f"{options.signature}=").removeprefix("v1=")
    if not signed_by(given, options.secret.reveal(), signed, options.signature):
        raise Unproven("no signature, or one that is not by the secret")
    if options.timestamp_header is not None:
        fresh(moment(stamp), request.now, SIGNED_WITHIN)
    return digest(signed)


def signed_by(given: str, secret: str, signed: bytes, algorithm: str = "sha256") -> bool:
    """Whether `given` (hexadecimal or Base64) is the HMAC of the bytes."""
    mac = hmac.new(secret.encode(), signed, getattr(hashlib, algorithm))
    right = (mac.hexdigest(), base64.b64encode(mac.digest()).decode())
    return same(given.lower(), right[0]) | same(given, right[1])


def same(given: str, secret: str) -> bool:
    """Compared in constant time. An empty secret is never right."""
    return hmac.compare_digest(_bytes(given), _bytes(secret)) and bool(secret)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")  # a header may hold any bytes


def fresh(signed_at: datetime | None, now: datetime, within: timedelta) -> None:
    """Raises Stale unless it was signed within that time before now."""
    if signed_at is None:
        raise Stale("the signed time is missing or is none")
    if now - signed_at > within:
        raise Stale(f"signed at {signed_at:%Y-%m-%d %H:%M:%S} UTC, which is too long ago")
    if signed_at - now > AHEAD:
        raise Stale(f"signed at {signed_at:%Y-%m-%d %H:%M:%S} UTC, which is yet to come")


def digest(signed: bytes) -> str:
    """The mark of signed bytes."""
    return hashlib.sha256(signed).hexdigest()


def mark(*parts: str) -> str:
    """The mark of a delivery that bears an id of its own."""
    return ids.digest(list(parts))
