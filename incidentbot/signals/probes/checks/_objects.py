"""Objects in a store: how its refusals are told apart, and whether a copy is the right one."""

import hashlib
import re
from typing import Annotated

from pydantic import AfterValidator

from incidentbot.http import Answer
from incidentbot.settings.values import Matching, refuse
from incidentbot.signals.probes.checks._web import status_reason
from incidentbot.signals.probes.contract import Result

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
