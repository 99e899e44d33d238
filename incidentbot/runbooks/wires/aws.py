"""boto3 in its own threads: short time-outs, retries only for reads, and an honest "in doubt"."""

import asyncio
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    EndpointProviderError,
    MissingDependencyException,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError
from pydantic import SecretStr

from incidentbot import ids
from incidentbot.errors import InDoubt, Permanent, Temporary
from incidentbot.runbooks.contract import Request, Way
from incidentbot.runbooks.wires.roles import Roles, keys_of, only_reads
from incidentbot.runbooks.wires.unknown import watch
from incidentbot.settings.aws import AwsSettings
from incidentbot.settings.values import is_private

T = TypeVar("T")
Key = tuple[SecretStr, SecretStr]  # id and secret

THREADS = 16
CONNECT, READ, WRITE = 3.0, 5.0, 10.0  # seconds
NOT_SENT = (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)
# What never leaves, however often it is tried.
NEVER_SENT = (EndpointProviderError, MissingDependencyException, ParamValidationError)
THROTTLED = {
    "ThrottlingException",
    "ThrottledException",
    "Throttling",
    "TooManyRequestsException",
    "TooManyUpdates",
    "RequestLimitExceeded",
    "SlowDown",
    "PriorRequestNotComplete",
}
# Said by an endpoint that has not let the call in; another one of the same service may.
AWAY = {"EndpointTemporarilyUnavailableException"}


class Aws:
    """Implements contract.Calls, and gives clients to readiness. With `settings` it takes the
    roles that they name: one for what reads, one for the writes of each plan."""

    def __init__(
        self, read: float = READ, write: float = WRITE, settings: AwsSettings | None = None
    ) -> None:
        self._read, self._write = read, write
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="aws")
        self._clients: dict[tuple[str, ...], Any] = {}
        self._session = boto3.session.Session()  # it keeps the models of the services it has read
        self._making = Lock()  # clients may be used by many threads at once, but not made
        self._roles = Roles(settings or AwsSettings(), self._session)

    async def read(self, request: Request, way: Way) -> Mapping[str, Any]:
        answer, _ = await self._call(request, way, self._read, attempts=2)
        return answer

    async def write(
        self, request: Request, way: Way, plan_id: str = ""
    ) -> tuple[Mapping[str, Any], str]:
        return await self._call(request, way, self._write, attempts=1, writes_for=plan_id)

    async def blocking(self, call: Any, *args: Any) -> Any:
        """Run a function that uses clients of ours in one of our threads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, call, *args)

    def client(
        self,
        service: str,
        region: str,
        endpoint_url: str | None,
        seconds: float,
        attempts: int,
        key: Key | None = None,
        writes_for: str | None = None,
    ) -> Any:
        """A client; made once per kind. SDK retries are `attempts - 1`, none for a write. Without
        `key` its credentials are those of the role, else found in AWS's own way. It refuses what
        is no read, unless it `writes_for` a plan ("" where there is no writer's role).

        Raises Temporary or Permanent when the role is not given."""
        role, keys = "", {} if key is None else _keys(key)
        if key is None and writes_for is None:
            role, keys = keys_of(self._roles.reader)
        elif key is None:
            role, keys = keys_of(lambda: self._roles.writer(writes_for or ""))
        known = (service, region, endpoint_url or "", str(seconds), str(attempts), _id_of(key),
                 str(writes_for is not None), role)  # fmt: skip
        with self._making:
            if known not in self._clients:
                if role:  # those of passes that are over are of no use any more
                    good = {"", *self._roles.good()}
                    self._clients = {k: c for k, c in self._clients.items() if k[-1] in good}
                config = _config(endpoint_url, seconds, attempts)
                self._clients[known] = self._session.client(  # type: ignore[call-overload]
                    service,
                    region_name=region,
                    endpoint_url=endpoint_url,
                    config=config,
                    **keys,
                )
                watch(self._clients[known])
                if endpoint_url and is_private(endpoint_url):
                    _stay_at(endpoint_url, self._clients[known])
                if writes_for is None:
                    only_reads(self._clients[known])
            return self._clients[known]

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        for client in self._clients.values():
            client.close()

    async def _call(
        self,
        request: Request,
        way: Way,
        seconds: float,
        attempts: int,
        writes_for: str | None = None,
    ) -> tuple[Mapping[str, Any], str]:
        def send() -> dict[str, Any]:
            client = self.client(
                request.service, request.region, way.endpoint_url, seconds, attempts, way.key,
                writes_for,
            )  # fmt: skip
            answer: dict[str, Any] = getattr(client, _method(request.operation))(**request.params)
            return answer

        try:
            answer = await self.blocking(send)
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            raise meaning(error, request) from error
        return answer, str(answer.get("ResponseMetadata", {}).get("RequestId", ""))


def _config(endpoint_url: str | None, seconds: float, attempts: int) -> Config:
    return Config(
        connect_timeout=CONNECT,
        read_timeout=seconds,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        max_pool_connections=THREADS,
        s3={"addressing_style": "path"} if endpoint_url else None,
        proxies={} if endpoint_url and is_private(endpoint_url) else None,
    )


def _stay_at(endpoint_url: str, client: Any) -> None:
    """Call a local address by the one name it has: some services put the account before it."""
    place = urlsplit(endpoint_url).netloc

    def back(request: Any, **_: Any) -> None:
        request.url = urlunsplit(urlsplit(request.url)._replace(netloc=place))

    client.meta.events.register_first("before-sign", back)


def _keys(key: Key) -> dict[str, str]:
    id, secret = (part.get_secret_value() for part in key)
    return {"aws_access_key_id": id, "aws_secret_access_key": secret}


def _id_of(key: Key | None) -> str:
    """Two keys never share a client, not even when one secret was exchanged."""
    return ids.digest([part.get_secret_value() for part in key]) if key else ""


def meaning(error: Exception, request: Request) -> Temporary | InDoubt | Permanent:
    """What a failed call means for what it wanted to do."""
    what = f"{request.service} {request.operation} in {request.region}"
    if isinstance(error, NOT_SENT):
        return Temporary(f"{what}: could not be reached ({error})")
    if isinstance(error, NEVER_SENT):
        return Permanent(f"{what}: cannot be asked ({error})")
    if not isinstance(error, ClientError):
        return InDoubt(f"{what}: no usable answer ({error})")
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in THROTTLED or status == 429:
        return Temporary(f"{what}: throttled ({code})")
    if code in AWAY:
        return Temporary(f"{what}: the endpoint is away ({code})")
    if status >= 500 or not status:
        return InDoubt(f"{what}: answered {status} {code}")
    # A stale token is a refusal too: PreconditionFailed, ConflictException, InvalidChangeBatch.
    return Permanent(f"{what}: refused with {code}: {error.response['Error'].get('Message', '')}")


def _method(operation: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
