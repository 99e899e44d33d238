"""Amazon SNS: CloudWatch alarms and AWS Health events, signed by Amazon.

A signature proves only that Amazon SNS sent it, and anybody may have a topic there. So the topics
are named in the configuration, and nothing else is listened to, nor confirmed.
"""

import base64
import binascii
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pydantic import Field, field_validator

from incidentbot.settings import HookOptions
from incidentbot.settings.values import refuse
from incidentbot.signals import body as bodies
from incidentbot.signals.hooks.contract import (
    Body,
    Feed,
    Request,
    Signal,
    Unproven,
    harmless,
    moment,
    mute,
    text_of,
)
from incidentbot.signals.hooks.proof import fresh, mark
from incidentbot.signals.hooks.receivers._aws import alarm, event, region_of

ALARM = {"AlarmName", "NewStateValue"}
HANDSHAKES = ("SubscriptionConfirmation", "UnsubscribeConfirmation")
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    **dict.fromkeys(
        HANDSHAKES,
        ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
HOST = re.compile(r"sns\.[a-z]{2}(?:-[a-z]+){1,3}-\d\.amazonaws\.com(?:\.cn)?")
CERTIFICATE = re.compile(r"/[A-Za-z0-9_-]{1,100}\.pem")
ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{6,12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")
# SNS tries for an hour; a repeat within this time is known by its MessageId.
WITHIN = timedelta(hours=6)


class Options(HookOptions):
    topics: tuple[str, ...] = Field(
        min_length=1, description="Topics that are listened to and confirmed, by their ARN."
    )

    @field_validator("topics")
    @classmethod
    def _are_topics(cls, topics: tuple[str, ...]) -> tuple[str, ...]:
        for topic in topics:
            if not ARN.fullmatch(topic):
                refuse("holds what is no topic", "arn:aws:sns:us-east-1:123456789012:alarms")
        return topics


def recognises(body: Body) -> bool:
    """Also an alarm by itself, as raw delivery sends it: to be read, though it proves nothing."""
    if not isinstance(body.json, dict):
        return False
    return set(body.json) >= {"Type", "TopicArn", "MessageId"} or set(body.json) >= ALARM


def fetches(request: Request, options: Options) -> tuple[str, ...]:
    """The address of the certificate; asked for only when all that is cheap to see is right."""
    return (_address(_ours(request, options)),)


def authenticate(request: Request, options: Options) -> str:
    """Signed (version 1 or 2) by a certificate that Amazon serves, in time, from a topic of ours.

    Raises Unproven or Stale.
    """
    page = _ours(request, options)
    pem = request.fetched.get(_address(page))
    if pem is None:
        raise Unproven("the certificate is not at hand")
    _verify(page, _certificate(pem, request), page["Signature"])
    fresh(moment(page["Timestamp"]), request.now, WITHIN)
    return mark(page["TopicArn"], page["MessageId"])


def _ours(request: Request, options: Options) -> dict[str, str]:
    page = bodies.read(request.raw).json
    kind = page.get("Type") if isinstance(page, dict) else None
    if not isinstance(page, dict) or not isinstance(kind, str) or kind not in SIGNED:
        raise Unproven("not a message of SNS")
    needed = {*SIGNED[kind], "Signature", "SignatureVersion", "SigningCertURL"} - {"Subject"}
    missing = sorted(key for key in needed if not isinstance(page.get(key), str))
    if missing:
        raise Unproven(f"{', '.join(missing)} is missing")
    if page["TopicArn"] not in options.topics:
        raise Unproven("the topic is none of `topics`")
    return page


def _address(page: dict[str, str]) -> str:
    """The certificate's address, if Amazon alone can have put something there.

    No query: the same host answers anybody's signed requests with what they have stored there.
    """
    url = page["SigningCertURL"]
    if not _is_amazons(url) or "?" in url or not CERTIFICATE.fullmatch(urlsplit(url).path):
        raise Unproven("the certificate's address is not one of Amazon SNS")
    return url


def _is_amazons(url: str) -> bool:
    if not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
        return False  # what two readers of addresses may read differently
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and parts.netloc == (parts.hostname or "")
        and port is None
        and not parts.fragment
        and HOST.fullmatch(parts.netloc) is not None
    )


def _certificate(pem: bytes, request: Request) -> rsa.RSAPublicKey:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
    except ValueError as error:
        raise Unproven("what the certificate's address serves is none") from error
    if not certificate.not_valid_before_utc <= request.now <= certificate.not_valid_after_utc:
        raise Unproven("the certificate is not valid now")
    if not isinstance(key, rsa.RSAPublicKey):
        raise Unproven("the certificate's key is not RSA")
    return key


def _verify(page: dict[str, str], key: rsa.RSAPublicKey, signature: str) -> None:
    versions: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}
    algorithm = versions.get(page["SignatureVersion"])
    if algorithm is None:
        raise Unproven("a version of the signature that is not known")
    names = [n for n in SIGNED[page["Type"]] if isinstance(page.get(n), str)]
    signed = "".join(f"{name}\n{page[name]}\n" for name in names)
    try:
        given = base64.b64decode(signature, validate=True)
        key.verify(given, signed.encode(), padding.PKCS1v15(), algorithm)
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise Unproven("the signature is not right") from error


def follow_up(body: Body, options: Options) -> str:
    """Where a subscription is confirmed: only at Amazon, and only for the topic that asks."""
    page = body.json if isinstance(body.json, dict) else {}
    if page.get("Type") != "SubscriptionConfirmation":
        return ""
    url, topic = page.get("SubscribeURL"), page.get("TopicArn")
    if not isinstance(url, str) or not _is_amazons(url) or topic not in options.topics:
        return ""
    asked = parse_qs(urlsplit(url).query)
    right = asked.get("Action") == ["ConfirmSubscription"] and asked.get("TopicArn") == [topic]
    return url if right else ""


def parse(body: Body, feed: Feed) -> list[Signal]:
    if not recognises(body):
        return mute(feed, "not a message of SNS: Type, TopicArn or MessageId is missing")
    page: dict[str, Any] = body.json
    if "TopicArn" not in page:
        return alarm(page, feed, "")
    if page["Type"] in HANDSHAKES:
        return harmless(feed, "handshake", f"{page['Type']} of {text_of(page['TopicArn'])}")
    return _notification(page, feed)


def _notification(page: dict[str, Any], feed: Feed) -> list[Signal]:
    message = page.get("Message")
    try:
        data = message if isinstance(message, dict) else json.loads(str(message))
    except (ValueError, RecursionError):
        return harmless(feed, "note", "the Message is text and no alarm")
    if isinstance(data, dict) and "AlarmName" in data:
        return alarm(data, feed, region_of(text_of(page["TopicArn"])))
    if isinstance(data, dict) and "detail-type" in data:
        return event(data, feed)
    return harmless(feed, "note", "the Message is neither an alarm nor an event")
