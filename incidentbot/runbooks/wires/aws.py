"""boto3 in its own threads: short time-outs, retries only for reads, and an honest "in doubt"."""

import asyncio
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)
from pydantic import SecretStr

from incidentbot import ids
from incidentbot.errors import InDoubt, Permanent, Temporary
from incidentbot.runbooks.contract import Request, Way
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
THROTTLED = {
    "ThrottlingException",
    "ThrottledException",
    "Throttling",
    "TooManyRequestsException",
    "TooManyUpdates",
    "RequestLimitExceeded",
    "SlowDown",
}


class Aws:
    """Implements contract.Calls, and gives clients to readiness."""

    def __init__(self, read: float = READ, write: float = WRITE) -> None:
        self._read, self._write = read, write
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="aws")
        self._clients: dict[tuple[str, ...], Any] = {}
        self._session = boto3.session.Session()  # it keeps the models of the services it has read
        self._making = Lock()  # clients may be used by many threads at once, but not made

    async def read(self, request: Request, way: Way) -> Mapping[str, Any]:
        answer, _ = await self._call(request, way, self._read, attempts=2)
        return answer

    async def write(
        self, request: Request, way: Way, plan_id: str = ""
    ) -> tuple[Mapping[str, Any], str]:
        return await self._call(request, way, self._write, attempts=1)

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
    ) -> Any:
        """A client; made once per kind. SDK retries are `attempts - 1`, none for a write. Without
        `key` its credentials are found in AWS's own way."""
        known = (service, region, endpoint_url or "", str(seconds), str(attempts), _id_of(key))
        with self._making:
            if known not in self._clients:
                config = _config(endpoint_url, seconds, attempts)
                self._clients[known] = self._session.client(  # type: ignore[call-overload]
                    service,
                    region_name=region,
                    endpoint_url=endpoint_url,
                    config=config,
                    aws_access_key_id=key[0].get_secret_value() if key else None,
                    aws_secret_access_key=key[1].get_secret_value() if key else None,
                )
            return self._clients[known]

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        for client in self._clients.values():
            client.close()

    async def _call(
        self, request: Request, way: Way, seconds: float, attempts: int
    ) -> tuple[Mapping[str, Any], str]:
        def send() -> dict[str, Any]:
            client = self.client(
                request.service, request.region, way.endpoint_url, seconds, attempts, way.key
            )
            answer: dict[str, Any] = getattr(client, _method(request.operation))(**request.params)
            return answer

        try:
            answer = await self.blocking(send)
        except (BotoCoreError, ClientError) as error:
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


def _id_of(key: Key | None) -> str:
    """Two keys never share a client, not even when one secret was exchanged."""
    return ids.digest([part.get_secret_value() for part in key]) if key else ""


def meaning(error: Exception, request: Request) -> Temporary | InDoubt | Permanent:
    """What a failed call means for what it wanted to do."""
    what = f"{request.service} {request.operation} in {request.region}"
    if isinstance(error, NOT_SENT):
        return Temporary(f"{what}: could not be reached ({error})")
    if not isinstance(error, ClientError):
        return InDoubt(f"{what}: no usable answer ({error})")
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in THROTTLED or status == 429:
        return Temporary(f"{what}: throttled ({code})")
    if status >= 500 or not status:
        return InDoubt(f"{what}: answered {status} {code}")
    return Permanent(f"{what}: refused with {code}: {error.response['Error'].get('Message', '')}")


def _method(operation: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
