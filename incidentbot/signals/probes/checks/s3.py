"""A canary object in a bucket can be read: S3 itself, without anything of ours in between."""

import socket
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    SSLError,
)
from botocore.exceptions import ConnectTimeoutError as ConnectTimeout
from botocore.exceptions import ReadTimeoutError as ReadTimeout
from pydantic import Field

from incidentbot import clock
from incidentbot.signals.probes.contract import (
    THREADS,
    CheckOptions,
    Context,
    Name,
    OriginSettings,
    Result,
    Text,
    in_time,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

THROTTLED = {"429", "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded"}


class Options(CheckOptions):
    """Options of a check of the kind `s3`."""

    origin: Name = Field(description="Origin whose bucket is read.")
    key: Text = Field(description="Key of the canary object.")


async def check(options: Options, context: Context) -> Result:
    """One HEAD of the key. The latency is that of the call alone, without waiting for a thread."""
    origin = context.origin(options.origin)
    seconds = options.timeout.total_seconds()
    make = partial(_client, origin, seconds)
    client = context.kept(("s3", origin.name, seconds), make)
    return await context.blocking(partial(_look, client, origin.bucket, options))


def _client(origin: OriginSettings, seconds: float) -> "S3Client":
    client = boto3.session.Session().client(
        "s3",
        region_name=origin.region,
        endpoint_url=origin.endpoint_url,
        config=Config(
            connect_timeout=seconds,
            read_timeout=seconds,
            retries={"total_max_attempts": 1},  # the engine repeats, and knows that it does
            s3={"addressing_style": "path"} if origin.endpoint_url else {},
            proxies={},
            max_pool_connections=THREADS,
        ),
    )
    client.meta.events.register("needs-retry.s3.HeadObject", _keep_phrase)
    return client


def _keep_phrase(response: Any, **_: Any) -> None:
    """Keep "Slow Down" of "503 Slow Down": a HEAD has no body that would say it."""
    if response is not None:
        raw, parsed = response
        parsed["ResponseMetadata"]["Phrase"] = getattr(raw.raw, "reason", None) or ""


def _look(client: "S3Client", bucket: str, options: Options) -> Result:
    start = clock.monotonic()
    try:
        found = client.head_object(Bucket=bucket, Key=options.key)
    except ClientError as error:
        return _refused(error, options.key, _ms(start))
    except BotoCoreError as error:
        return _unreachable(error, options, _ms(start))
    latency = _ms(start)
    if not found.get("ETag"):
        # Whatever answers 200 to everything, e.g. the page of a guest network, is no bucket.
        return Result(False, "wrong_body", "answered 200 without an ETag: not a bucket", latency)
    return in_time(options, latency, {"answer": latency})


def _ms(start: float) -> float:
    return round((clock.monotonic() - start) * 1000, 2)


def _refused(error: ClientError, key: str, latency: float) -> Result:
    """S3 answered, but not with the object."""
    about: dict[str, Any] = dict(error.response.get("ResponseMetadata", {}))
    status, phrase = int(about.get("HTTPStatusCode", 0)), str(about.get("Phrase", ""))
    code = str(error.response.get("Error", {}).get("Code", ""))
    words = f"answered {status} {phrase}".strip()
    if status == 429 or code in THROTTLED or (status == 503 and phrase == "Slow Down"):
        return Result(False, "throttled", words, latency)
    if status >= 500:
        return Result(False, "http_5xx", words, latency)
    if status in (401, 403):
        words += ": our own credentials or the bucket's policy"
        return Result(None, "access_denied", words, latency)
    if status == 404:
        return Result(False, "missing_key", f"{words}: there is no {key!r}", latency)
    if status < 400:
        return Result(None, "internal", f"{words}: the bucket is in another region", latency)
    return Result(False, "http_4xx", words, latency)


def _unreachable(error: BotoCoreError, options: Options, latency: float) -> Result:
    """S3 did not answer at all, or we could not ask."""
    seconds = options.timeout.total_seconds()
    match error:
        case NoCredentialsError() | PartialCredentialsError():
            return Result(None, "access_denied", f"our own credentials: {error}", latency)
        case ConnectTimeout() | ReadTimeout():
            return Result(False, "timeout", f"no answer within {seconds:g} s", latency)
        case SSLError():
            return Result(False, "tls", "no secure connection", latency)
        case ConnectionClosedError():
            return Result(False, "reset", "the connection ended without an answer", latency)
        case ConnectionError() | HTTPClientError():
            return _broken(error, latency)
    return Result(None, "internal", f"{type(error).__name__}: {error}", latency)


def _broken(error: BotoCoreError, latency: float) -> Result:
    causes = list(_causes(error.kwargs.get("error")))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Result(False, "dns", "the name cannot be looked up", latency)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return Result(False, "refused", "the connection was refused", latency)
    if any(isinstance(cause, ConnectionResetError | BrokenPipeError) for cause in causes):
        return Result(False, "reset", "the connection broke", latency)
    return Result(False, "refused", f"no connection: {type(error).__name__}", latency)


def _causes(error: object) -> list[object]:
    """The error and what it wraps, as urllib3 nests them."""
    found: list[object] = []
    while isinstance(error, BaseException) and error not in found:
        found.append(error)
        error = getattr(error, "reason", None) or error.__cause__ or error.__context__
    return found
