"""A bucket of Google Cloud Storage, over its XML API: it lists as S3 does.

An HMAC key signs as in S3, in the region "auto"; an access token needs no signature; a public
bucket neither. Its ETags are the MD5 of what was uploaded in one piece.
"""

from collections.abc import Mapping
from typing import Self

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from pydantic import Field, model_validator

from incidentbot.runbooks.listing import Outside
from incidentbot.runbooks.origins.s3 import Signed
from incidentbot.settings import Bucket, HttpUrl, Region, SettingsModel
from incidentbot.settings.secrets import Secret
from incidentbot.settings.values import refuse

GOOGLE = "https://storage.googleapis.com"


class Options(SettingsModel):
    bucket: Bucket = Field(description="Name of the bucket.")
    region: Region | None = Field(None, description="Where it is, for the map; left out: anywhere.")
    endpoint_url: HttpUrl | None = Field(
        None, description="Another address of the store; left out: Google's own."
    )
    bearer: Secret | None = Field(None, description="Variable with an access token.")
    access_id: Secret | None = Field(None, description="Variable with the id of an HMAC key.")
    secret: Secret | None = Field(None, description="Variable with the secret of that key.")

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.access_id is None) != (self.secret is None):
            at = "access_id" if self.access_id is None else "secret"
            refuse("is missing: id and secret of a key go together", at=at)
        if self.bearer is not None and self.secret is not None:
            refuse("cannot be used beside a key", at="bearer")
        return self

    @property
    def address(self) -> str:
        return f"{(self.endpoint_url or GOOGLE).rstrip('/')}/{self.bucket}/"


class _Google(Signed):
    def __init__(self, options: Options, outside: Outside) -> None:
        super().__init__(options.address, "auto", f"bucket {options.bucket}", outside)
        self._options = options

    async def headers(self, method: str, url: str) -> Mapping[str, str]:
        options = self._options
        packed = {"Accept-Encoding": "gzip"}  # else what is stored packed comes unpacked
        if options.bearer is not None:
            return {**packed, "Authorization": f"Bearer {options.bearer.reveal()}"}
        if options.access_id is None or options.secret is None:
            return packed
        request = AWSRequest(method=method, url=url)
        pair = Credentials(options.access_id.reveal(), options.secret.reveal())
        S3SigV4Auth(pair, "s3", "auto").add_auth(request)
        return {**packed, **{name: str(value) for name, value in request.headers.items()}}


def opened(options: Options, outside: Outside) -> Signed:
    return _Google(options, outside)
