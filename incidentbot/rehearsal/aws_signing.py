"""Signed AWS requests over aiohttp: the stand-ins call S3 and SSM the way real clients do."""

from __future__ import annotations

from collections.abc import Mapping

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

# Any pair passes; these are the ones the whole rehearsal uses, and they open nothing real.
ACCESS_KEY = "REHEARSAL"
SECRET_KEY = "rehearsal-only"


def signed(
    method: str,
    url: str,
    region: str,
    service: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> dict[str, str]:
    """The headers to send, with a signature of version 4."""
    request = AWSRequest(method=method, url=url, data=body, headers=dict(headers or {}))
    auth = S3SigV4Auth if service == "s3" else SigV4Auth
    auth(Credentials(ACCESS_KEY, SECRET_KEY), service, region).add_auth(request)
    return dict(request.headers.items())
