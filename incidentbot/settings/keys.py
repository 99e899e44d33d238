"""A store that speaks S3, and the key of its own that it may take."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from incidentbot.settings.base import SettingsModel
from incidentbot.settings.secrets import Secret
from incidentbot.settings.values import Bucket, HttpUrl, Region, refuse


class BucketAccess(SettingsModel):
    """Where a bucket is, and with which key it is reached."""

    region: Region = Field(description="Region of the bucket.")
    bucket: Bucket = Field(description="Name of the bucket.")
    endpoint_url: HttpUrl | None = Field(
        None, description="Address of an S3-compatible store; left out for AWS."
    )
    access_key_id: Secret | None = Field(
        None,
        description="Variable with the key's id; left out: AWS's own variables, profile, role.",
    )
    secret_access_key: Secret | None = Field(
        None, description="Variable with the key's secret; goes with `access_key_id`."
    )

    @model_validator(mode="after")
    def _whole_key(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            at = "access_key_id" if self.access_key_id is None else "secret_access_key"
            refuse("is missing: id and secret of a key go together", at=at)
        return self
