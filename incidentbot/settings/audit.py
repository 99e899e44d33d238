"""The section `audit`: where heads of the audit log are anchored outside."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from incidentbot.settings.base import SettingsModel
from incidentbot.settings.keys import BucketAccess
from incidentbot.settings.values import (
    Channel,
    Count,
    Duration,
    FilePath,
    Text,
)


class AuditFile(SettingsModel):
    path: FilePath = Field(description="File that a line is added to; best on another disk.")


class AuditBucket(BucketAccess):
    """Best in another account and region."""

    prefix: Text = Field("incidentbot-audit/", description="How names of the objects begin.")


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
