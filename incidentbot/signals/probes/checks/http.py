"""An address answers as it should: status, headers, body, certificate, and in time."""

import base64
import json
from functools import cached_property
from typing import Any, Literal, Self

import jsonpath
import re2
from pydantic import Field, model_validator

from incidentbot import clock
from incidentbot.http import MAX_BODY, MAX_REDIRECTS, Answer
from incidentbot.settings.values import Count, refuse
from incidentbot.signals.probes.checks._expect import (
    JsonPath,
    JsonValue,
    MaxBody,
    Regex,
    Statuses,
    parse_statuses,
    same,
)
from incidentbot.signals.probes.checks._web import (
    expiring,
    status_reason,
    too_large,
    unanswered,
    with_certificate,
)
from incidentbot.signals.probes.contract import (
    CheckOptions,
    Context,
    Duration,
    Failed,
    HeaderName,
    Result,
    Secret,
    Text,
    WebTarget,
    in_time,
    milliseconds,
)


class Options(WebTarget, CheckOptions):
    """Options of a check of the kind `http`."""

    method: Literal["GET", "HEAD", "OPTIONS", "POST"] = Field("GET", description="HTTP method.")
    headers: dict[HeaderName, Text] = Field(
        default_factory=dict, description="Headers to send. Another host never sees them."
    )
    body: Text | None = Field(None, description="Body to send with a POST.")
    bearer: Secret | None = Field(None, description="Variable with a token to send as `Bearer`.")
    user: Text | None = Field(None, description="User name, for servers that ask for one.")
    password: Secret | None = Field(None, description="Variable with the password of `user`.")
    expect_status: Statuses = Field(
        parse_statuses(200),
        description="Status of a right answer: one, a class such as `2xx`, or a list.",
    )
    expect_headers: dict[HeaderName, Text] = Field(
        default_factory=dict, description="Headers that the answer must have, with their values."
    )
    expect_text: Text | None = Field(None, description="A text that the body must hold.")
    expect_regex: Regex | None = Field(
        None, description="A regular expression (RE2) that must match somewhere in the body."
    )
    expect_json: dict[JsonPath, JsonValue] = Field(
        default_factory=dict, description="JSONPaths into the body, and the value of each."
    )
    follow_redirects: bool = Field(True, description="Judge what a redirect leads to.")
    max_redirects: Count = Field(MAX_REDIRECTS, description="Redirects followed at most.")
    max_body: MaxBody = Field(
        MAX_BODY, description="Longest body in bytes, unpacked; a longer one is a failure."
    )
    cert_expires_in: Duration | None = Field(
        None, description="A certificate that ends sooner counts as degraded."
    )

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.body is not None and self.method != "POST":
            refuse("goes with `method: POST` only", at="body")
        if (self.user is None) != (self.password is None):
            at = "user" if self.user is None else "password"
            refuse("is missing: user and password go together", at=at)
        if self.user is not None and self.bearer is not None:
            refuse("cannot be sent beside user and password", at="bearer")
        if self.method == "HEAD" and (self.expect_text or self.expect_regex or self.expect_json):
            refuse("brings no body to look into", "GET", at="method")
        return self

    def looking(self) -> Self | None:
        return self if self.method != "POST" else None

    # Made once, not at every look: there may be thousands of looks a second.

    @cached_property
    def sent(self) -> dict[str, str] | None:
        """The headers to send, with the credentials."""
        made = dict(self.headers)
        if self.bearer is not None:
            made["Authorization"] = f"Bearer {self.bearer.reveal()}"
        if self.user is not None and self.password is not None:
            pair = f"{self.user}:{self.password.reveal()}".encode()
            made["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return made or None

    @cached_property
    def payload(self) -> bytes | None:
        return self.body.encode() if self.body is not None else None

    @cached_property
    def seconds(self) -> float:
        return self.timeout.total_seconds()

    @cached_property
    def asks_about_content(self) -> bool:
        asked = (self.expect_headers, self.expect_text, self.expect_regex, self.expect_json)
        return any(asked)

    @cached_property
    def pattern(self) -> Any:
        return re2.compile(self.expect_regex or "")

    @cached_property
    def paths(self) -> list[tuple[str, Any, JsonValue]]:
        return [(path, jsonpath.compile(path), want) for path, want in self.expect_json.items()]


async def check(options: Options, context: Context) -> Result:
    """Fetch once. The latency is that of the whole answer."""
    start = clock.monotonic()
    try:
        answer = await context.http.request(
            options.method,
            options.url,
            timeout=options.seconds,
            headers=options.sent,
            body=options.payload,
            allow_private=options.allow_private,
            max_bytes=options.max_body,
            redirects=options.max_redirects if options.follow_redirects else 0,
        )
    except Failed as error:
        return unanswered(error, milliseconds(start), options.cert_expires_in)
    result = _judge(options, answer, milliseconds(start))
    if result.ok is not True:
        context.http.distrust(options.url)  # the next look takes a connection of its own
    if options.cert_expires_in is not None:
        return with_certificate(result, expiring(answer.certificate, options.cert_expires_in))
    return result


def _judge(options: Options, answer: Answer, latency: float) -> Result:
    status = answer.status
    if status not in options.expect_status.allowed:
        words = f"answered {status} instead of {options.expect_status.words}"
        return Result(False, status_reason(status, answer.phrase), words, latency, answer.phases)
    if answer.cut:
        words = too_large(answer, options.max_body)
        return Result(False, "too_large", words, latency, answer.phases)
    if options.asks_about_content:
        wrong = _wrong_header(options, answer) or _wrong_body(options, answer)
        if wrong is not None:
            return Result(False, wrong.reason, wrong.detail, latency, answer.phases)
    return in_time(options, latency, answer.phases, answer.note)


def _wrong_header(options: Options, answer: Answer) -> Result | None:
    for name, value in options.expect_headers.items():
        found = answer.headers.get(name)
        if found != value:
            what = "is missing" if found is None else f"is {found[:80]!r}"
            return Result(False, "wrong_header", f"header {name} {what}, expected {value!r}")
    return None


def _wrong_body(options: Options, answer: Answer) -> Result | None:
    if options.expect_text is not None and options.expect_text not in answer.text:
        return Result(False, "wrong_body", f"{options.expect_text!r} is not in the body")
    if options.expect_regex is not None and options.pattern.search(answer.text) is None:
        return Result(False, "wrong_body", f"nothing in the body matches {options.expect_regex!r}")
    return _wrong_json(options, answer) if options.expect_json else None


def _wrong_json(options: Options, answer: Answer) -> Result | None:
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        return Result(False, "wrong_body", "the body is not JSON")
    for path, compiled, wanted in options.paths:
        try:
            found = compiled.findall(data)
        except (jsonpath.JSONPathError, RecursionError) as error:
            return Result(False, "wrong_body", f"{path} cannot be followed: {error}"[:200])
        if not found:
            return Result(False, "wrong_body", f"there is no {path} in the body")
        if not any(same(value, wanted) for value in found):
            shown = json.dumps(found[0])[:80]
            want = json.dumps(wanted)
            return Result(False, "wrong_body", f"{path} is {shown}, expected {want}")
    return None
