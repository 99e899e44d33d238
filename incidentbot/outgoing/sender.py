"""One POST: signed, bounded, and judged.

The signature is that of the Standard Webhooks specification (standardwebhooks.com): HMAC-SHA256
over `id.timestamp.body`, so that receivers can verify it with a library they have already.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from incidentbot import clock
from incidentbot.http import Answer, Failed, Http
from incidentbot.settings.model import WebhookSettings

MOST_READ = 64 * 1024  # bytes of an answer; nothing in it matters
LONGEST_WAIT = 3600.0  # seconds that a receiver may ask us to wait at most


@dataclass(frozen=True, slots=True)
class Outcome:
    """`taken`, or else `again`: it may work later (after `wait` seconds when they said so)."""

    taken: bool
    again: bool = False
    why: str = ""
    wait: float | None = None


async def send(http: Http, webhook: WebhookSettings, message_id: str, body: str) -> Outcome:
    """Deliver once. Network trouble, 429 and 5xx are worth another try; other answers are final."""
    raw = body.encode()
    try:
        answer = await http.request(
            "POST",
            webhook.url,
            timeout=webhook.timeout.total_seconds(),
            headers=headers(webhook, message_id, raw, clock.now()),
            body=raw,
            allow_private=webhook.allow_private,
            max_bytes=MOST_READ,
            redirects=0,
        )
    except Failed as error:
        return Outcome(False, again=error.reason != "internal", why=error.message)
    return judge(answer, clock.now())


def judge(answer: Answer, now: datetime) -> Outcome:
    """What an answer means for the delivery."""
    status = answer.status
    if 200 <= status < 300:
        return Outcome(True)
    why = f"answered {status}"
    if status in (408, 425, 429) or status >= 500:
        return Outcome(
            False, again=True, why=why, wait=_asked(answer.headers.get("Retry-After", ""), now)
        )
    if 300 <= status < 400:
        why += "; give the address it leads to"
    return Outcome(False, why=why)


def headers(webhook: WebhookSettings, message_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers of one attempt; signed where there is a secret."""
    stamp = str(int(at.timestamp()))
    found = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
    }
    if webhook.secret is not None:
        found["webhook-signature"] = signature(webhook.secret.reveal(), message_id, stamp, body)
    return found


def signature(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    """`v1,` and the HMAC in base64. A secret of the form `whsec_...` is base64 for the key."""
    signed = f"{message_id}.{stamp}.".encode() + body
    mac = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}"


def _key(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass  # then it is a secret that only looks like one of theirs
    return secret.encode()


def _asked(text: str, now: datetime) -> float | None:
    """Retry-After in seconds, given as such or as a date; None when it says nothing usable."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT)
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    if then.tzinfo is None:
        return None
    return min(max(0.0, (then - now).total_seconds()), LONGEST_WAIT)
