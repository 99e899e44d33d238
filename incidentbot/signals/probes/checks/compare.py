"""The same object through the CDN and straight from each origin: who is at fault, in words."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

from botocore.exceptions import BotoCoreError
from pydantic import Field, model_validator

from incidentbot import clock
from incidentbot.http import MAX_BODY, Answer
from incidentbot.settings.values import HttpUrl, is_private, refuse
from incidentbot.signals.probes.checks._bucket import bucket
from incidentbot.signals.probes.checks._expect import MaxBody
from incidentbot.signals.probes.checks._objects import Key, refused
from incidentbot.signals.probes.checks._web import too_large
from incidentbot.signals.probes.contract import (
    CheckOptions,
    Context,
    Failed,
    Name,
    Result,
    WebTarget,
    failed,
    in_time,
    milliseconds,
)


class Options(WebTarget, CheckOptions):
    """Options of a check of the kind `compare`."""

    origins: tuple[Name, ...] = Field((), description="Origins to read the object from, too.")
    key: Key | None = Field(None, description="Key of the object in those origins.")
    urls: dict[Name, HttpUrl] = Field(
        default_factory=dict,
        description="Other places to read it from straight: a name and an address for each.",
    )
    max_body: MaxBody = Field(MAX_BODY, description="Longest object read, in bytes.")

    @model_validator(mode="after")
    def _something_to_compare(self) -> Self:
        if not self.origins and not self.urls:
            refuse(
                "is missing: name origins, or addresses in `urls`, to compare with", at="origins"
            )
        if bool(self.origins) != (self.key is not None):
            refuse("goes with `origins`: the object's key in them", at="key")
        for name, url in self.urls.items():
            if is_private(url) and not self.allow_private:
                refuse(f"has a private address for {name}; see allow_private", at="urls")
        return self


@dataclass(frozen=True, slots=True)
class Copy:
    """What one place serves; or, where it serves nothing right, the trouble with it."""

    name: str
    digest: str = ""
    modified: datetime | None = None
    trouble: Result | None = None

    @property
    def broken(self) -> bool:
        return self.trouble is not None and self.trouble.ok is False

    @property
    def said(self) -> str:
        return f"{self.name} ({self.trouble.detail})" if self.trouble else self.name


async def check(options: Options, context: Context) -> Result:
    """Read everywhere at once and judge. The latency is that of the slowest."""
    start = clock.monotonic()
    seconds = options.timeout.total_seconds()
    cdn, *others = await asyncio.gather(
        _from_url(options, context, "the CDN", options.url, seconds),
        *[_from_origin(options, context, name, seconds) for name in options.origins],
        *[_from_url(options, context, name, url, seconds) for name, url in options.urls.items()],
    )
    latency = milliseconds(start)
    result = judge(cdn, others)
    if result is None:
        return in_time(options, latency, {"body": latency})
    return Result(result.ok, result.reason, result.detail, latency, {"body": latency})


def judge(cdn: Copy, origins: Sequence[Copy]) -> Result | None:
    """Who is at fault, or None when all serve the same. Pure.

    An origin that fails behind a CDN which still serves its copy is `ok` with a reason: degraded.
    """
    good = [copy for copy in origins if copy.trouble is None]
    broken = [copy for copy in origins if copy.broken]
    blind = [copy for copy in origins if copy.trouble is not None and not copy.broken]
    if cdn.trouble is not None:
        words = _cdn_fails(cdn, good, broken)
        return Result(cdn.trouble.ok, cdn.trouble.reason, words)
    words = _differ(cdn, good)
    if words:
        if broken:
            words += f"; {_names(broken)} {_verb('fail', broken)}"
        return Result(False, "differs", words)
    if broken and broken[0].trouble is not None:
        words = f"{_names(broken)} {_verb('fail', broken)}, the CDN still serves its copy"
        return Result(True, broken[0].trouble.reason, words)
    if blind and blind[0].trouble is not None:
        words = f"{_names(blind)} cannot be seen, the CDN serves the object"
        return Result(None, blind[0].trouble.reason, words)
    return None


def _cdn_fails(cdn: Copy, good: Sequence[Copy], broken: Sequence[Copy]) -> str:
    if broken and good:
        verb = "serves" if len(good) == 1 else "serve"
        return f"{cdn.said} and {_names(broken)} fail; {_names(good)} {verb} the object"
    if broken:
        return f"{cdn.said} and {_names(broken)} fail: the storage is at fault"
    if good:
        return f"{cdn.said} fails, {_names(good)} {_verb('serve', good)} it: the CDN is at fault"
    return f"{cdn.said} fails; whether the origins do cannot be seen"


def _differ(cdn: Copy, good: Sequence[Copy]) -> str:
    """Words when not all copies are the same."""
    twins = [copy for copy in good if copy.digest == cdn.digest]
    others = [copy for copy in good if copy.digest != cdn.digest]
    if not others:
        return ""
    if twins:
        verb = "holds" if len(others) == 1 else "hold"
        return f"{_names(others)} {verb} another object than {_names(twins)} and the CDN"
    newest = max((copy.modified for copy in others if copy.modified), default=None)
    if cdn.modified and newest and cdn.modified < newest:
        days = (
            f"of {cdn.modified:%Y-%m-%d %H:%M}, and {_names(others)} one of {newest:%Y-%m-%d %H:%M}"
        )
        return f"the CDN serves an old object: {days} UTC"
    return f"the CDN serves another object than {_names(others)}"


def _names(copies: Sequence[Copy]) -> str:
    word = "the origin" if len(copies) == 1 else "the origins"
    return f"{word} {' and '.join(copy.said for copy in copies)}"


def _verb(verb: str, copies: Sequence[Copy]) -> str:
    return f"{verb}s" if len(copies) == 1 else verb


async def _from_url(
    options: Options, context: Context, name: str, url: str, seconds: float
) -> Copy:
    start = clock.monotonic()
    try:
        answer = await context.http.get(
            url,
            timeout=seconds,
            allow_private=options.allow_private,
            max_bytes=options.max_body,
        )
    except Failed as error:
        return Copy(name, trouble=failed(error, milliseconds(start)))
    copy = _copy(options, name, url, answer)
    if copy.trouble is not None:
        context.http.distrust(url)
    return copy


async def _from_origin(options: Options, context: Context, name: str, seconds: float) -> Copy:
    start, place, key = clock.monotonic(), bucket(context, name), options.key or ""
    try:
        await place.signed("get", key)
        answer = await place.ask("get", key, seconds, max_bytes=options.max_body)
    except Failed as error:
        return Copy(name, trouble=failed(error, milliseconds(start)))
    except BotoCoreError as error:
        return Copy(name, trouble=Result(None, "access_denied", f"our own credentials: {error}"))
    copy = _copy(options, name, key, answer)
    if copy.trouble is not None:
        place.distrust("get", key)
    return copy


def _copy(options: Options, name: str, key: str, answer: Answer) -> Copy:
    trouble = refused(answer, key, 0.0)
    if trouble is None and answer.cut:
        trouble = Result(None, "too_large", too_large(answer, options.max_body))
    if trouble is not None:
        return Copy(name, trouble=trouble)
    return Copy(name, hashlib.sha256(answer.body).hexdigest(), _modified(answer))


def _modified(answer: Answer) -> datetime | None:
    try:
        at = parsedate_to_datetime(answer.headers.get("Last-Modified", ""))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
