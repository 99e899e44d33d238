"""HTTP mode: Slack must reach web.public_url, and both must hold the same signing secret.

Asked as Slack asks when an address is entered: a signed `url_verification`, which the bot answers
and forgets.
"""

import json
import re
import secrets
from urllib.parse import urlsplit

from slack_sdk.signature import SignatureVerifier

from incidentbot import clock
from incidentbot.doctor.contract import Finding, NotYet, fault, ok, warning
from incidentbot.doctor.slack_replies import NO_SLACK
from incidentbot.doctor.ward import Ward
from incidentbot.http import Answer, Failed
from incidentbot.settings.values import is_private
from incidentbot.slack.setup.manifest import EVENTS_PATH

TITLE = "Slack over HTTP"
PLACE = 50
NAME = "SLACK_SIGNING_SECRET"
CONNECT = 5.0
WHERE = "https://api.slack.com/apps > your app > Basic Information > Signing Secret"
WHY = "Slack cannot reach the bot: no command and no button works."


async def examine(ward: Ward) -> list[Finding]:
    if not ward.asks_for_slack:
        raise NotYet(NO_SLACK)
    if ward.mode != "http":
        return []
    settings = ward.usable()
    public = settings.web.public_url
    return [*_secret(ward), *_address(public), await _door(ward, public)]


def _secret(ward: Ward) -> list[Finding]:
    if re.fullmatch(r"[0-9a-f]{32}", ward.tokens[NAME].get_secret_value()):
        return [ok(NAME, "is set")]
    return [
        warning(
            NAME,
            "does not look like one: Slack's are 32 hexadecimal digits",
            "With a wrong one everything that Slack sends is turned away.",
            f"Copy it again from {WHERE}.",
        )
    ]


def _address(public: str) -> list[Finding]:
    if urlsplit(public).scheme == "https" and not is_private(public):
        return []
    return [
        fault(
            "web.public_url",
            f"{public} is not an https address that Slack can call",
            WHY,
            "Put the public address in web.public_url, or set SLACK_APP_TOKEN for Socket Mode, "
            "which needs none.",
        )
    ]


async def _door(ward: Ward, public: str) -> Finding:
    url, word = f"{public}{EVENTS_PATH}", secrets.token_hex(8)
    body = json.dumps({"type": "url_verification", "challenge": word, "token": ""})
    try:
        answer = await ward.http.request(
            "POST",
            url,
            timeout=CONNECT,
            headers=_signed(ward, body),
            body=body.encode(),
            allow_private=True,  # it is our own door, wherever it stands
            redirects=0,
        )
    except Failed as error:
        return warning(
            url,
            f"does not answer: {error.message}",
            WHY,
            "Start the bot (incidentbot run), and let your proxy pass this path to web.listen.",
        )
    return _judged(url, word, answer)


def _signed(ward: Ward, body: str) -> dict[str, str]:
    stamp = str(int(clock.now().timestamp()))
    verifier = SignatureVerifier(ward.tokens[NAME].get_secret_value())
    signature = verifier.generate_signature(timestamp=stamp, body=body)
    return {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature or "",
    }


def _judged(url: str, word: str, answer: Answer) -> Finding:
    if answer.status == 200 and word in answer.text:
        return ok(url, "answers what is signed with this secret")
    if answer.status == 401:
        return fault(
            url,
            "the bot there does not take this signing secret",
            WHY,
            f"Give both the one from {WHERE}, and start the bot again.",
        )
    return fault(
        url,
        f"answers {answer.status}, and not as the bot does",
        WHY,
        "Let your proxy pass POST of this path, with its headers and body, to web.listen.",
    )
