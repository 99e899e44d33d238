"""The section `audit`: where heads of the audit log are anchored outside."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator

from incidentbot.settings.base import SettingsModel
from incidentbot.settings.secrets import Secret
from incidentbot.settings.values import (
    Bucket,
    Channel,
    Count,
    Duration,
    FilePath,
    HttpUrl,
    Region,
    Text,
    refuse,
)


class AuditFile(SettingsModel):
    path: FilePath = Field(description="File that a line is added to; best on another disk.")


class AuditBucket(SettingsModel):
    bucket: Bucket = Field(description="Bucket; best in another account and region.")
    region: Region = Field(description="Region of the bucket.")
    prefix: Text = Field("incidentbot-audit/", description="How names of the objects begin.")
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


class AuditSlack(SettingsModel):
    channel: Channel = Field(description="Channel that gets a line per anchor.")


class AuditSettings(SettingsModel):
    """Each place takes the head when it is this far, or this old, and has changed."""

    rows: Count = Field(100, description="Rows after which the head is anchored.")
    every: Duration = Field(
        timedelta(minutes=10), description="Time after which a head that changed is anchored."
    )
    file: AuditFile | None = Field(None, description="Anchor heads in a file.")
    bucket: AuditBucket | None = Field(None, description="Anchor heads in a bucket.")
    slack: AuditSlack | None = Field(None, description="Anchor heads in a channel of Slack.")
