"""Objects in a store: how its refusals are told apart, and whether a copy is the right one."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from incidentbot import clock
from incidentbot.http import MAX_BODY, Answer
from incidentbot.settings.values import Flag, HttpUrl, Matching, refuse
from incidentbot.signals.probes.checks._expect import MaxBody
from incidentbot.signals.probes.checks._web import status_reason, too_large
from incidentbot.signals.probes.contract import (
    CheckOptions,
    Context,
    Failed,
    Result,
    failed,
    in_time,
    milliseconds,
)

# Refusals that are about us, whatever their status: key, signature, clock, region, policy.
OURS = {
    "accessdenied",
    "accountisdisabled",
    "accountproblem",
    "allaccessdisabled",
    "authenticationfailed",
    "authenticationrequired",
    "authorizationfailure",
    "authorizationpermissionmismatch",
    "authorizationresourcetypemismatch",
    "authorizationprotocolmismatch",
    "authorizationservicemismatch",
    "authorizationsourceipmismatch",
    "expiredtoken",
    "insufficientaccountpermissions",
    "invalidaccesskeyid",
    "invalidauthenticationinfo",
    "invalidsecurity",
    "invalidtoken",
    "noauthenticationinformation",
    "publicaccessnotpermitted",
    "requesttimetooskewed",
    "signaturedoesnotmatch",
    "tokenrefreshrequired",
    "userprojectaccountproblem",
    "userprojectmissing",
}
MISPLACED = {
    "authorizationheadermalformed",
    "authorizationqueryparameterserror",
    "illegallocationconstraintexception",
    "permanentredirect",
    "temporaryredirect",
}
_CODE = re.compile(rb"<Code>\s*([A-Za-z.]{1,80})\s*</Code>")


def _hexadecimal(value: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        refuse("is not a SHA-256", "64 hexadecimal digits, as `sha256sum` prints them")
    return value.lower()


Sha256 = Annotated[str, AfterValidator(_hexadecimal)]
Key = Annotated[str, Matching(r"[^\x00-\x1f\x7f]{1,1024}", "a key", "1 to 1024 characters")]


class StoredObject(CheckOptions):
    """What every check of an object at a vendor's own address takes."""

    key: Key = Field(description="Name of the object.")
    endpoint_url: HttpUrl | None = Field(
        None, description="Another address of the store; left out: the vendor's own."
    )
    allow_private: Flag = Field(
        False, description="Let the address lead to this machine or a private network."
    )
    method: Literal["HEAD", "GET"] = Field("HEAD", description="Ask about the object, or read it.")
    sha256: Sha256 | None = Field(
        None, description="SHA-256 of the object; it is read at every look to compare."
    )
    max_body: MaxBody = Field(MAX_BODY, description="Longest object read, in bytes.")

    @property
    def asked(self) -> Literal["HEAD", "GET"]:
        return "GET" if self.sha256 is not None else self.method


async def look(
    context: Context,
    options: StoredObject,
    url: str,
    headers: Mapping[str, str],
    wrong: Callable[[Answer, float], Result | None],
) -> Result:
    """One HEAD or GET. `wrong` judges what came with status 200; it is told the latency in ms."""
    start = clock.monotonic()
    try:
        answer = await context.http.request(
            options.asked,
            url,
            timeout=options.timeout.total_seconds(),
            headers=headers,
            allow_private=options.allow_private,
            max_bytes=options.max_body,
            redirects=0,
        )
    except Failed as error:
        return failed(error, milliseconds(start))
    latency = milliseconds(start)
    found = refused(answer, options.key, latency) or wrong(answer, latency)
    if found is None and answer.cut:
        words = too_large(answer, options.max_body)
        found = Result(False, "too_large", words, latency, answer.phases)
    if found is not None:
        context.http.distrust(url)
        return found
    return in_time(options, latency, answer.phases, answer.note)


def md5_of(body: bytes) -> str:
    """As Azure and Google write it: base64."""
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def code_of(answer: Answer) -> str:
    """The vendor's own word for a refusal: from a header, the body, or the phrase."""
    named = answer.headers.get("x-ms-error-code")
    if named:
        return named
    found = _CODE.search(answer.body)
    return found[1].decode() if found else answer.phrase


def refused(answer: Answer, key: str, latency: float) -> Result | None:
    """The store answered, but not with the object; None when it did."""
    status = answer.status
    if status in (200, 206):
        return None
    code = code_of(answer)
    words = f"answered {status} {code}".strip()
    if code.lower() in OURS or status in (401, 403):
        words += ": our own credentials or the store's policy"
        return Result(None, "access_denied", words, latency, answer.phases)
    if status < 400 or code.lower() in MISPLACED:
        words += ": the bucket is in another region"
        return Result(None, "internal", words, latency, answer.phases)
    if status == 404:
        what = "bucket" if "bucket" in code.lower() else repr(key)
        words += f": there is no {what}"
        return Result(False, "missing_key", words, latency, answer.phases)
    return Result(False, status_reason(status, code), words, latency, answer.phases)


def wrong_sum(body: bytes, sha256: str) -> str:
    """Words when the SHA-256 of the body is another one."""
    found = hashlib.sha256(body).hexdigest()
    return "" if found == sha256 else f"the SHA-256 is {found[:12]}..., expected {sha256[:12]}..."
