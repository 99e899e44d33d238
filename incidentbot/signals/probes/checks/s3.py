"""A canary object in a bucket can be read: S3 itself, without anything of ours in between.

On request also: an object can be written, read back and deleted, and objects can be listed.
"""

from collections.abc import Mapping
from typing import Literal, Self

from botocore.exceptions import (
    BotoCoreError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.exceptions import CredentialRetrievalError as CredentialsAway
from pydantic import Field, model_validator

from incidentbot import clock
from incidentbot.http import MAX_BODY
from incidentbot.settings.values import refuse
from incidentbot.signals.probes.checks._bucket import LEFT, SWEEP, Bucket, bucket, fresh_key, listed
from incidentbot.signals.probes.checks._expect import MaxBody
from incidentbot.signals.probes.checks._objects import Key, Sha256, refused, wrong_sum
from incidentbot.signals.probes.checks._web import too_large
from incidentbot.signals.probes.contract import (
    CheckOptions,
    Context,
    Failed,
    Name,
    Result,
    Text,
    failed,
    in_time,
    milliseconds,
)

CLEANING = 2.0  # seconds that tidying up may take beyond the time-out


class Options(CheckOptions):
    """Options of a check of the kind `s3`."""

    origin: Name = Field(description="Origin whose bucket is read.")
    key: Key = Field(description="Key of the canary object.")
    method: Literal["HEAD", "GET"] = Field("HEAD", description="Ask about the object, or read it.")
    sha256: Sha256 | None = Field(
        None, description="SHA-256 of the object; it is read at every look to compare."
    )
    etag: Text | None = Field(None, description="ETag of the object, without its quotes.")
    max_body: MaxBody = Field(MAX_BODY, description="Longest object read, in bytes.")
    list_prefix: Key | None = Field(
        None, description="Also list what begins with this; there must be something."
    )
    write_prefix: Key | None = Field(
        None, description="Also write, read and delete an object whose key begins with this."
    )

    @model_validator(mode="after")
    def _prefix_is_a_folder(self) -> Self:
        if self.write_prefix is not None and not self.write_prefix.endswith("/"):
            refuse("must end with a slash: a folder that holds nothing else", at="write_prefix")
        return self

    def looking(self) -> Self:
        return self.model_copy(update={"write_prefix": None})


class _Wrong(Exception):
    """A step that did not give what it should."""

    def __init__(self, result: Result) -> None:
        self.result = result


class _Look:
    """One look: its deadline and the time of each step."""

    def __init__(self, options: Options, place: Bucket) -> None:
        self.options, self.place = options, place
        self.start = clock.monotonic()
        self.phases: dict[str, float] = {}
        self.note = ""

    def left(self) -> float:
        used = clock.monotonic() - self.start
        return max(self.options.timeout.total_seconds() - used, 0.001)

    def wrong(self, reason: Result | None) -> None:
        if reason is not None:
            raise _Wrong(reason)

    def result(
        self,
        reason: Literal["wrong_body", "wrong_checksum", "too_large", "missing_key"],
        words: str,
    ) -> Result:
        return Result(False, reason, words, milliseconds(self.start), self.phases)


async def check(options: Options, context: Context) -> Result:
    """One HEAD (or GET) of the key, and what else is asked for. The latency is that of it all."""
    place = bucket(context, options.origin)
    look = _Look(options, place)
    try:
        await place.signed(_method(options), options.key)
        look.start = clock.monotonic()  # waiting for a thread of ours is no latency of theirs
        await _canary(look)
        if options.list_prefix is not None:
            await _list(look, options.list_prefix)
        if options.write_prefix is not None:
            await _round_trip(look, options.write_prefix)
    except _Wrong as wrong:
        place.distrust(_method(options), options.key)
        return wrong.result
    except Failed as error:
        return failed(error, milliseconds(look.start))
    except BotoCoreError as error:
        return _unsigned(error, milliseconds(look.start))
    return in_time(options, milliseconds(look.start), look.phases, look.note)


def _method(options: Options) -> str:
    return "get" if options.sha256 is not None else options.method.lower()


async def _canary(look: _Look) -> None:
    options, method = look.options, _method(look.options)
    answer = await look.place.ask(method, options.key, look.left(), max_bytes=options.max_body)
    if answer.status == 400 and method == "head":
        # Without a body it cannot say why; an expired key of ours would look like an outage.
        answer = await look.place.ask("get", options.key, look.left(), max_bytes=options.max_body)
    look.phases |= answer.phases
    look.note = answer.note
    look.wrong(refused(answer, options.key, milliseconds(look.start)))
    etag = answer.headers.get("ETag", "").removeprefix("W/").strip('"')
    if not etag:
        # Whatever answers 200 to everything, e.g. the page of a guest network, is no bucket.
        look.wrong(look.result("wrong_body", "answered 200 without an ETag: not a bucket"))
    if answer.cut:
        look.wrong(look.result("too_large", too_large(answer, options.max_body)))
    if options.etag is not None and etag != options.etag:
        words = f"the ETag is {etag[:80]!r}, expected {options.etag!r}"
        look.wrong(look.result("wrong_checksum", words))
    words = wrong_sum(answer.body, options.sha256) if options.sha256 is not None else ""
    if words:
        look.wrong(look.result("wrong_checksum", words))


async def _list(look: _Look, prefix: str) -> None:
    answer = await look.place.ask("list", prefix, look.left(), max_bytes=MAX_BODY)
    look.phases["list"] = milliseconds(look.start)
    look.wrong(_named("listing", refused(answer, prefix, milliseconds(look.start))))
    objects = listed(answer.body)
    if objects is None:
        look.wrong(look.result("wrong_body", "the listing is not one of a bucket"))
    if not objects:
        look.wrong(look.result("missing_key", f"the listing has nothing under {prefix!r}"))


async def _round_trip(look: _Look, prefix: str) -> None:
    """Write, read back, and delete whatever came of it: now, or at the next look."""
    place, key = look.place, fresh_key(prefix)
    content = f"written by incidentbot to see that it can be: {key}\n".encode()
    place.debts[key] = None  # even a write that failed may have taken effect
    version = ""
    try:
        answer = await place.ask("put", key, look.left(), body=content)
        look.phases["write"] = milliseconds(look.start)
        look.wrong(_named("writing", refused(answer, key, milliseconds(look.start))))
        version = answer.headers.get("x-amz-version-id", "")
        answer = await place.ask("get", key, look.left())
        look.phases["read"] = milliseconds(look.start)
        look.wrong(_named("reading back", refused(answer, key, milliseconds(look.start))))
        if answer.body != content:
            look.wrong(look.result("wrong_checksum", "what was read is not what was written"))
    finally:
        await _tidy(look, prefix, {key: version})
    look.phases["delete"] = milliseconds(look.start)


async def _tidy(look: _Look, prefix: str, versions: Mapping[str, str]) -> None:
    """Delete our objects: this one, those owed from before, those that a crash left behind."""
    place, until = look.place, clock.monotonic() + look.left() + CLEANING
    try:
        if clock.monotonic() >= place.sweep_at:
            place.sweep_at = clock.monotonic() + SWEEP
            await _sweep(place, prefix, until)
        for key in list(place.debts)[-20:]:
            version = versions.get(key, "")
            await _delete(place, key, version, max(until - clock.monotonic(), 0.001))
    except (Failed, BotoCoreError):
        return  # what is owed is tried again at the next look


async def _sweep(place: Bucket, prefix: str, until: float) -> None:
    answer = await place.ask("list", prefix, max(until - clock.monotonic(), 0.001))
    marked = fresh_key(prefix).rpartition("-")[0].rpartition("-")[0]
    now = clock.now()
    for key, modified in listed(answer.body) or ():
        if key.startswith(marked) and _age_known(modified) and now - clock.parse(modified) > LEFT:
            place.debts.setdefault(key, None)


def _age_known(modified: str) -> bool:
    try:
        clock.parse(modified)
    except ValueError:
        return False
    return True


async def _delete(place: Bucket, key: str, version: str, seconds: float) -> None:
    answer = await place.ask("delete", key, seconds, version=version)
    if version and answer.status not in (200, 204):
        answer = await place.ask("delete", key, seconds)  # we may not delete versions: hide it
    if answer.status in (200, 204, 404):
        place.debts.pop(key, None)


def _named(step: str, result: Result | None) -> Result | None:
    if result is None:
        return None
    detail = f"{step}: {result.detail}"
    return Result(result.ok, result.reason, detail, result.latency_ms, result.phases)


def _unsigned(error: BotoCoreError, latency: float) -> Result:
    """We could not even ask."""
    ours = NoCredentialsError | PartialCredentialsError | ProfileNotFound | CredentialsAway
    if isinstance(error, ours):
        return Result(None, "access_denied", f"our own credentials: {error}", latency)
    return Result(None, "internal", f"{type(error).__name__}: {error}", latency)
