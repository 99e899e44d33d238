"""What several checks make of an HTTP answer and of a certificate."""

from datetime import timedelta

from incidentbot import clock
from incidentbot.http import Answer, Failed
from incidentbot.signals.probes.contract import Certificate, Reason, Result, failed

# Codes by which object stores say "slow down"; a HEAD says it in the phrase only.
THROTTLED = {
    "slowdown",
    "slow down",
    "throttling",
    "throttlingexception",
    "toomanyrequests",
    "requestlimitexceeded",
    "ratelimitexceeded",
    "userratelimitexceeded",
    "serverbusy",
    "bandwidthlimitexceeded",
    "egressthrottled",
}


def status_reason(status: int, code: str = "") -> Reason:
    """The reason for an answer of the wrong status. `code` is the vendor's word for it."""
    if status == 429 or code.lower() in THROTTLED:
        return "throttled"
    if status >= 500:
        return "http_5xx"
    return "http_4xx" if status >= 400 else "wrong_status"


def expiring(certificate: Certificate | None, bound: timedelta | None) -> str:
    """Words when the certificate ends within `bound`, else nothing."""
    if certificate is None or bound is None:
        return ""
    now = clock.now()
    return certificate.told(now) if certificate.left(now) < bound else ""


def with_certificate(result: Result, words: str) -> Result:
    """The result, with `words` about a certificate that soon ends: told also beside a failure."""
    if not words or words in result.detail:
        return result
    if result.reason == "ok":
        detail = f"{words}; {result.detail}" if result.detail else words
        return Result(True, "cert_expiring", detail, result.latency_ms, result.phases)
    detail = f"{result.detail}; {words}"
    return Result(result.ok, result.reason, detail, result.latency_ms, result.phases)


def unanswered(error: Failed, latency: float, bound: timedelta | None) -> Result:
    """There was no answer; what is known of the certificate is told all the same."""
    return with_certificate(failed(error, latency), expiring(error.certificate, bound))


def too_large(answer: Answer, most: int) -> str:
    """Words for a body that was longer than `most` bytes."""
    if "Content-Encoding" in answer.headers:
        return f"the body is longer than {most} bytes when unpacked; see max_body"
    declared = answer.headers.get("Content-Length", "")
    length = f" ({declared} bytes)" if declared.isdigit() else ""
    return f"the body is longer than {most} bytes{length}; see max_body"
