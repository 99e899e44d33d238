"""An address answers as it should: status, header, text, and in time."""

from typing import Annotated, Literal

from pydantic import Field

from incidentbot import clock
from incidentbot.http import MAX_REDIRECTS, Answer
from incidentbot.signals.probes.contract import (
    CheckOptions,
    Context,
    Failed,
    HeaderName,
    Result,
    Text,
    WebTarget,
    in_time,
)


class Options(WebTarget, CheckOptions):
    """Options of a check of the kind `http`."""

    method: Literal["GET", "HEAD"] = Field("GET", description="HTTP method.")
    expect_status: Annotated[int, Field(strict=True, ge=200, le=599)] = Field(
        200, description="The status of a right answer."
    )
    expect_text: Text | None = Field(None, description="A text that the body must hold.")
    expect_headers: dict[HeaderName, Text] = Field(
        default_factory=dict, description="Headers that the answer must have, with their values."
    )
    follow_redirects: bool = Field(True, description="Judge what a redirect leads to.")


async def check(options: Options, context: Context) -> Result:
    """Fetch once. The latency is that of the whole answer, up to the size cap."""
    start = clock.monotonic()
    try:
        answer = await context.http.request(
            options.method,
            options.url,
            timeout=options.timeout.total_seconds(),
            allow_private=options.allow_private,
            redirects=MAX_REDIRECTS if options.follow_redirects else 0,
        )
    except Failed as error:
        # A call that our own rules forbade says nothing about the other side.
        ok = None if error.reason == "internal" else False
        return Result(ok, error.reason, error.message, _ms(start), error.phases)
    latency = _ms(start)
    wrong = _wrong_status(options, answer) or _wrong_content(options, answer)
    if wrong is not None:
        return Result(False, wrong.reason, wrong.detail, latency, answer.phases)
    return in_time(options, latency, answer.phases)


def _ms(start: float) -> float:
    return round((clock.monotonic() - start) * 1000, 2)


def _wrong_status(options: Options, answer: Answer) -> Result | None:
    status = answer.status
    if status == options.expect_status:
        return None
    words = f"answered {status} instead of {options.expect_status}"
    if status == 429:
        return Result(False, "throttled", words)
    if status >= 500:
        return Result(False, "http_5xx", words)
    if status >= 400:
        return Result(False, "http_4xx", words)
    return Result(False, "wrong_body", words)


def _wrong_content(options: Options, answer: Answer) -> Result | None:
    for name, value in options.expect_headers.items():
        found = answer.headers.get(name)
        if found != value:
            what = "is missing" if found is None else f"is {found[:80]!r}"
            return Result(False, "wrong_body", f"header {name} {what}, expected {value!r}")
    if options.expect_text is not None and options.expect_text not in answer.text:
        where = "in the first 2 MB of the body" if answer.cut else "in the body"
        return Result(False, "wrong_body", f"{options.expect_text!r} is not {where}")
    return None
